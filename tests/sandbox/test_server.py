import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox import server as server_module
from sandbox.client import RemoteEngine
from sandbox.engine import JailEngine
from sandbox.errors import InvalidRequest, SandboxUnavailable
from sandbox.model import Advance, AdvanceRequest, Limits, Reason, ScriptEngine, Status
from sandbox.report import SandboxReport
from sandbox.server import SandboxServer
from tests.sandbox.support import entry, request


class Running:
    def __init__(self, path: Path, engine: ScriptEngine, **options: int) -> None:
        self.server = SandboxServer(path, engine, **options)  # type: ignore[arg-type]
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self) -> None:
        self.server.stop()
        self.thread.join()


class SlowEngine:
    """Takes its time; counts how many turns run at once."""

    name = "slow"

    def __init__(self) -> None:
        self.now = self.most = 0
        self.gate = threading.Event()
        self._lock = threading.Lock()

    def advance(self, request: AdvanceRequest) -> Advance:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.gate.wait(5)
        with self._lock:
            self.now -= 1
        return Advance(Status.DONE, result=request.inputs)

    def probe(self) -> SandboxReport:
        return SandboxReport("slow", 1)

    def close(self) -> None:
        self.gate.set()


@pytest.fixture
def served(engine: JailEngine, tmp_path: Path) -> Iterator[Path]:
    running = Running(tmp_path / "jail.sock", engine)
    yield tmp_path / "jail.sock"
    running.stop()


def raw(path: Path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(100_000)


def test_remote_engine_when_a_server_answers_then_it_is_the_same_engine(served: Path) -> None:
    remote = RemoteEngine(served)
    asked = remote.advance(request("r = await gather(search_news('a'), search_news('b'))\nresult = r"))
    assert [call.number for call in asked.calls] == [1, 2]
    journal = tuple(entry(call, call.arguments) for call in asked.calls)
    done = remote.advance(request("r = await gather(search_news('a'), search_news('b'))\nresult = r", journal=journal))
    assert done.result == [{"keyword": "a"}, {"keyword": "b"}]
    assert remote.probe().tier == done.tier > 0
    assert remote.advance(request("1 / 0")).reason is Reason.SCRIPT_ERROR


def test_socket_when_made_then_only_user_and_group_reach_it(served: Path) -> None:
    assert served.stat().st_mode & 0o777 == 0o660


def test_request_when_malformed_then_the_client_is_told(served: Path) -> None:
    with pytest.raises(InvalidRequest):
        RemoteEngine(served).advance(request("result = 1", now="never"))
    for body in ({"op": "advance"}, {"op": "advance", "request": {"code": 1}}, {"op": "else"}):
        data = json.dumps(body).encode()
        assert b"invalid" in raw(served, struct.pack(">I", len(data)) + data)


def test_bytes_when_no_frame_then_the_connection_ends_and_the_server_lives(served: Path) -> None:
    for data in (b"", b"\x00", b"\xff\xff\xff\xff", b"\x00\x00\x00\x05[1,2]", b"\x00\x00\x00\x02\xff\xff"):
        assert raw(served, data) == b""
    assert RemoteEngine(served).advance(request("result = 1")).result == 1


def test_peer_when_of_another_user_then_not_answered(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "peer_uid", lambda _: os.getuid() + 1)
    outcome = RemoteEngine(served).advance(request("result = 1"))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.NO_SANDBOX)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can take on another user")
def test_peer_when_really_of_another_user_then_not_answered(served: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert server_module.peer_uid(ours) == 0
    for parent in (served, *served.parents):
        if parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o007 if parent == served else parent.stat().st_mode | 0o001)
    code = (
        "import os, socket, sys; os.setgid(65534); os.setuid(65534); s = socket.socket(socket.AF_UNIX); "
        "s.connect(sys.argv[1]); s.settimeout(5); print(s.recv(10))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, str(served)], capture_output=True, text=True, check=False, cwd="/"
    )
    assert out.stdout.strip() == "b''", out


def test_server_when_absent_then_the_outcome_is_no_sandbox(tmp_path: Path) -> None:
    remote = RemoteEngine(tmp_path / "none.sock")
    assert remote.advance(request("result = 1")).reason is Reason.NO_SANDBOX
    with pytest.raises(SandboxUnavailable):
        remote.probe()


def test_turns_when_more_than_places_then_bounded_queued_and_the_rest_told_busy(tmp_path: Path) -> None:
    engine = SlowEngine()
    running = Running(tmp_path / "slow.sock", engine, concurrency=2, queue_length=2)
    try:
        remote = RemoteEngine(tmp_path / "slow.sock")
        with ThreadPoolExecutor(7) as threads:
            asked = [threads.submit(remote.advance, request("result = 1", inputs={"n": n})) for n in range(7)]
            deadline = time.monotonic() + 5
            while sum(turn.done() for turn in asked) < 3 and time.monotonic() < deadline:
                time.sleep(0.02)
            engine.gate.set()
            outcomes = [turn.result() for turn in asked]
        assert [outcome.reason for outcome in outcomes].count(Reason.BUSY) == 3
        assert [outcome.status for outcome in outcomes].count(Status.DONE) == 4
        assert engine.most == 2
    finally:
        engine.close()
        running.stop()


def test_serve_command_when_terminated_then_socket_and_processes_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "serve", str(path)], stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stderr is not None
    with process, process.stderr:
        said = process.stderr.readline()
        if "refused" in said:
            pytest.skip(said)
        outcome = RemoteEngine(path).advance(request("result = 7", limits=Limits(wall_s=20)))
        process.terminate()
        assert process.wait(10) == 0
    assert outcome.result == 7
    assert not path.exists()
