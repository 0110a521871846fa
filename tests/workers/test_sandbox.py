import logging
from pathlib import Path

import pytest

from activities.sandbox import SandboxActivities
from activities.serving import served_by
from daybook.contracts.calls import Layer
from sandbox.client import RemoteEngine
from sandbox.engine import JailEngine
from sandbox.model import ScriptEngine
from sandbox.report import SandboxReport
from workers.hosting import check_registration
from workers.sandbox import SOCKET_VARIABLE, announce, build_engine


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


def test_worker_when_built_then_it_serves_exactly_the_calls_of_its_layer() -> None:
    check_registration(Layer.SANDBOX, served_by(SandboxActivities(build_engine({}))))
