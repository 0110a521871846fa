from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.base import Mode
from daybook.contracts.limits import RiskLimits
from daybook.contracts.response import TightenLimits
from daybook.contracts.response_codes import ActionCode, ActionState
from daybook.risk.response.limits import tightened, tightening_in_force
from tests.risk.response.facts import BROKEN, record, seen


@given(scale=st.floats(0.01, 1))
def test_limits_when_tightened_then_buys_are_never_looser_and_sells_never_stricter(scale: float) -> None:
    before = RiskLimits()
    after = tightened(before, TightenLimits(scale=scale))
    assert set(after.approval_modes) == set(Mode)
    assert after.max_order_notional_krw <= before.max_order_notional_krw
    assert after.max_order_equity_ratio <= before.max_order_equity_ratio
    assert after.max_daily_turnover_ratio <= before.max_daily_turnover_ratio
    assert after.max_daily_orders <= before.max_daily_orders
    sells = after.max_daily_orders + after.exit_order_reserve
    assert sells == before.max_daily_orders + before.exit_order_reserve
    assert RiskLimits.model_validate(after.model_dump()) == after


def test_limits_when_not_active_then_as_before() -> None:
    wanted = TightenLimits(active=False, scale=0.5)
    assert tightened(RiskLimits(), wanted) == RiskLimits()


def test_tightening_when_done_and_not_undone_then_in_force() -> None:
    waiting = record(ActionCode.TIGHTEN_LIMITS, seen(**BROKEN))
    assert tightening_in_force([waiting]) is None
    done = waiting.model_copy(update={"state": ActionState.DONE})
    assert tightening_in_force([waiting, done]) == done.proposal.payload
    assert tightening_in_force([done.model_copy(update={"state": ActionState.UNDONE})]) is None
