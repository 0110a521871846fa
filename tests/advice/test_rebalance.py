from datetime import date

import pytest

from daybook.advice.rebalance import is_rebalance_due
from daybook.contracts.limits import RebalanceRule

FRIDAY, MONDAY, TUESDAY = date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 10)


@pytest.mark.parametrize(
    ("rule", "day", "previous", "is_first_tick", "due"),
    [
        (RebalanceRule.EVERY_TICK, MONDAY, FRIDAY, False, True),
        (RebalanceRule.NEVER, MONDAY, FRIDAY, True, False),
        (RebalanceRule.DAILY, TUESDAY, MONDAY, True, True),
        (RebalanceRule.DAILY, TUESDAY, MONDAY, False, False),
        (RebalanceRule.WEEKLY, MONDAY, FRIDAY, True, True),
        (RebalanceRule.WEEKLY, MONDAY, FRIDAY, False, False),
        (RebalanceRule.WEEKLY, TUESDAY, MONDAY, True, False),
        (RebalanceRule.WEEKLY, TUESDAY, FRIDAY, True, True),
        (RebalanceRule.WEEKLY, TUESDAY, None, True, True),
        (RebalanceRule.WEEKLY, date(2027, 1, 4), date(2026, 12, 30), True, True),
    ],
)
def test_rebalance_when_asked_then_the_rule_decides(
    rule: RebalanceRule, day: date, previous: date | None, is_first_tick: bool, due: bool
) -> None:
    assert is_rebalance_due(rule, day, previous, is_first_tick) is due
