from collections.abc import Iterator

import pytest

pytest.importorskip("pydantic_monty", reason="the optional second engine is not installed")

from sandbox.model import Limits, Reason, Status
from sandbox.monty_engine import MontyEngine
from tests.sandbox.support import entry, request


@pytest.fixture(scope="module")
def monty() -> Iterator[MontyEngine]:
    engine = MontyEngine()
    yield engine
    engine.close()


def test_turn_when_calls_are_outstanding_then_one_batch_and_replay(monty: MontyEngine) -> None:
    code = "import asyncio\nresult = await asyncio.gather(search_news('a'), search_news(keyword='b'))"
    asked = monty.advance(request(code))
    assert [(call.number, call.arguments) for call in asked.calls] == [(1, {"keyword": "a"}), (2, {"keyword": "b"})]
    journal = tuple(entry(call, {"n": call.number}) for call in asked.calls)
    done = monty.advance(request(code, journal=journal))
    assert (done.status, done.result) == (Status.DONE, [{"n": 1}, {"n": 2}])
    other = monty.advance(request(code.replace("'a'", "'c'"), journal=journal))
    assert other.reason is Reason.NOT_DETERMINISTIC


def test_tool_error_when_caught_then_the_script_goes_on(monty: MontyEngine) -> None:
    code = "try:\n    search_news('dead')\nexcept ToolError as error:\n    result = str(error)"
    (call,) = monty.advance(request(code)).calls
    done = monty.advance(request(code, journal=(entry(call, error=("no_data", "nothing")),)))
    assert "no_data" in done.result
    assert "async def search_news" in done.result


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(:", Reason.SYNTAX_ERROR),
        ("1 / 0", Reason.SCRIPT_ERROR),
        ("while True: pass", Reason.TIMEOUT),
        ("x = 'a' * 10**10", Reason.MEMORY_LIMIT),
        ("import pandas", Reason.UNSUPPORTED),
        ("open('/etc/passwd')", Reason.SCRIPT_ERROR),
        ("x = ['a']\nfor _ in range(40): x = [x, x]\nresult = x", Reason.BAD_RESULT),
    ],
)
def test_turn_when_the_script_is_wrong_then_one_reason(monty: MontyEngine, code: str, reason: Reason) -> None:
    outcome = monty.advance(request(code, limits=Limits(wall_s=1, memory_mb=64)))
    assert (outcome.status, outcome.reason) == (Status.FAILED, reason), outcome


def test_clock_and_chance_when_run_again_then_the_same(monty: MontyEngine) -> None:
    code = "import random, datetime\nresult = [random.random(), datetime.datetime.now().isoformat()]"
    first, again = (monty.advance(request(code, seed=3)).result for _ in range(2))
    assert first == again
    assert first[1].startswith("2026-03-02T09:00:00")
