from datetime import timedelta
from pathlib import Path

import pytest

from daybook.commands.threats import action_lines, level_lines
from daybook.contracts.response_codes import ActionCode
from daybook.storage.database import Database
from daybook.storage.response_actions import ResponseActionStore
from daybook.storage.threats import ThreatStore
from tests.commands.conftest import Run
from tests.risk.response.facts import DAY, PANIC, record
from tests.risk.threat.facts import NOW, Desk


def test_lines_when_the_level_stands_then_reason_and_age_are_shown() -> None:
    lines = level_lines(Desk().look(**PANIC), NOW + timedelta(minutes=3), live=True)
    text = "\n".join(lines)
    assert "3 alert" in lines[0]
    assert "3 min ago" in text
    assert "VKOSPI_HIGH" in text


def test_lines_when_an_action_waits_then_its_countdown_and_the_command_are_shown() -> None:
    waiting = record(ActionCode.RAISE_CASH, Desk().look(**PANIC))
    text = "\n".join(action_lines((waiting,), NOW + timedelta(seconds=540)))
    assert "WAITING, 60 s left" in text
    assert f"daybook threat approve {waiting.action_id}" in text
    over = "\n".join(action_lines((waiting,), NOW + timedelta(seconds=601)))
    assert "out of time" in over
    assert "threat approve" not in over


def test_threat_when_no_day_runs_then_what_was_recorded_last_is_shown(run: Run, home: Path) -> None:
    home.mkdir(parents=True)
    desk = Desk()
    assessment = desk.look(**PANIC)
    with Database(f"sqlite:///{home / 'daybook.db'}") as database:
        database.upgrade()
        ThreatStore(database).record("a", "main", DAY, assessment, desk.memory)
        ResponseActionStore(database).record("main", DAY, (record(ActionCode.RAISE_CASH, assessment),))
    ended = run("threat")
    assert ended.code == 0
    assert "3 alert" in ended.out
    assert "no day is running" in ended.out
    assert "A2" in ended.out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("false-alarm", "NOISE", "--reason", "x"), "is no reason's code"),
        (("false-alarm", "INDEX_FALL", "--reason", " "), "--reason is empty"),
        (("false-alarm", "HOLDING_BREACH:??", "--reason", "x"), "is no KRX code"),
        (("level", "6", "--reason", "x"), "6 is no level; write 0 to 5"),
        (("approve", "no such/action"), "cannot be an action"),
    ],
)
def test_threat_when_something_odd_is_written_then_one_line_says_what_to_do(
    run: Run, arguments: tuple[str, ...], line: str
) -> None:
    ended = run("threat", *arguments)
    assert ended.code == 1
    assert line in ended.line
