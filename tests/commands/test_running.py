import json
import subprocess
import sys
from pathlib import Path

import pytest

from daybook.commands import support
from daybook.commands.local import SCRATCH_MARKER, empty_scratch, worker_environment
from daybook.front import running
from daybook.front.running import AlreadyRunning, RunningDesk
from daybook.settings import load_settings
from tests.commands.conftest import Run
from tests.commands.desk import ScriptedDesk

DESK = RunningDesk("127.0.0.1:4001", "http://127.0.0.1:4002", "http://127.0.0.1:4003", "paper", 4711)


def test_claim_when_another_desk_holds_the_home_then_it_is_refused_and_named(tmp_path: Path) -> None:
    with running.claim(tmp_path) as claim:
        claim.announce(DESK)
        with pytest.raises(AlreadyRunning, match=r"already \(process 4711\); stop it first"), running.claim(tmp_path):
            pass
        with pytest.raises(AlreadyRunning):
            running.require_free(tmp_path)
        assert running.find(tmp_path) == DESK
    assert running.find(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    with running.claim(tmp_path):
        assert running.find(tmp_path) is None


def test_claim_when_its_holder_is_killed_then_the_note_is_not_believed(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib; from daybook.front import running\n"
        "with running.claim(pathlib.Path(sys.argv[1])) as claim:\n"
        "    claim.announce(running.RunningDesk('a:1', 'b', 'c', 'paper', os.getpid())); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert (tmp_path / "running.json").exists()
    assert running.find(tmp_path) is None
    with running.claim(tmp_path) as claim:
        claim.announce(DESK)
        assert running.find(tmp_path) == DESK


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', "\xff"])
def test_find_when_the_note_is_unreadable_then_no_desk_is_found(tmp_path: Path, content: str) -> None:
    with running.claim(tmp_path):
        (tmp_path / "running.json").write_text(content)
        assert running.find(tmp_path) is None


def test_command_when_a_desk_runs_in_the_home_then_its_server_is_asked(
    run: Run, home: Path, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAYBOOK_TEMPORAL__ADDRESS")
    with running.claim(home) as claim:
        claim.announce(DESK)
        assert run("reduce").code == 0
    assert desk.settings is not None
    assert (desk.settings.temporal.address, desk.settings.temporal.ui_url) == (DESK.temporal_address, DESK.ui_url)


def test_command_when_a_server_is_configured_then_that_one_is_asked(
    run: Run, home: Path, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_TEMPORAL__ADDRESS", "server:7233")
    with running.claim(home) as claim:
        claim.announce(DESK)
        assert run("reduce").code == 0
    assert desk.settings is not None
    assert desk.settings.temporal.address == "server:7233"


@pytest.mark.parametrize("line", ["up", "demo --home {home}", "rehearse --special --home {home}"])
def test_desk_when_one_runs_in_the_home_already_then_a_second_is_refused(run: Run, home: Path, line: str) -> None:
    home.mkdir()
    (home / SCRATCH_MARKER).touch()
    (home / "daybook.db").write_text("a running desk's ledger")
    with running.claim(home) as claim:
        claim.announce(DESK)
        ended = run(*line.format(home=home).split())
        assert (home / "daybook.db").read_text() == "a running desk's ledger"
    assert (ended.code, "stop it first, or name another folder" in ended.line) == (1, True)


@pytest.mark.parametrize(
    ("mode", "more", "said"),
    [
        ("live", {}, "mode live needs DAYBOOK_LIVE_TRADING_ENABLED=true as well"),
        ("live", {"DAYBOOK_LIVE_TRADING_ENABLED": "true"}, "mode live lacks DAYBOOK_KIS__APP_KEY, "),
        ("mock", {}, "DAYBOOK_KIS__MOCK_APP_KEY, DAYBOOK_KIS__MOCK_APP_SECRET, DAYBOOK_KIS__MOCK_ACCOUNT"),
        ("mock", {"DAYBOOK_KIS__MOCK_APP_KEY": "k"}, "lacks DAYBOOK_KIS__MOCK_APP_SECRET, DAYBOOK_KIS__MOCK_ACCOUNT"),
        ("mock", {"DAYBOOK_KIS__CONFIG_FILE": "nosuch.yaml"}, "names nosuch.yaml, which is not there"),
    ],
)
def test_up_when_keys_or_the_flag_are_missing_then_nothing_is_started(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, mode: str, more: dict[str, str], said: str
) -> None:
    for name, value in {"DAYBOOK_MODE": mode, **more}.items():
        monkeypatch.setenv(name, value)
    ended = run("up")
    assert (ended.code, said in ended.line, home.exists()) == (1, True, False)


def test_scratch_when_it_was_made_by_a_demo_then_it_is_emptied(tmp_path: Path) -> None:
    home = empty_scratch(tmp_path / "demo")
    (home / "reports" / "day").mkdir(parents=True)
    (home / "reports" / "day" / "report.md").touch()
    outside = tmp_path / "kept"
    outside.mkdir()
    (outside / "file").touch()
    (home / "link").symlink_to(outside)
    empty_scratch(home)
    assert [entry.name for entry in home.iterdir()] == [SCRATCH_MARKER]
    assert (outside / "file").exists()


def test_scratch_when_it_is_a_link_then_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(support.CommandError, match="is not a folder"):
        empty_scratch(tmp_path / "link")


def test_note_when_it_is_written_then_other_programs_can_read_it(tmp_path: Path) -> None:
    with running.claim(tmp_path) as claim:
        claim.announce(DESK)
        note = json.loads((tmp_path / "running.json").read_text())
    assert (note["temporal_address"], note["pid"]) == ("127.0.0.1:4001", 4711)


def test_workers_when_limits_stand_in_the_env_file_only_then_they_decide_by_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text(
        "DAYBOOK_LIMITS__MAX_NAMES=3\nDAYBOOK_STRATEGY__MAX_NAMES=2\nDAYBOOK_ACCOUNT=second\n"
        "DAYBOOK_COMMISSION_RATE=0.0002\nDAYBOOK_REST_PER_SECOND=2\nDAYBOOK_KIS__MOCK_APP_KEY=s3cret\n"
    )
    configured = load_settings()
    environment = worker_environment(configured)
    assert "s3cret" not in str(environment)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    seen_by_a_worker = load_settings(_env_file=None)
    assert seen_by_a_worker.desk_config() == configured.desk_config()
    assert seen_by_a_worker.rest_per_second == 2
