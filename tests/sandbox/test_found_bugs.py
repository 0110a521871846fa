"""The nine mistakes that hostile scripts found in an earlier jail: each stays found."""

import ctypes
import json
import os
import sys
import time
from pathlib import Path

import pytest

from sandbox.budget import OverBudget, check
from sandbox.engine import JailEngine
from sandbox.errors import InvalidRequest
from sandbox.model import Limits, Reason, Status
from sandbox.parent.replies import judge
from tests.sandbox.support import descendants, request, turn


def test_call_number_when_it_is_true_then_it_is_not_one() -> None:
    calls = [{"number": True, "name": "search_news", "arguments": {"keyword": "a"}}]
    reply = judge(json.dumps({"t": "pending", "calls": calls}).encode(), request(""))
    assert (reply.status, reply.reason) == (Status.FAILED, Reason.PROTOCOL)


def test_datagram_sockets_when_a_script_wants_them_then_none_are_had(any_engine: JailEngine) -> None:
    code = """
import socket
result = []
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
    try:
        socket.socketpair(socket.AF_UNIX, kind)
        result.append("had")
    except OSError as error:
        result.append(error.errno)
"""
    assert turn(any_engine, code).result == [1, 1, 1]


def test_memory_when_the_jail_is_up_then_no_process_of_it_can_be_looked_into(any_engine: JailEngine) -> None:
    assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0, "this process can be dumped"
    server = any_engine._server
    assert server is not None
    turn(any_engine, "result = 1")
    deadline = time.monotonic() + 5
    while len(processes := {server.pid, *descendants(server.pid)}) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(processes) >= 2
    # The kernel gives the /proc files of a process that cannot be dumped to root.
    owners = {Path(f"/proc/{pid}/mem").stat().st_uid for pid in processes if Path(f"/proc/{pid}").exists()}
    assert owners == {0}


def test_user_when_started_as_root_then_scripts_are_not_root(any_engine: JailEngine) -> None:
    assert (
        0 not in turn(any_engine, "import os\nresult = [os.getuid(), os.geteuid(), os.getgid(), os.getegid()]").result
    )


def test_working_directory_when_there_are_no_namespaces_then_it_is_the_root(any_engine: JailEngine) -> None:
    assert turn(any_engine, "import os\nresult = os.getcwd()").result == "/"


def test_killed_run_when_its_turn_returns_then_no_process_of_it_is_left(engine: JailEngine) -> None:
    turn(engine, "result = 1")
    server = engine._server
    assert server is not None
    time.sleep(0.2)
    idle = descendants(server.pid)
    outcome = turn(
        engine, "import threading\nthreading.Thread(target=print).start()\nwhile True: pass", limits=Limits(wall_s=0.3)
    )
    taken = idle - {pid for pid in idle if Path(f"/proc/{pid}").exists()}
    assert outcome.reason is Reason.TIMEOUT
    assert len(taken) == 1


def test_numpy_random_when_forked_from_one_process_then_runs_differ_by_seed_alone(engine: JailEngine) -> None:
    pytest.importorskip("numpy")
    code = "import numpy as np\nresult = [np.random.rand(), np.random.default_rng().random(), np.random.randint(10**9)]"
    first, again, other = (turn(engine, code, seed=seed).result for seed in (1, 1, 2))
    assert first == again
    assert not set(first) & set(other)


def test_fork_server_when_the_path_is_scrubbed_then_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    name = Path(sys.executable).name
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))
    with JailEngine(python=name, packages=(), idle_children=0) as engine:
        monkeypatch.setenv("PATH", "/nonexistent")
        report = engine.probe()
        assert "cannot be started" not in report.refusal
        if report.runs_code:
            assert turn(engine, "result = 2").result == 2


def test_value_that_shares_its_parts_when_sent_then_it_is_refused_in_no_time() -> None:
    bomb: list[object] = ["x"]
    for _ in range(28):
        bomb = [bomb, bomb]
    started = time.perf_counter()
    with pytest.raises(OverBudget):
        check(bomb, nodes=200_000, depth=64, text_bytes=1_000_000)
    with JailEngine() as engine, pytest.raises(InvalidRequest):
        engine.advance(request("result = 1", inputs={"bomb": bomb}))
    assert time.perf_counter() - started < 5
