import os
import signal
import sys
import time
from pathlib import Path

import pytest

from daybook.stack.processes import ManagedProcess, ProcessRefused, Supervisor

_SLEEP = "import time; time.sleep(60)"


def managed(tmp_path: Path, code: str, name: str = "one") -> ManagedProcess:
    return ManagedProcess(name, [sys.executable, "-c", code], dict(os.environ), tmp_path / f"{name}.log")


def wait_until(condition, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def supervisor():
    running = Supervisor()
    yield running
    running.stop()


def test_supervisor_when_a_process_is_killed_then_it_is_started_again(tmp_path, supervisor):
    process = managed(tmp_path, _SLEEP)
    supervisor.start(process)
    first = process.pid
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: process.pid not in (0, first))
    assert wait_until(lambda: supervisor.restarts() == {"one": 1})


def test_supervisor_when_a_process_exits_with_2_then_it_stays_down_and_says_why(tmp_path, supervisor):
    process = managed(tmp_path, "import sys; print('keys are missing'); sys.exit(2)")
    supervisor.start(process)
    assert wait_until(lambda: process.refused)
    with pytest.raises(ProcessRefused, match="keys are missing"):
        supervisor.check()
    assert supervisor.restarts() == {}


def test_supervisor_when_stopped_then_nothing_is_left_even_of_a_stubborn_process(tmp_path, monkeypatch):
    monkeypatch.setattr("daybook.stack.processes._STOP_GRACE_S", 0.5)
    supervisor = Supervisor()
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    stubborn = managed(tmp_path, code)
    supervisor.start(stubborn)
    assert wait_until(lambda: stubborn.last_line() == "up")
    pid = stubborn.pid
    supervisor.stop()
    assert stubborn.pid == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_supervisor_when_its_own_process_dies_then_its_children_end_too(tmp_path):
    code = (
        "import os, sys, pathlib, time\n"
        "from daybook.stack.processes import ManagedProcess, Supervisor\n"
        "supervisor = Supervisor()\n"
        f"child = ManagedProcess('child', [sys.executable, '-c', {_SLEEP!r}], dict(os.environ), "
        "pathlib.Path(sys.argv[1]) / 'child.log')\n"
        "supervisor.start(child)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = ManagedProcess(
        "parent", [sys.executable, "-c", code, str(tmp_path)], dict(os.environ), tmp_path / "parent.log"
    )
    parent.start()
    assert wait_until(lambda: parent.last_line().isdigit())
    child = int(parent.last_line())
    os.kill(parent.pid, signal.SIGKILL)
    assert parent.popen is not None
    parent.popen.wait()
    assert wait_until(lambda: not Path(f"/proc/{child}").exists() or "Z" in _state(child))


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0]
    except OSError:
        return "Z"
