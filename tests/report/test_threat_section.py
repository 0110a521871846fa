from daybook.contracts.response_codes import ActionCode, ActionState
from daybook.report.threat_section import render_threats
from daybook.risk.response.machine import moved
from tests.risk.response.facts import PANIC, record
from tests.risk.threat.facts import NOW, Desk


def test_section_when_the_day_was_never_assessed_then_there_is_none() -> None:
    assert render_threats((), ()) == ""


def test_section_when_the_level_moves_then_each_change_is_one_row_with_its_reason() -> None:
    desk = Desk()
    panic = desk.look(**PANIC)
    cash = record(ActionCode.RAISE_CASH, panic)
    expired = moved(cash, ActionState.EXPIRED, NOW, "nobody | answered").record
    text = render_threats((panic, panic), (expired,))
    rows = [line for line in text.splitlines() if line.startswith("| 1")]
    assert "Highest level **3** (alert)" in text
    assert len(rows) == 2
    assert cash.action_id in rows[1]
    assert "**expired**" in rows[1]
    assert "nobody \\| answered" in rows[1]


def test_section_when_nothing_was_set_off_then_it_says_so() -> None:
    assert "None was set off." in render_threats((Desk().look(),), ())
