"""The statistics skill through the tool runner, on stored bars."""

import math
from datetime import date, datetime, time

import numpy as np
import pytest

from daybook.contracts.base import KST
from daybook.contracts.tools import ToolStatus
from daybook.skills.schema import canonical_json
from daybook.skills.technical.statistics import statistics
from tests.analysis.frames import bar
from tests.skills.technical.desk import AFTER, UNIVERSE, real_bars

SYMBOL = UNIVERSE[0]


def closes(desk, symbol=SYMBOL):
    return np.array([row.close_krw for row in desk.bars.daily(symbol, date(2000, 1, 1), AFTER.date())], dtype=float)


async def test_returns_when_asked_then_they_equal_the_closes(desk):
    reply = await desk.ask(statistics, "returns", symbols=list(UNIVERSE[:2]), sessions=250)
    assert reply.status is ToolStatus.OK
    row, prices = reply.value[0], closes(desk)
    assert row["total"] == pytest.approx(prices[-1] / prices[-251] - 1, abs=1e-4)
    assert row["annual"] == pytest.approx((prices[-1] / prices[-251]) ** (245 / 250) - 1, abs=1e-4)
    assert row["latest"][0] == pytest.approx(prices[-1] / prices[-2] - 1, abs=1e-4)
    assert [item["symbol"] for item in reply.value] == list(UNIVERSE[:2])


async def test_returns_when_seen_from_a_running_session_then_its_bar_is_not_used(desk):
    day = desk.bars.daily(SYMBOL, date(2000, 1, 1), AFTER.date())[400].day
    at = datetime.combine(day, time(11, 0), KST)
    reply = await desk.ask(statistics, "returns", at, symbols=[SYMBOL], sessions=5)
    assert reply.value[0]["close_krw"] == closes(desk)[399]


async def test_volatility_when_asked_then_it_is_annualised_over_245_sessions(desk):
    reply = await desk.ask(statistics, "volatility", symbols=[SYMBOL], sessions=120)
    moves = np.diff(np.log(closes(desk)[-121:]))
    row = reply.value[0]
    assert row["annual"] == pytest.approx(moves.std(ddof=1) * math.sqrt(245), abs=1e-4)
    assert row["annual_recent"] == pytest.approx(moves[-20:].std(ddof=1) * math.sqrt(245), abs=1e-4)


async def test_correlation_when_asked_then_the_matrix_equals_numpys(desk):
    symbols = list(UNIVERSE[:3])
    reply = await desk.ask(statistics, "correlation", symbols=symbols, sessions=200)
    moves = np.diff(np.log(np.column_stack([closes(desk, symbol)[-201:] for symbol in symbols])), axis=0)
    np.testing.assert_allclose(reply.value["matrix"], np.corrcoef(moves, rowvar=False), atol=1e-3)
    assert reply.value["common_sessions"] == 201
    assert reply.value["left_out"] == {}


async def test_correlation_when_one_symbol_was_halted_then_the_days_left_out_are_counted(desk):
    rows = desk.bars.daily(UNIVERSE[1], date(2000, 1, 1), AFTER.date())
    halted = [row.model_copy(update={"symbol": "300010"}) for row in rows]
    halted[-10:-5] = [row.model_copy(update={"volume_shares": 0}) for row in halted[-10:-5]]
    desk.bars.save_daily(halted)
    reply = await desk.ask(statistics, "correlation", symbols=[SYMBOL, "300010"], sessions=100)
    assert reply.value["left_out"] == {SYMBOL: 5, "300010": 5}
    assert reply.value["common_sessions"] == 96


async def test_correlation_when_a_price_never_moves_then_its_cells_are_null(desk):
    days = [row.day for row in desk.bars.daily(SYMBOL, date(2000, 1, 1), AFTER.date())]
    desk.bars.save_daily([bar("300020", day, 5_000) for day in days])
    reply = await desk.ask(statistics, "correlation", symbols=[SYMBOL, "300020"])
    assert reply.value["matrix"] == [[1.0, None], [None, None]]


async def test_drawdown_when_asked_then_it_is_the_worst_fall(desk):
    reply = await desk.ask(statistics, "drawdown", symbol=SYMBOL, sessions=500)
    prices = closes(desk)[-500:]
    assert reply.value["depth"] == pytest.approx((1 - prices / np.maximum.accumulate(prices)).max(), abs=1e-4)
    assert reply.value["peak_day"] < reply.value["trough_day"]


