import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.engine import JailEngine
from sandbox.errors import EngineClosed, InvalidRequest
from sandbox.model import Advance, JournalEntry, Limits, Reason, Status
from tests.sandbox.support import NOW, descendants, entry, open_descriptors, request, turn, zombies


def failed(outcome: Advance) -> Reason | None:
    assert outcome.status is Status.FAILED, outcome
    return outcome.reason


def test_turn_when_the_script_is_plain_then_its_result_comes_back(any_engine: JailEngine) -> None:
    outcome = turn(any_engine, "print('hi')\nresult = 1 + inputs['n']", inputs={"n": 2})
    assert (outcome.status, outcome.result, outcome.stdout) == (Status.DONE, 3, "hi\n")


@pytest.mark.parametrize(
    ("code", "reason", "line"),
    [
        ("x = 1\ndef f(:\n", Reason.SYNTAX_ERROR, 2),
        ("x = 1\nx / 0", Reason.SCRIPT_ERROR, 2),
        ("def f():\n    raise KeyError('a')\nf()", Reason.SCRIPT_ERROR, 2),
        ("result = serach_news('a')", Reason.UNKNOWN_TOOL, 1),
        ("from tools import place_order", Reason.UNKNOWN_TOOL, 1),
        ("search_news('a', sources=1)", Reason.BAD_ARGUMENTS, 1),
        ("await search_news()", Reason.BAD_ARGUMENTS, 1),
        ("await search_news(print)", Reason.BAD_ARGUMENTS, 1),
        ("x = [0] * (1 << 32)", Reason.MEMORY_LIMIT, 1),
        ("result = lambda: 1", Reason.BAD_RESULT, None),
        ("import asyncio\nresult = search_news('a')", Reason.BAD_RESULT, None),
        ("result = 2 ** 64", Reason.BAD_RESULT, None),
        ("result = 'x' * 2_000_000", Reason.RESULT_TOO_LARGE, None),
        ("result = list(range(300_000))", Reason.RESULT_TOO_LARGE, None),
        ("a = []\na.append(a)\nresult = a", Reason.BAD_RESULT, None),
        ("import requests", Reason.SCRIPT_ERROR, 1),
        ("open('/etc/passwd')", Reason.SCRIPT_ERROR, 1),
        ("import os\nos._exit(3)", Reason.DIED, None),
        ("import os\nos.abort()", Reason.DIED, None),
        ("import ctypes\nctypes.string_at(0)", Reason.DIED, None),
        ("import os\nos.write(4, b'\\xff' * 100)", Reason.PROTOCOL, None),
        ("import os\nos.write(4, b'\\x00\\x00\\x00\\x02[]')", Reason.PROTOCOL, None),
        ("import os\nos.close(4)", Reason.DIED, None),
        ("raise SystemExit(3)", Reason.SCRIPT_ERROR, 1),
    ],
)
def test_turn_when_the_script_is_wrong_then_one_reason_says_so(
    engine: JailEngine, code: str, reason: Reason, line: int | None
) -> None:
    outcome = turn(engine, code)
    assert (failed(outcome), outcome.line) == (reason, line), outcome
    assert outcome.message


def test_turn_when_it_never_ends_then_it_times_out(any_engine: JailEngine) -> None:
    for code in ("while True: pass", "import threading\nthreading.Event().wait()", "while True: print('x', end='')"):
        started = time.monotonic()
        reason = failed(turn(any_engine, code, limits=Limits(wall_s=0.4, stdout_bytes=10**9)))
        assert reason is Reason.TIMEOUT
        assert time.monotonic() - started < 2


def test_turn_when_it_burns_cpu_then_the_kernel_ends_it(any_engine: JailEngine) -> None:
    assert failed(turn(any_engine, "while True: pass", limits=Limits(wall_s=20, cpu_s=1))) is Reason.CPU_LIMIT


