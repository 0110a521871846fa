import os
from pathlib import Path

import pytest

from daybook.contracts.base import TradingState
from daybook.contracts.state import StateAction, StateChangeResult
from daybook.front.errors import DeskNoAnswer, DeskUnreachable
from daybook.storage.database import Database
from tests.commands.conftest import NO_SERVER, Run
from tests.commands.desk import ScriptedDesk


def test_halt_when_the_desk_answers_then_file_and_ledger_are_told(
    run: Run, home: Path, books: Database, desk: ScriptedDesk
) -> None:
    ended = run("halt", "markets gone mad")
    assert (ended.code, ended.err) == (0, "")
    assert "markets gone mad" in (home / "HALT").read_text()
    assert desk.asked == [(StateAction.HALT, "markets gone mad", "")]
    assert ended.out.endswith("trading state: halted\n")


def test_halt_when_the_server_is_down_then_the_file_is_enough(
    run: Run, home: Path, books: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_TEMPORAL__ADDRESS", NO_SERVER)
    ended = run("halt")
    assert (ended.code, (home / "HALT").exists()) == (0, True)
    assert "the file alone stops every order" in ended.line


def test_halt_when_no_desk_runs_in_the_home_then_the_file_is_enough(run: Run, home: Path, books: Database) -> None:
    ended = run("halt")
    assert (ended.code, (home / "HALT").exists()) == (0, True)
    assert "is not running" in ended.line


@pytest.mark.parametrize("content", [b"no database", b""])
def test_halt_when_the_ledger_is_broken_then_it_works_all_the_same(
    run: Run, home: Path, desk: ScriptedDesk, content: bytes
) -> None:
    home.mkdir()
    (home / "daybook.db").write_bytes(content)
    desk.failure = DeskNoAnswer("no answer within 20 s; the change is queued")
    ended = run("halt")
    assert (ended.code, (home / "HALT").exists()) == (0, True)
    assert "the change is queued" in ended.line


def test_halt_when_no_desk_ever_ran_in_the_home_then_it_does_not_claim_to_have_stopped_one(
    run: Run, home: Path, desk: ScriptedDesk
) -> None:
    desk.refuses = DeskUnreachable("no Temporal server")
    ended = run("halt")
    assert (ended.code, (home / "HALT").exists()) == (1, True)
    assert f"PERHAPS NOT HALTED: no Temporal server; no desk has run in {home}" in ended.line


def test_halt_when_it_is_repeated_then_the_first_reason_stays(
    run: Run, home: Path, books: Database, desk: ScriptedDesk
) -> None:
    run("halt", "first")
    assert run("halt", "second").code == 0
    assert "first" in (home / "HALT").read_text()
    assert "second" not in (home / "HALT").read_text()


@pytest.mark.parametrize(
    "reason", ["x" * 5000, "two\nlines\x00 and \x1b[31mcolour", "bad byte \udcff", "   ", "[/b] {}"]
)
def test_halt_when_the_reason_is_odd_then_it_becomes_one_short_line(
    run: Run, home: Path, books: Database, desk: ScriptedDesk, reason: str
) -> None:
    assert run("halt", reason).code == 0
    (asked,) = desk.asked
    assert 0 < len(asked[1]) <= 300
    assert asked[1].isprintable()
    assert (home / "HALT").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("daybook.toml", 'home = "{home}"\nmode = nonsense'),
        ("daybook.toml", 'home = "{home}"\nmod = "paper"'),
        (".env", "DAYBOOK_HOME={home}\nDAYBOOK_LIMITS__MAX_NAMES=many"),
        (".env", "DAYBOOK_HOME={home}\nthis is rubbish"),
    ],
)
def test_halt_when_the_configuration_cannot_be_used_then_the_file_is_written_in_the_home_it_names(
    run: Run, home: Path, books: Database, monkeypatch: pytest.MonkeyPatch, name: str, content: str
) -> None:
    monkeypatch.delenv("DAYBOOK_HOME")
    Path(name).write_text(content.format(home=home))
    ended = run("halt")
    assert (ended.code, (home / "HALT").exists()) == (1, True)
    assert name in ended.line
    assert "the file alone stops every order" in ended.line


def test_halt_when_the_configuration_hides_the_home_then_it_says_that_the_desk_may_still_trade(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAYBOOK_HOME")
    Path("daybook.toml").write_bytes(b"\xff\xfe")
    ended = run("halt")
    assert (ended.code, Path(".daybook/HALT").exists()) == (1, True)
    assert "PERHAPS NOT HALTED" in ended.line


def test_halt_when_the_file_cannot_be_written_then_the_desk_is_still_told(
    run: Run, home: Path, desk: ScriptedDesk
) -> None:
    home.touch()
    ended = run("halt")
    assert (ended.code, len(desk.asked)) == (1, 1)
    assert "trading state: halted" in ended.out
    assert "halted by the ledger alone" in ended.err.splitlines()[-1]


def test_halt_when_nothing_can_be_done_then_it_says_not_halted(run: Run, home: Path, desk: ScriptedDesk) -> None:
    home.touch()
    desk.refuses = DeskUnreachable("no Temporal server")
    ended = run("halt")
    assert ended.code == 1
    assert "NOT HALTED: no Temporal server" in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err


def test_halt_when_the_user_has_no_name_then_it_works(
    run: Run, home: Path, books: Database, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert run("halt").code == 0
    assert " cli: halted by hand" in (home / "HALT").read_text()
    assert os.stat(home / "HALT").st_mode & 0o777 == 0o600


def test_halt_when_the_answer_is_another_state_then_that_is_shown(
    run: Run, books: Database, desk: ScriptedDesk
) -> None:
    desk.change = StateChangeResult(state=TradingState.REDUCING, accepted=True)
    assert run("halt").out.endswith("trading state: reducing\n")
