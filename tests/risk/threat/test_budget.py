from itertools import pairwise

import pytest

from daybook.contracts.base import TradingState
from daybook.risk.threat import BUDGET_MULTIPLIERS, risk_budget_multiplier, state_at_threat


def test_multiplier_when_the_threat_rises_then_the_budget_never_does() -> None:
    multipliers = [risk_budget_multiplier(level) for level in range(6)]
    assert multipliers == list(BUDGET_MULTIPLIERS) == [1.0, 1.0, 0.75, 0.5, 0.25, 0.0]
    assert all(after <= before for before, after in pairwise(multipliers))


@pytest.mark.parametrize("level", [-1, 6, 2.0, True, None, "3"])
def test_multiplier_when_the_level_is_not_one_then_it_raises(level: object) -> None:
    with pytest.raises(ValueError, match="threat level"):
        risk_budget_multiplier(level)  # type: ignore[arg-type]


def test_state_when_the_threat_is_highest_then_only_reducing() -> None:
    assert [state_at_threat(level) for level in range(6)] == [TradingState.ACTIVE] * 5 + [TradingState.REDUCING]
