"""The named rules: signals where they belong, nothing from the future, the right figures."""

from dataclasses import replace

import numpy as np
import pytest

from daybook.backtest.errors import BacktestError
from daybook.backtest.performance import measure, round_trip_profits
from daybook.backtest.prices import PriceTable
from daybook.backtest.rules import Breakout, BuyAndHold, MomentumRotation, RsiReversion, SmaCross
from daybook.backtest.settings import BacktestSettings
from daybook.backtest.strategies import run_rule
from tests.analysis.frames import bar, random_bars, weekdays
from tests.backtest.tables import random_table, table

RULES = [SmaCross(3, 8), RsiReversion(5, 40, 60), Breakout(10, 5)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_signals_when_later_sessions_are_cut_off_then_earlier_signals_stay(rule):
    prices = random_table(200, 4, seed=3)
    entries, exits = rule.signals(prices)
    assert entries.sum() > 10
    assert exits.sum() > 10
    for rows in (60, 121, 199):
        columns = (prices.open, prices.high, prices.low, prices.close, prices.volume)
        cut = PriceTable(prices.symbols, prices.days[:rows], *(column[:rows] for column in columns))
        early_entries, early_exits = rule.signals(cut)
        assert (early_entries == entries[:rows]).all()
        assert (early_exits == exits[:rows]).all()


def test_targets_when_later_sessions_are_cut_off_then_earlier_weights_stay():
    prices = random_table(120, 6, seed=4)
    rule = MomentumRotation(20, 2, 10)
    full = rule.targets(prices, 30)
    columns = (prices.open, prices.high, prices.low, prices.close, prices.volume)
    cut = rule.targets(PriceTable(prices.symbols, prices.days[:75], *(column[:75] for column in columns)), 30)
    assert list(cut) == [30, 40, 50, 60, 70]
    assert all((cut[row] == full[row]).all() for row in cut)


def test_sma_cross_when_means_cross_then_the_signal_is_on_that_session():
    closes = [100, 98, 96, 94, 92, 96, 104, 112, 120, 110, 98, 86, 74]
    entries, exits = SmaCross(2, 4).signals(table(closes))
    fast = [np.mean(closes[row - 1 : row + 1]) for row in range(3, 13)]
    slow = [np.mean(closes[row - 3 : row + 1]) for row in range(3, 13)]
    above = [quick > late for quick, late in zip(fast, slow, strict=True)]
    expected = [row for row in range(4, 13) if above[row - 3] and not above[row - 4]]
    assert np.flatnonzero(entries[:, 0]).tolist() == expected == [6]
    assert np.flatnonzero(exits[:, 0]).tolist() == [10]


def test_breakout_when_the_close_passes_the_channel_then_the_channel_excludes_the_session_itself():
    entries, exits = Breakout(3, 2).signals(table([10, 11, 12, 12, 13, 12, 11, 10]))
    assert np.flatnonzero(entries[:, 0]).tolist() == [4]
    assert np.flatnonzero(exits[:, 0]).tolist() == [6, 7]


def test_signals_when_a_symbol_was_halted_then_they_are_those_of_its_traded_sessions():
    prices = random_table(100, 1, seed=9, halts=False)
    opens, closes = prices.open.copy(), prices.close.copy()
    gaps = [40, 41, 70]
    opened, closed = (np.insert(values, gaps, 0, axis=0) for values in (opens, closes))
    entries, exits = SmaCross(3, 8).signals(prices)
    with_gaps = SmaCross(3, 8).signals(table(opened, closed))
    halted = (opened == 0)[:, 0]
    assert (with_gaps[0][~halted] == entries).all()
    assert (with_gaps[1][~halted] == exits).all()
    assert not with_gaps[0][halted].any()


def test_momentum_rotation_when_nothing_rises_then_it_holds_cash():
    prices = table(np.linspace([1000, 2000], [500, 900], 40).astype(int))
    result = run_rule(prices, MomentumRotation(10, 1, 5), 11, BacktestSettings())
    assert len(result.orders) == 0
    assert measure(result).total_return == 0
    assert measure(result).sharpe is None


def test_run_rule_when_buying_and_holding_then_cash_is_split_and_each_symbol_bought_once_at_the_second_open():
    prices = random_table(50, 3, seed=2, halts=False, on_grid=True)
    result = run_rule(prices, BuyAndHold(), 10, replace(BacktestSettings(), limit_rule=False))
    assert result.orders.session.tolist() == [1, 1, 1]
    assert result.prices.days == prices.days[10:]
    assert result.initial_cash_krw.tolist() == [3_333_333] * 3


def test_measure_when_a_round_trip_is_known_by_hand_then_the_figures_are_that():
    closes = [10_000, 10_000, 11_000, 12_000, 12_000]
    bars = [bar("005930", day, close) for day, close in zip(weekdays(5), closes, strict=True)]
    prices = PriceTable.from_bars({"005930": bars})
    entries, exits = np.zeros((2, 5, 1), dtype=bool)
    entries[0], exits[2] = True, True
    from daybook.backtest.engine import run_backtest

    result = run_backtest(prices, entries, exits, BacktestSettings(1_000_000))
    found = measure(result)
    buy, sale = 99 * 10_000, 99 * 12_000
    costs = buy * 14 // 100_000 + sale * 14 // 100_000
    tax = sale * 18 // 10_000
    assert (found.commission_krw, found.tax_krw) == (costs, tax)
    assert found.final_krw == 1_000_000 + sale - buy - costs - tax
    assert round_trip_profits(result) == [sale - buy - costs - tax]
    assert (found.orders, found.round_trips, found.win_ratio) == (2, 1, 1.0)
    assert found.total_return == pytest.approx((found.final_krw - 1_000_000) / 1_000_000)


def test_price_table_when_built_from_bars_then_days_are_joined_and_missing_ones_are_zero():
    first = random_bars("005930", 5, 1)
    second = random_bars("000660", 5, 2)[2:]
    prices = PriceTable.from_bars({"005930": first, "000660": second})
    assert prices.days == tuple(row.day for row in first)
    assert prices.close[:, 1].tolist() == [0, 0] + [row.close_krw for row in second]
    assert prices.marks()[:, 1].tolist() == prices.close[:, 1].tolist()


@pytest.mark.parametrize(
    "make",
    [lambda: SmaCross(60, 20), lambda: RsiReversion(14, 70, 30), lambda: Breakout(0, 1)],
    ids=["sma", "rsi", "box"],
)
def test_rules_when_parameters_cannot_be_then_they_refuse(make):
    with pytest.raises(BacktestError):
        make()