def test_turn_when_the_caller_is_stuck_then_the_fork_server_keeps_the_deadline(engine: JailEngine) -> None:
    engine.probe()
    server = engine._server
    assert server is not None
    child = server.spawn(cpu_s=20, memory_mb=512)
    try:
        server.start_clock(child, 0.1)
        deadline = time.monotonic() + 5
        said = b""
        while not said and time.monotonic() < deadline:
            time.sleep(0.05)
            try:
                said = os.read(child.status, 4096)
            except BlockingIOError:
                continue
        assert b'"ended_by": "deadline"' in said
    finally:
        child.close()


def test_turn_when_it_writes_without_end_then_output_is_cut_and_it_is_ended(engine: JailEngine) -> None:
    outcome = turn(engine, "while True: print('x' * 1000)")
    assert failed(outcome) is Reason.OUTPUT_LIMIT
    assert len(outcome.stdout) == 65_536


def test_turn_when_the_code_is_huge_then_refused_before_any_child(engine: JailEngine) -> None:
    assert failed(turn(engine, "#" * 300_000)) is Reason.CODE_TOO_LARGE


def test_turn_when_the_journal_is_huge_then_refused(engine: JailEngine) -> None:
    journal = (JournalEntry(1, "search_news", "d", True, "x" * 3_000_000),)
    limits = Limits(frame_bytes=2_000_000)
    assert failed(turn(engine, "result = 1", journal=journal, limits=limits)) is Reason.JOURNAL_TOO_LARGE


@pytest.mark.parametrize(
    "changes",
    [
        {"now": "2026-03-02T09:00:00"},
        {"now": "yesterday"},
        {"journal": (JournalEntry(2, "search_news", "d", True),)},
        {"journal": (JournalEntry(True, "search_news", "d", True),)},
        {"limits": Limits(calls=1001)},
        {"limits": Limits(wall_s=0)},
        {"inputs": {"n": float("nan")}},
        {"inputs": {1: 2}},
    ],
)
def test_turn_when_the_request_is_malformed_then_the_caller_is_told(engine: JailEngine, changes: dict) -> None:
    with pytest.raises(InvalidRequest):
        engine.advance(request("result = 1", **changes))


def test_turns_when_many_at_a_time_then_each_gets_its_own_result(engine: JailEngine) -> None:
    code = "import time\nx = sum(range(20_000))\nresult = inputs['n'] * 2"
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda n: turn(engine, code, inputs={"n": n}).result, range(40)))
    assert outcomes == [n * 2 for n in range(40)]


def test_turns_when_many_then_no_descriptor_process_or_zombie_is_left() -> None:
    with JailEngine(packages=(), idle_children=2) as engine:
        engine.probe()
        if engine._server is None:
            pytest.skip("no jail here")
        turn(engine, "result = 1")
        time.sleep(0.3)
        descriptors, processes = open_descriptors(), len(descendants(engine._server.pid))
        for code in ("result = 1", "1 / 0", "import os; os._exit(1)", "import os; os.write(4, b'\\xff' * 9)") * 10:
            turn(engine, code)
        time.sleep(0.5)
        assert open_descriptors() <= descriptors
        assert len(descendants(engine._server.pid)) == processes
        below = {engine._server.pid, *descendants(engine._server.pid)}
        assert sum(zombies(pid) for pid in below) == 0


def test_engine_when_closed_then_nothing_is_left_and_nothing_runs() -> None:
    before = open_descriptors()
    engine = JailEngine(packages=(), idle_children=2)
    engine.probe()
    below = descendants(engine._server.pid) | {engine._server.pid} if engine._server else set()
    engine.close()
    time.sleep(0.1)
    assert open_descriptors() == before
    assert not below & descendants(1)
    with pytest.raises(EngineClosed):
        turn(engine, "result = 1")


def test_fork_server_when_killed_then_the_turn_dies_and_the_next_one_runs() -> None:
    with JailEngine(packages=(), idle_children=1) as engine:
        engine.probe()
        server = engine._server
        if server is None:
            pytest.skip("no jail here")
        below = descendants(server.pid)
        timer = threading.Timer(0.3, server._process.kill)
        timer.start()
        outcome = turn(engine, "while True: pass")
        timer.join()
        assert failed(outcome) is Reason.DIED
        time.sleep(0.2)
        assert not below & descendants(1)
        assert turn(engine, "result = 5").result == 5


