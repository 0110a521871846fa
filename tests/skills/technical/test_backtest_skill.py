"""The backtest skill through the tool runner, on stored bars."""

from datetime import date, datetime, time

import pytest

from daybook.backtest.engine import run_backtest
from daybook.backtest.prices import PriceTable
from daybook.backtest.rules import SmaCross
from daybook.backtest.settings import BacktestSettings
from daybook.backtest.strategy_names import Strategy
from daybook.contracts.base import KST
from daybook.contracts.tools import ToolStatus
from daybook.skills.schema import canonical_json
from daybook.skills.technical.backtest import backtest
from tests.skills.technical.desk import AFTER, UNIVERSE, real_bars, real_index_bars

SYMBOL = UNIVERSE[0]


@pytest.mark.parametrize("strategy", Strategy)
async def test_backtest_strategy_when_run_then_figures_add_up_and_are_small(desk, strategy):
    reply = await desk.ask(
        backtest, "backtest_strategy", symbols=list(UNIVERSE[:5]), strategy=strategy.value, sessions=490
    )
    assert reply.status is ToolStatus.OK, reply.message
    value, figures = reply.value, reply.value["strategy"]
    assert value["sessions"] == 490
    assert figures["total_return"] == pytest.approx(figures["final_krw"] / 10_000_000 - 1, abs=1e-4)
    assert 0 <= figures["max_drawdown"] < 1
    assert 0 <= figures["exposure"] <= 1
    assert figures["orders"] >= 1
    assert any("survivors" in line for line in value["warnings"])
    assert "nothing uses later prices" in value["method"]
    assert len(canonical_json(value)) < 2_600
    if strategy is Strategy.BUY_AND_HOLD:
        assert value["strategy"] == value["buy_and_hold"]


async def test_backtest_strategy_when_compared_with_the_engine_then_the_final_won_are_equal(desk):
    reply = await desk.ask(
        backtest, "backtest_strategy", symbols=[SYMBOL], strategy="sma_cross", sessions=300, fast=5, slow=20
    )
    prices = PriceTable.from_bars({SYMBOL: desk.bars.daily(SYMBOL, date(2000, 1, 1), AFTER.date())})
    entries, exits = SmaCross(5, 20).signals(prices)
    first = len(prices.days) - 300
    result = run_backtest(prices.since(first), entries[first:], exits[first:], BacktestSettings())
    assert reply.value["strategy"]["final_krw"] == result.final_value_krw[0]
    assert reply.value["strategy"]["orders"] == len(result.orders) > 10
    assert reply.value["rule"] == "buy when SMA 5 crosses above SMA 20, sell when it crosses below"


async def test_backtest_strategy_when_seen_from_the_past_then_later_bars_change_nothing(desk):
    day = desk.bars.daily(SYMBOL, date(2000, 1, 1), AFTER.date())[600].day
    asked = {"symbols": [SYMBOL], "strategy": "breakout", "sessions": 200}
    reply = await desk.ask(backtest, "backtest_strategy", datetime.combine(day, time(15, 0), KST), **asked)
    assert reply.value["last_day"] < day.isoformat()
    kept = [bar for bar in desk.bars.daily(SYMBOL, date(2000, 1, 1), AFTER.date()) if bar.day < day]
    desk.bars.save_daily([bar.model_copy(update={"symbol": "200030"}) for bar in kept])
    alone = await desk.ask(backtest, "backtest_strategy", **{**asked, "symbols": ["200030"]})
    assert alone.value["strategy"] == reply.value["strategy"]


async def test_compare_strategies_when_run_then_all_are_ranked_over_the_same_sessions(desk):
    reply = await desk.ask(backtest, "compare_strategies", symbols=list(UNIVERSE[:3]), sessions=400)
    assert reply.status is ToolStatus.OK, reply.message
    rows = reply.value["strategies"]
    assert {row["name"] for row in rows} == set(Strategy)
    totals = [row["figures"]["total_return"] for row in rows]
    assert totals == sorted(totals, reverse=True)
    assert "looks better" in reply.value["warnings"][0]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ({"strategy": "sma_cross", "period": 9}, ToolStatus.BAD_ARGUMENTS, "sma_cross takes fast, slow, not period"),
        ({"strategy": "buy_and_hold", "top": 1}, ToolStatus.BAD_ARGUMENTS, "takes no parameters"),
        ({"strategy": "sma_cross", "fast": 60, "slow": 20}, ToolStatus.BAD_ARGUMENTS, "shorter than the slow"),
        ({"strategy": "rsi_reversion", "lower": 70, "upper": 30}, ToolStatus.BAD_ARGUMENTS, "lower < upper"),
        ({"strategy": "martingale"}, ToolStatus.BAD_ARGUMENTS, "strategy"),
        ({"strategy": "breakout", "symbols": [SYMBOL, SYMBOL]}, ToolStatus.BAD_ARGUMENTS, "each symbol once"),
        ({"strategy": "breakout", "symbols": ["999990"]}, ToolStatus.NO_DATA, "no daily prices of 999990"),
    ],
    ids=["foreign", "none", "order", "bounds", "unknown", "twice", "no_bars"],
)
async def test_backtest_strategy_when_asked_badly_then_one_line_says_why(desk, arguments, status, words):
    reply = await desk.ask(backtest, "backtest_strategy", **{"symbols": [SYMBOL], **arguments})
    assert reply.status is status
    assert words in reply.message


async def test_backtest_strategy_when_eleven_real_sessions_are_stored_then_it_says_how_many_it_needs(desk):
    desk.bars.save_daily([bar for bar in real_bars() if bar.symbol == "000660"])
    reply = await desk.ask(backtest, "backtest_strategy", symbols=["000660"], strategy="sma_cross")
    assert reply.status is ToolStatus.NO_DATA
    assert "81 sessions are needed (61 to warm up), 11 exist" in reply.message


async def test_backtest_strategy_when_holding_the_real_index_for_ten_years_then_it_earns_what_the_index_did(desk):
    bars = real_index_bars("200040")
    desk.bars.save_daily(bars)
    asked = {"symbols": ["200040"], "sessions": 2_450, "initial_cash_krw": 1_000_000_000}
    reply = await desk.ask(backtest, "backtest_strategy", strategy="buy_and_hold", **asked)
    bought, last = bars[-2_449].open_krw, bars[-1].close_krw
    assert reply.value["strategy"]["total_return"] == pytest.approx(last / bought - 1, abs=0.01)
    crossed = await desk.ask(backtest, "backtest_strategy", strategy="sma_cross", **asked)
    assert 10 < crossed.value["strategy"]["round_trips"] < 60


async def test_backtest_strategy_when_cash_pays_no_share_then_a_warning_says_no_order_filled(desk):
    rich = [
        bar.model_copy(
            update={"symbol": "200050"}
            | {name: getattr(bar, name) * 100 for name in ("open_krw", "high_krw", "low_krw", "close_krw")}
        )
        for bar in desk.bars.daily(SYMBOL, date(2000, 1, 1), AFTER.date())
    ]
    desk.bars.save_daily(rich)
    reply = await desk.ask(
        backtest, "backtest_strategy", symbols=["200050"], strategy="sma_cross", initial_cash_krw=100_000
    )
    assert reply.value["strategy"]["orders"] == 0
    assert any("no order was filled" in line for line in reply.value["warnings"])
