import re
import subprocess
import sys

import pytest

from daybook.contracts.response_codes import ActionCode, Approver, GuardCode
from daybook.contracts.threat_settings import ResponseSettings
from daybook.risk.response.guards import GUARDS
from daybook.risk.response.playbook import PLAYBOOK, RULES, TABLE_HEADS, playbook_rows


def test_playbook_when_looked_at_then_the_nine_actions_in_order() -> None:
    assert [rule.code for rule in PLAYBOOK] == list(ActionCode)
    assert [rule.code.value for rule in PLAYBOOK] == [f"A{number}" for number in range(1, 10)]
    assert all(rule.triggers and rule.guards and rule.name_ko and rule.latency_s > 0 for rule in PLAYBOOK)


def test_playbook_when_looked_at_then_who_approves_is_as_decided() -> None:
    free = {rule.code.value for rule in PLAYBOOK if rule.approver is Approver.NOBODY}
    assert free == {"A1", "A4", "A7", "A9"}
    assert RULES[ActionCode.TIGHTEN_LIMITS].approver is Approver.TWO_STEP


def test_guards_when_declared_then_each_is_known_to_facts_or_to_sizing() -> None:
    by_sizing = {
        GuardCode.NO_POSITIONS,
        GuardCode.NOTHING_TO_SELL,
        GuardCode.ENOUGH_CASH,
        GuardCode.DAILY_SELL_LIMIT,
        GuardCode.NO_BETA,
        GuardCode.NO_QUOTE,
        GuardCode.ORDER_OPEN,
        GuardCode.NO_ROOM,
    }
    assert {guard for rule in PLAYBOOK for guard in rule.guards} == set(GUARDS) | by_sizing == set(GuardCode)


def test_table_when_rendered_then_one_row_each_with_every_setting_it_names() -> None:
    rows = playbook_rows()
    assert len(rows) == 9
    assert all(len(row) == len(TABLE_HEADS) and all(row) for row in rows)
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row[5])}
    assert named <= set(ResponseSettings.model_fields)
    assert rows[4][9] == "paper"


def test_settings_when_ladders_fall_then_refused() -> None:
    with pytest.raises(ValueError, match="stay equal or rise"):
        ResponseSettings(cash_targets=(0, 0, 0.5, 0.3, 0.5, 0.6))


def test_rooms_when_imported_then_nothing_heavy_comes_along() -> None:
    code = (
        "import sys, daybook.risk.threat.fusion, daybook.risk.threat.alert, daybook.risk.threat.news\n"
        "import daybook.risk.response.planning, daybook.risk.response.undo, daybook.risk.response.limits\n"
        "heavy = {'numpy', 'numba', 'scipy', 'pandas', 'yaml', 'sqlalchemy', 'httpx', 'temporalio', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.strip() == "[]"
