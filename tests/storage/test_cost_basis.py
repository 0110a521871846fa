import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.storage.cost_basis import Holding, Movement, trade

FLAT = Holding(0, 0)
amounts = st.integers(0, 10**12)
trades = st.lists(st.tuples(st.integers(-1000, 1000), amounts), max_size=20)


@pytest.mark.parametrize(
    ("before", "shares", "amount_krw", "after"),
    [
        (FLAT, 10, 700_000, Movement(Holding(10, 700_000), 0)),
        (Holding(10, 700_000), 10, 720_000, Movement(Holding(20, 1_420_000), 0)),
        (Holding(10, 700_000), -4, 300_000, Movement(Holding(6, 420_000), 20_000)),
        (Holding(3, 1_000), -1, 300, Movement(Holding(2, 667), -33)),
        (Holding(10, 700_000), -10, 690_000, Movement(Holding(0, 0), -10_000)),
        (Holding(10, 700_000), -15, 1_050_000, Movement(Holding(-5, -350_000), 0)),
        (Holding(-5, -350_000), 5, 340_000, Movement(Holding(0, 0), 10_000)),
        (Holding(-5, -350_000), 7, 490_000, Movement(Holding(2, 140_000), 0)),
        (Holding(10, 700_000), 0, 5, Movement(Holding(10, 700_005), 0)),
    ],
)
def test_trade_when_booked_then_basis_and_result_follow(before, shares, amount_krw, after):
    assert trade(before, shares, amount_krw) == after


@given(trades)
def test_trades_when_summed_then_no_won_and_no_share_is_lost(steps):
    holding, realised_krw, paid_krw = FLAT, 0, 0
    for shares, amount_krw in steps:
        movement = trade(holding, shares, amount_krw)
        paid_krw += -amount_krw if shares < 0 else amount_krw
        holding, realised_krw = movement.holding, realised_krw + movement.realised_pnl_krw
    assert holding.shares == sum(shares for shares, _ in steps)
    assert holding.cost_basis_krw == paid_krw + realised_krw
    corrected = any(shares == 0 and amount_krw for shares, amount_krw in steps)
    if holding.shares == 0 and not corrected:
        assert holding.cost_basis_krw == 0
