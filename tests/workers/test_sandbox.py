import logging
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.sandbox import SandboxActivities
from activities.serving import SERVED_CALL, served_by
from daybook.contracts.base import KST
from daybook.contracts.calls import Layer
from daybook.contracts.code import AdvanceScript, AdvanceStatus
from daybook.settings import Settings
from sandbox.client import RemoteEngine
from sandbox.engine import JailEngine
from sandbox.model import ScriptEngine
from sandbox.report import SandboxReport
from sandbox.server import SandboxServer
from workers.hosting import check_registration
from workers.sandbox import SOCKET_VARIABLE, announce, build_engine, rooms


class Probed:
    name = "test"

    def __init__(self, report: SandboxReport) -> None:
        self._report = report

    def probe(self) -> SandboxReport:
        return self._report


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "daybook.sandbox")


def test_engine_when_no_socket_is_named_then_it_is_a_jail_of_the_workers_own() -> None:
    engine = build_engine({})
    assert isinstance(engine, JailEngine)
    engine.close()


def test_engine_when_a_socket_is_named_then_it_is_the_runner_that_listens_there(tmp_path: Path) -> None:
    assert isinstance(build_engine({SOCKET_VARIABLE: str(tmp_path / "runner.sock")}), RemoteEngine)


def test_worker_when_its_runner_is_not_up_yet_then_it_starts_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    announce(build_engine({SOCKET_VARIABLE: str(tmp_path / "runner.sock")}))
    assert caplog.messages[0].startswith("scripts wait for the sandbox: no sandbox answers on")


@pytest.mark.parametrize(
    ("report", "line"),
    [
        (SandboxReport("jail", 2, protects=("seccomp",)), "script engine jail, tier 2"),
        (SandboxReport("jail", 0, refusal="no seccomp"), "script engine jail, tier 0: runs no scripts: no seccomp"),
    ],
)
def test_worker_when_it_starts_then_it_says_what_protects_the_host(
    report: SandboxReport, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    engine: ScriptEngine = Probed(report)  # type: ignore[assignment]
    announce(engine)
    assert caplog.messages[0] == line


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Path]:
    """A sandbox runner of the desk's kind on a Unix socket."""
    path = tmp_path / "runner.sock"
    with JailEngine(idle_children=0, packages=()) as engine:
        report = engine.probe()
        if not report.runs_code:
            pytest.skip(report.refusal)
        server = SandboxServer(path, engine)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield path
        server.stop()
        thread.join()


def test_worker_when_its_runner_listens_on_a_socket_then_scripts_run_there(
    runner: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SOCKET_VARIABLE, str(runner))
    served: dict[str, Any] = {getattr(each, SERVED_CALL).name: each for each in rooms(Settings(_env_file=None), None)}
    request = AdvanceScript(run_id="r", code="result = 6 * 7", frozen_at=datetime(2026, 3, 6, 10, tzinfo=KST))
    answer = ActivityEnvironment().run(served["sandbox.advance_script"], request)
    assert (answer.status, answer.result, answer.engine) == (AdvanceStatus.DONE, 42, "jail")
    assert answer.tier > 0


def test_worker_when_built_then_it_serves_exactly_the_calls_of_its_layer() -> None:
    check_registration(Layer.SANDBOX, served_by(SandboxActivities(build_engine({}))))