async def test_factor_regression_when_the_symbol_is_a_known_mix_then_the_betas_are_found(desk):
    others = [desk.bars.daily(symbol, date(2000, 1, 1), AFTER.date()) for symbol in UNIVERSE]
    prices = np.array([[row.close_krw for row in rows] for rows in others], dtype=float)
    market = (prices[:, 1:] / prices[:, :-1] - 1).mean(axis=0)
    noise = np.random.default_rng(1).normal(0, 0.001, len(market))
    path = 10_000_000 * np.cumprod(np.concatenate(([1.0], 1 + 1.5 * market + noise)))
    days = [row.day for row in others[0]]
    desk.bars.save_daily([bar("300030", day, int(close)) for day, close in zip(days, path, strict=True)])
    reply = await desk.ask(
        statistics, "factor_regression", symbol="300030", factors=["market", "momentum", "liquidity"]
    )
    assert reply.status is ToolStatus.OK, reply.message
    found = {row["name"]: row for row in reply.value["coefficients"]}
    assert found["market"]["estimate"] == pytest.approx(1.5, abs=0.1)
    assert found["market"]["p_value"] < 0.001
    assert abs(found["momentum"]["estimate"]) < 0.1
    assert reply.value["r_squared"] > 0.95
    assert reply.value["observations"] == 245
    assert reply.value["market"] == "equal-weighted, 10 symbols of the desk's universe"
    assert "Newey-West" in reply.value["method"]
    assert len(canonical_json(reply.value)) < 1_200


async def test_factor_regression_when_a_market_symbol_is_given_then_it_equals_plain_least_squares(desk):
    reply = await desk.ask(statistics, "factor_regression", symbol=SYMBOL, market_symbol=UNIVERSE[1], sessions=120)
    target, market = (np.diff(closes(desk, symbol)[-121:]) / closes(desk, symbol)[-121:-1] for symbol in UNIVERSE[:2])
    slope, constant = np.polyfit(market, target, 1)
    found = {row["name"]: row["estimate"] for row in reply.value["coefficients"]}
    assert found["market"] == pytest.approx(slope, rel=1e-3)
    assert found["alpha"] == pytest.approx(constant, rel=1e-3)
    assert reply.value["market"] == UNIVERSE[1]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("returns", {"symbols": ["000270"], "sessions": 20}),
        ("volatility", {"symbols": ["000270"], "sessions": 20}),
        ("correlation", {"symbols": ["000270", SYMBOL], "sessions": 20}),
        ("drawdown", {"symbol": "000270", "sessions": 20}),
        ("factor_regression", {"symbol": "000270", "sessions": 40}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_tools_when_eleven_real_sessions_are_stored_then_they_say_how_many_exist(desk, tool, arguments):
    desk.bars.save_daily([row for row in real_bars() if row.symbol == "000270"])
    reply = await desk.ask(statistics, tool, **arguments)
    assert reply.status is ToolStatus.NO_DATA
    assert "11 exist (from 2026-03-06)" in reply.message


async def test_returns_when_ten_real_sessions_are_asked_for_then_they_are_those_of_the_exchange(desk):
    rows = [row for row in real_bars() if row.symbol == "000270"]
    desk.bars.save_daily(rows)
    reply = await desk.ask(statistics, "returns", symbols=["000270"], sessions=10)
    assert reply.value[0]["total"] == pytest.approx(rows[-1].close_krw / rows[0].close_krw - 1, abs=1e-4)


async def test_factor_regression_when_arguments_do_not_fit_then_they_are_bad(desk):
    same = await desk.ask(statistics, "factor_regression", symbol=SYMBOL, market_symbol=SYMBOL)
    other = await desk.ask(
        statistics, "factor_regression", symbol=SYMBOL, factors=["momentum"], market_symbol=UNIVERSE[1]
    )
    assert (same.status, other.status) == (ToolStatus.BAD_ARGUMENTS, ToolStatus.BAD_ARGUMENTS)


async def test_returns_when_a_split_was_not_adjusted_then_the_day_is_named(desk):
    days = [row.day for row in desk.bars.daily(SYMBOL, date(2000, 1, 1), AFTER.date())][:12]
    prices = [50_000] * 6 + [10_000] * 6
    desk.bars.save_daily([bar("300040", day, close) for day, close in zip(days, prices, strict=True)])
    reply = await desk.ask(statistics, "returns", symbols=["300040"], sessions=11)
    assert reply.value[0]["leaps"] == [days[6].isoformat()]
