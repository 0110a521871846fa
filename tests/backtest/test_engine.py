"""The engine against the slow reference, and its rules one by one."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.backtest.costs import FlatFees, KrxFees
from daybook.backtest.engine import run_backtest
from daybook.backtest.errors import BacktestError
from daybook.backtest.settings import BacktestSettings, CashFraction, FixedAmount, UnfilledExit
from daybook.contracts.market import Market, SecurityKind
from tests.backtest.reference import Fill, walk
from tests.backtest.tables import random_table, table, weekdays

FREE = FlatFees(Decimal(0), Decimal(0))


def signals(rows, *at):
    flags = np.zeros((rows, 1), dtype=bool)
    flags[list(at)] = True
    return flags


def fills_of(result, column=0):
    orders = result.orders
    return [
        Fill(
            int(orders.session[place]),
            bool(orders.is_buy[place]),
            int(orders.shares[place]),
            int(orders.price_krw[place]),
            int(orders.commission_krw[place]),
            int(orders.tax_krw[place]),
        )
        for place in np.flatnonzero(orders.symbol == column)
    ]


sizings = st.one_of(
    st.builds(FixedAmount, st.integers(1, 3_000_000)),
    st.builds(CashFraction, st.fractions(Fraction(1, 100), 1, max_denominator=100)),
)


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    sizing=sizings,
    cash=st.integers(1_000, 5_000_000),
    commission=st.sampled_from(["0", "0.00014", "0.003", "0.000147"]),
    unfilled=st.sampled_from(UnfilledExit),
    tick_rule=st.booleans(),
    limit_rule=st.booleans(),
    often=st.sampled_from([0.05, 0.3, 0.8]),
)
def test_run_backtest_when_compared_with_the_slow_reference_then_every_order_and_won_is_equal(
    seed, sizing, cash, commission, unfilled, tick_rule, limit_rule, often
):
    prices = random_table(40, 3, seed)
    random = np.random.default_rng(seed)
    entries, exits = (random.random((40, 3)) < often for _ in range(2))
    chosen = BacktestSettings(cash, sizing, KrxFees(Decimal(commission)), tick_rule, limit_rule, unfilled)
    result = run_backtest(prices, entries, exits, chosen)
    for column in range(3):
        fills, equity = walk(
            prices.days,
            prices.open[:, column].tolist(),
            prices.close[:, column].tolist(),
            entries[:, column],
            exits[:, column],
            chosen,
        )
        assert fills_of(result, column) == fills
        assert result.equity_krw[:, column].tolist() == equity
    assert (result.cash_krw >= 0).all()
    assert (result.shares >= 0).all()


def test_run_backtest_when_a_signal_comes_then_it_fills_at_the_next_open():
    prices = table([100, 110, 130, 150], [105, 120, 140, 160])
    result = run_backtest(prices, signals(4, 0), signals(4, 2), BacktestSettings(1_000, fees=FREE))
    assert fills_of(result) == [Fill(1, True, 9, 110, 0, 0), Fill(3, False, 9, 150, 0, 0)]
    assert result.equity_krw[:, 0].tolist() == [1_000, 1_090, 1_270, 1_360]


def test_run_backtest_when_the_signal_is_on_the_last_session_then_nothing_is_bought():
    result = run_backtest(table([100] * 3), signals(3, 2), signals(3), BacktestSettings(1_000, fees=FREE))
    assert len(result.orders) == 0
    assert result.final_value_krw.tolist() == [1_000]


def test_run_backtest_when_sold_in_2026_then_tax_and_commission_are_floored_once_an_order():
    days = weekdays(3, date(2026, 1, 5))
    chosen = BacktestSettings(1_000_000, FixedAmount(999_000))
    result = run_backtest(table([33_350] * 3, days=days), signals(3, 0), signals(3, 1), chosen)
    amount = 29 * 33_350
    commission, tax = amount * 14 // 100_000, amount * 20 // 10_000
    assert fills_of(result)[1] == Fill(2, False, 29, 33_350, commission, tax)
    assert result.final_value_krw.tolist() == [1_000_000 - 2 * commission - tax]


@pytest.mark.parametrize("kind", [SecurityKind.ETF, SecurityKind.ETN])
def test_run_backtest_when_the_symbol_is_a_fund_then_its_sale_is_not_taxed(kind):
    fees = KrxFees(listings={"000000": (Market.KOSPI, kind)})
    prices = table([10_000] * 3, days=weekdays(3, date(2026, 1, 5)))
    result = run_backtest(prices, signals(3, 0), signals(3, 1), BacktestSettings(1_000_000, fees=fees))
    assert result.orders.tax_krw.tolist() == [0, 0]


def test_krx_fees_when_asked_for_kospi_and_kosdaq_stocks_then_the_totals_are_equal_on_every_date():
    days = weekdays(2_200, date(2018, 6, 1))
    kosdaq = KrxFees(listings={"A00001": (Market.KOSDAQ, SecurityKind.STOCK)})
    assert (kosdaq.sell_tax_steps(days, ["A00001"]) == KrxFees().sell_tax_steps(days, ["A00001"])).all()
    assert set(KrxFees().sell_tax_steps(days, ["A00001"]).ravel().tolist()) == {300, 250, 230, 200, 180, 150}


def test_run_backtest_when_the_open_is_at_the_upper_limit_then_the_entry_lapses():
    prices = table([10_000, 13_000, 13_000], [10_000, 13_000, 13_000])
    result = run_backtest(prices, signals(3, 0), signals(3), BacktestSettings(100_000, fees=FREE))
    assert len(result.orders) == 0


def test_run_backtest_when_the_open_is_a_tick_below_the_upper_limit_then_the_entry_fills():
    prices = table([10_000, 12_990, 13_000], [10_000, 13_000, 13_000])
    result = run_backtest(prices, signals(3, 0), signals(3), BacktestSettings(100_000, fees=FREE))
    assert fills_of(result) == [Fill(1, True, 7, 12_990, 0, 0)]


@pytest.mark.parametrize(
    ("unfilled", "sold_at"), [(UnfilledExit.KEEP, [4]), (UnfilledExit.LAPSE, [])], ids=["kept", "lapsed"]
)
def test_run_backtest_when_locked_at_the_lower_limit_and_then_halted_then_the_exit_waits_or_lapses(unfilled, sold_at):
    prices = table([10_000, 10_000, 7_000, 0, 6_000, 6_000], [10_000, 10_000, 7_000, 0, 6_000, 6_000])
    chosen = BacktestSettings(100_000, fees=FREE, unfilled_exit=unfilled)
    result = run_backtest(prices, signals(6, 0), signals(6, 1), chosen)
    assert [fill.session for fill in fills_of(result) if not fill.is_buy] == sold_at
    assert result.equity_krw[3].tolist() == [70_000]


def test_run_backtest_when_the_open_is_off_the_grid_then_buys_pay_a_tick_more_and_sales_get_one_less():
    result = run_backtest(table([20_025] * 3), signals(3, 0), signals(3, 1), BacktestSettings(30_000, fees=FREE))
    assert [fill.price_krw for fill in fills_of(result)] == [20_050, 20_000]


def test_run_backtest_when_cash_pays_no_share_then_it_stays_in_cash_and_tries_the_next_signal():
    prices = table([900, 900, 400, 400])
    result = run_backtest(prices, signals(4, 0, 1), signals(4), BacktestSettings(500, fees=FREE))
    assert fills_of(result) == [Fill(2, True, 1, 400, 0, 0)]


def test_run_backtest_when_later_prices_change_then_earlier_orders_do_not():
    prices = random_table(60, 4, 5)
    random = np.random.default_rng(5)
    entries, exits = (random.random((60, 4)) < 0.2 for _ in range(2))
    changed = random_table(60, 4, 6)
    mixed = [np.concatenate((getattr(prices, name)[:30], getattr(changed, name)[30:])) for name in ("open", "close")]
    first = run_backtest(prices, entries, exits, BacktestSettings())
    second = run_backtest(table(*mixed, days=prices.days), entries, exits, BacktestSettings())
    assert (first.equity_krw[:30] == second.equity_krw[:30]).all()
    assert (first.shares[:30] == second.shares[:30]).all()
    assert (first.equity_krw[30:] != second.equity_krw[30:]).any()


def test_run_backtest_when_signals_have_another_shape_then_the_error_names_them():
    with pytest.raises(BacktestError, match="exits must be bool of"):
        run_backtest(table([100] * 3), signals(3), signals(2), BacktestSettings())


def test_run_backtest_when_a_position_grows_beyond_what_can_be_counted_then_it_says_so():
    prices = table([1, 1, 10**9, 10**9])
    chosen = BacktestSettings(10**13, fees=FREE, limit_rule=False, tick_rule=False)
    with pytest.raises(BacktestError, match="more than can be counted"):
        run_backtest(prices, signals(4, 0), signals(4, 1), chosen)
