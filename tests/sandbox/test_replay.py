"""A script is a pure function of its journal: batches, errors, determinism."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox.engine import JailEngine
from sandbox.local_run import LocalRun, run_to_end
from sandbox.model import JournalEntry, Limits, PendingCall, Reason, Status
from tests.sandbox.support import entry, request, turn


def play(engine: JailEngine, code: str, **changes: Any) -> LocalRun:
    def answer(call: PendingCall) -> JournalEntry:
        word = call.arguments.get("keyword", "")
        if word == "dead":
            return entry(call, error=("source_unavailable", "the source does not answer"))
        return entry(call, {"word": word, "n": call.number})

    return run_to_end(engine, request(code, **changes), answer)


def batches(engine: JailEngine, code: str) -> list[list[str]]:
    seen: list[list[str]] = []
    journal: tuple[JournalEntry, ...] = ()
    while True:
        outcome = turn(engine, code, journal=journal)
        if outcome.status is not Status.PENDING:
            assert outcome.status is Status.DONE, outcome
            return seen
        seen.append([str(next(iter(call.arguments.values()))) for call in outcome.calls])
        journal += tuple(entry(call, f"r{call.number}") for call in outcome.calls)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a = await search_news('a')\nb = await search_news(keyword='b')", [["a"], ["b"]]),
        ("a, b = await gather(search_news('a'), search_news('b'))", [["a", "b"]]),
        ("a = search_news('a')\nb = search_news('b')", [["a"], ["b"]]),
        (
            "import asyncio\nasync def one(k):\n    return await score(text=await search_news(k))\n"
            "async def main():\n    return await asyncio.gather(one('a'), one('b'), one('c'))\nasyncio.run(main())",
            [["a", "b", "c"], ["r1", "r2", "r3"]],
        ),
        (
            "import asyncio\nasync with asyncio.TaskGroup() as group:\n"
            "    for k in 'ab':\n        group.create_task(search_news(k))",
            [["a", "b"]],
        ),
        (
            "import asyncio\ntask = asyncio.create_task(search_news('a'))\nb = await search_news('b')\nawait task",
            [["b", "a"]],
        ),
        ("import asyncio\nr = await asyncio.wait_for(search_news('a'), 0.001)", [["a"]]),
        (
            "import asyncio\ngate = asyncio.Semaphore(2)\nasync def one(k):\n    async with gate:\n"
            "        return await search_news(k)\nawait gather(*[one(k) for k in 'abcd'])",
            [["a", "b"], ["c", "d"]],
        ),
        ("import asyncio\nfor done in asyncio.as_completed([search_news(k) for k in 'ab']):\n    await done", None),
        (
            "import asyncio\nasync def main():\n    await asyncio.sleep(3600)\n    return await search_news('late')\n"
            "result = asyncio.run(asyncio.wait_for(main(), 7200))",
            [["late"]],
        ),
        ("import asyncio\nx = await asyncio.to_thread(lambda: 5)\nawait search_news(str(x))", [["5"]]),
        ("from news_api import search_news, score\nimport tools\nawait tools.search_news('a')", [["a"]]),
        ("async def main():\n    return await search_news('m')", [["m"]]),
        ("def main():\n    return search_news('m')", [["m"]]),
    ],
)
def test_calls_when_outstanding_together_then_they_come_as_one_batch(
    engine: JailEngine, code: str, expected: list[list[str]] | None
) -> None:
    found = batches(engine, code)
    assert [sorted(batch) for batch in found] == ([sorted(batch) for batch in expected] if expected else [["a", "b"]])


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("async def main():\n    return 1", 1),
        ("def main():\n    return 2", 2),
        ("async def main():\n    return 3\nawait main()", 3),
        ("import asyncio\nasync def main():\n    return 4\nif __name__ == '__main__':\n    asyncio.run(main())", 4),
        ("def main():\n    return 5\nmain()\nresult = 6", 6),
        ("def main(x):\n    return x\ny = main(1)", None),
        ("x = 1", None),
    ],
)
def test_result_when_not_assigned_then_it_is_what_main_returned(engine: JailEngine, code: str, result: Any) -> None:
    outcome = turn(engine, code)
    assert (outcome.status, outcome.result) == (Status.DONE, result), outcome


def test_tool_error_when_caught_then_the_script_goes_on(engine: JailEngine) -> None:
    code = """
result = []
for keyword in ("good", "dead"):
    try:
        result.append((await search_news(keyword))["word"])
    except ToolError as error:
        result += [error.code, error.tool, error.message, error.signature]