def test_engine_process_when_killed_then_its_fork_server_and_children_die() -> None:
    code = (
        "import sys, time; from sandbox.engine import JailEngine; e = JailEngine(packages=(), idle_children=2); "
        "print(e.probe().tier, flush=True); time.sleep(60)"
    )
    root = str(Path(__file__).resolve().parents[2])
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        if process.stdout.readline().strip() == b"0":
            process.kill()
            pytest.skip("no jail here")
        below = descendants(process.pid)
        process.kill()
    assert below
    deadline = time.monotonic() + 5
    while (left := below & descendants(1)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def test_fork_server_when_it_served_enough_then_it_is_replaced() -> None:
    with JailEngine(packages=(), idle_children=1, turns_per_server=3) as engine:
        if not engine.probe().runs_code:
            pytest.skip("no jail here")
        first = engine._server
        assert [turn(engine, f"result = {n}").result for n in range(5)] == list(range(5))
        assert engine._server is not first
        assert first is not None
        assert not first.alive


def test_engine_when_no_jail_can_be_had_then_code_is_refused() -> None:
    engine = JailEngine(disable=frozenset({"landlock", "namespaces"}), packages=())
    report = engine.probe()
    if report.runs_code:
        engine.close()
        pytest.skip("this process runs in a closed container")
    assert report.tier == 0
    assert "seccomp alone" in report.refusal
    assert failed(turn(engine, "result = 1")) is Reason.NO_SANDBOX
    engine.close()


def test_engine_when_the_interpreter_does_not_exist_then_code_is_refused() -> None:
    with JailEngine(python="/nonexistent/python") as engine:
        assert engine.probe().tier == 0
        assert failed(turn(engine, "result = 1")) is Reason.NO_SANDBOX


def test_layer_when_it_does_not_exist_then_the_caller_is_told() -> None:
    with pytest.raises(ValueError, match="no such layer"):
        JailEngine(disable=frozenset({"luck"}))


def test_journal_of_300_calls_when_advanced_then_one_turn_stays_cheap(engine: JailEngine) -> None:
    code = "result = sum([(await search_news(f'k{n}'))['n'] for n in range(300)])"
    asked = turn(engine, "await gather(*[search_news(f'k{n}') for n in range(300)])")
    journal = tuple(entry(call, {"n": 1, "text": "x" * 200}) for call in asked.calls)
    times = [turn(engine, code, journal=journal) for _ in range(3)]
    assert [outcome.result for outcome in times] == [300, 300, 300]
    assert min(outcome.wall_ms for outcome in times) < 500


def test_now_when_given_then_the_whole_clock_stands_there(engine: JailEngine) -> None:
    assert turn(engine, "import datetime\nresult = datetime.datetime.now().astimezone().isoformat()").result == NOW


def test_time_zones_when_no_file_can_be_opened_then_all_are_there(engine: JailEngine) -> None:
    code = (
        "import datetime as dt, zoneinfo\nat = dt.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo('America/New_York'))\n"
        "result = [at.utcoffset().total_seconds(), len(zoneinfo.available_timezones()) > 300]"
    )
    assert turn(engine, code).result == [-14400.0, True]
    with_pandas = "import pandas as pd\nresult = pd.Timestamp('2026-03-02', tz='Asia/Seoul').isoformat()"
    pytest.importorskip("pandas")
    assert turn(engine, with_pandas).result == "2026-03-02T00:00:00+09:00"


def test_threads_when_a_script_wants_thousands_then_it_gets_a_few_and_others_still_run(any_engine: JailEngine) -> None:
    code = """
import _thread
_thread.stack_size(32768)
lock = _thread.allocate_lock()
lock.acquire()
result = 0
try:
    while result < 1000:
        _thread.start_new_thread(lock.acquire, ())
        result += 1
except RuntimeError:
    pass
"""
    assert 8 <= turn(any_engine, code).result <= 200
    assert turn(any_engine, "result = 1").result == 1