"""
    assert play(engine, code).last.result == [
        "good",
        "source_unavailable",
        "search_news",
        "the source does not answer",
        "async def search_news(keyword: str, days: int = 7)",
    ]


def test_tool_error_when_not_caught_then_the_failure_carries_the_signature(engine: JailEngine) -> None:
    last = play(engine, "x = 1\nawait search_news('dead')").last
    assert (last.reason, last.line) == (Reason.SCRIPT_ERROR, 2)
    assert "async def search_news(keyword: str" in last.message


def test_bad_arguments_when_caught_then_they_are_a_tool_error(engine: JailEngine) -> None:
    code = "try:\n    await search_news()\nexcept ToolError as error:\n    result = [error.code, error.message]"
    assert turn(engine, code).result == ["bad_arguments", "needs keyword"]


def test_waiting_when_everything_is_caught_then_the_turn_ends_all_the_same(engine: JailEngine) -> None:
    code = (
        "try:\n    await search_news('a')\nexcept BaseException:\n    pass\nfinally:\n    print(1)\nresult = 'went on'"
    )
    outcome = turn(engine, code)
    assert (outcome.status, outcome.stdout) == (Status.PENDING, "")


@pytest.mark.parametrize(
    "code",
    [
        "await search_news('other')",
        "await score('a')",
        "result = 1",
        "await gather(search_news('a'), search_news('b'))",
    ],
)
def test_journal_when_it_is_of_another_script_then_fail_closed(engine: JailEngine, code: str) -> None:
    (call,) = turn(engine, "await search_news('a')").calls
    outcome = turn(engine, code, journal=(entry(call, 1),))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.NOT_DETERMINISTIC)


def test_journal_when_its_digest_is_changed_then_fail_closed(engine: JailEngine) -> None:
    (call,) = turn(engine, "await search_news('a')").calls
    journal = (replace(entry(call, 1), digest="0" * 64),)
    assert turn(engine, "result = await search_news('a')", journal=journal).reason is Reason.NOT_DETERMINISTIC


def test_calls_when_over_the_limit_then_the_run_is_stopped(engine: JailEngine) -> None:
    code = "while True:\n    try:\n        await search_news('a')\n    except BaseException:\n        pass"
    run = play(engine, code, limits=Limits(calls=4))
    assert (len(run.calls), run.last.reason) == (4, Reason.TOO_MANY_CALLS)


def test_deadlock_when_nothing_can_happen_then_the_script_is_told(engine: JailEngine) -> None:
    outcome = turn(engine, "import asyncio\nawait asyncio.Event().wait()")
    assert outcome.reason is Reason.SCRIPT_ERROR
    assert "never happen" in outcome.message


WORLD = """
import datetime, time, random, uuid, secrets, os, tempfile, string, calendar
a = datetime.datetime.now(), datetime.date.today(), datetime.datetime.now(datetime.UTC), datetime.datetime.utcnow()
b = time.time(), time.time_ns(), time.monotonic(), time.perf_counter(), time.localtime(), time.gmtime(), time.ctime()
time.sleep(1.5)
c = time.time(), time.strftime("%c"), datetime.datetime.today()
d = random.random(), random.Random().random(), uuid.uuid4(), uuid.uuid1(), secrets.token_hex(), os.urandom(5)
e = hash("text"), list({"a", "b", "c", "d"}), random.SystemRandom().random()
result = repr([a, b, c, d, e])
"""


def test_world_when_run_again_then_it_is_the_same_to_the_last_bit(any_engine: JailEngine) -> None:
    first, again = (turn(any_engine, WORLD, seed=7).result for _ in range(2))
    assert first == again
    assert turn(any_engine, WORLD, seed=8).result != first
    assert "2026, 3, 2, 9, 0" in first
    assert "2026, 3, 2, 0, 0" in first


def test_sleep_when_long_then_only_the_clock_moves(engine: JailEngine) -> None:
    code = (
        "import time\na = time.time(), time.monotonic()\ntime.sleep(3600)\n"
        "result = [round(time.time() - a[0]), round(time.monotonic() - a[1])]"
    )
    outcome = turn(engine, code)
    assert outcome.result == [3600, 3600]
    assert outcome.wall_ms < 3000


def test_datetime_when_the_clock_is_frozen_then_its_types_are_untouched(engine: JailEngine) -> None:
    code = (
        "import datetime as dt\nn = dt.datetime.now()\nclass Mine(dt.datetime): pass\n"
        "result = [type(n) is dt.datetime, isinstance(n, dt.date), type(Mine.now()).__name__, "
        "(n - dt.timedelta(days=1)).isoformat(), dt.datetime.now(dt.UTC).isoformat()]"
    )
    assert turn(engine, code).result == [True, True, "Mine", "2026-03-01T09:00:00", "2026-03-02T00:00:00+00:00"]


def test_time_loop_when_it_waits_for_the_clock_then_it_ends(engine: JailEngine) -> None:
    code = "import time\nend = time.time() + 0.05\nwhile time.time() < end: pass\nresult = 'ended'"
    assert turn(engine, code).result == "ended"
