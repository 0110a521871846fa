import csv
import gzip
import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from daybook.contracts.scenario import MarketModel
from daybook.scenario.market.errors import MarketDataCode, MarketDataError
from daybook.scenario.market.fit import MarketHistory, fit_market, fit_parameters
from daybook.scenario.market.keys import stream_key
from daybook.scenario.market.packing import expected_daily_growth
from daybook.scenario.market.simulate import simulate, simulate_log_returns
from tests.scenario.market.histories import SHARED, a_history


def test_fit_when_betas_are_planted_then_it_finds_them_drawn_a_little_towards_1() -> None:
    parameters = fit_parameters(a_history(sessions=1_501))
    planted = np.linspace(0.5, 1.6, 12)
    assert parameters.beta == pytest.approx(planted, abs=0.12)
    assert parameters.idiosyncratic_sd == pytest.approx(np.full(12, 0.012), rel=0.25)
    assert parameters.loadings[:, 0] == pytest.approx(parameters.beta * parameters.market_sd)
    assert np.polyfit(planted, parameters.beta, 1)[0] < 1


def test_fit_when_simulated_then_volatility_and_correlation_are_the_historys() -> None:
    history = a_history(sessions=2_001)
    parameters = fit_parameters(history, horizon_days=10_000)
    logs = simulate_log_returns(
        parameters, None, 0, 50_000, 1, stream_key(1, "fit"), MarketModel.FACTOR_JUMP, price_limits=False
    )
    past = np.column_stack([np.diff(np.log(history.closes_krw), axis=0), np.diff(np.log(history.market_index))])
    assert logs.std(axis=0) == pytest.approx(past.std(axis=0), rel=0.06)
    assert np.corrcoef(logs.T) == pytest.approx(np.corrcoef(past.T), abs=0.1)


@pytest.mark.parametrize("expected_return", [0.06, 0.0, -0.3, 0.5])
@pytest.mark.parametrize("model", tuple(MarketModel))
def test_drift_when_set_then_it_gives_beta_times_the_expected_return_and_not_the_past(
    expected_return: float, model: MarketModel
) -> None:
    history = a_history()
    history = replace(history, closes_krw=history.closes_krw * np.exp(0.002 * np.arange(601))[:, None])
    parameters = fit_parameters(history, expected_return=expected_return)
    growth = expected_daily_growth(parameters)
    yearly = (1 + expected_return) ** np.append(parameters.beta, 1.0)
    assert np.exp(250 * growth) == pytest.approx(yearly, rel=1e-9)
    paths = simulate(parameters, None, 0, 40_000, 20, stream_key(2, "drift"), model)
    expected = np.exp(20 * growth)
    found = np.column_stack([paths.stocks, paths.market])
    error = found.std(axis=0) / math.sqrt(len(found))
    room = 6 * error if model is not MarketModel.BOOTSTRAP else 6 * error + 0.02
    assert (np.abs(found.mean(axis=0) - expected) < room).all()


def test_fit_when_volatility_has_risen_then_a_short_horizon_sees_more_of_it() -> None:
    history = a_history()
    logs = np.diff(np.log(history.market_index))
    logs[-30:] *= 3
    history = replace(history, market_index=300 * np.exp(np.concatenate([[0.0], np.cumsum(logs)])))
    spreads = [fit_parameters(history, horizon_days=days).market_sd for days in (1, 60, 500)]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] > 1.5 * spreads[-1]


def test_fit_when_a_stock_is_short_of_history_then_it_leans_on_its_sector_and_says_so() -> None:
    closes = a_history().closes_krw.copy()
    closes[:-20, 3] = np.nan
    closes[:-1, 6] = np.nan
    fit = fit_market(a_history(closes_krw=closes))
    assert fit.proxied == ("000003", "000006")
    parameters = fit.parameters
    assert np.isfinite(parameters.history).all()
    of_sector = [parameters.idiosyncratic_sd[column] for column in (7, 11)]
    assert min(of_sector) * 0.6 < parameters.idiosyncratic_sd[3] < max(of_sector) * 1.7
    assert parameters.beta[6] == pytest.approx(
        float(np.median(fit_market(a_history()).parameters.beta[[2, 10]])), abs=0.1
    )
    assert (parameters.loadings[[3, 6], 1:] == 0).all()
    assert parameters.history[:, 6].std() > 0.008


def test_fit_when_no_stock_has_a_history_then_a_guess_stands_in() -> None:
    closes = a_history().closes_krw.copy()
    closes[:-1] = np.nan
    fit = fit_market(a_history(closes_krw=closes))
    assert len(fit.proxied) == 12
    assert (fit.parameters.beta == 1).all()
    assert (fit.parameters.idiosyncratic_sd == 0.02).all()


def test_fit_when_gaps_and_a_split_are_filled_then_seed_decides_and_nothing_else() -> None:
    closes = a_history().closes_krw.copy()
    closes[200:260, 2] = np.nan
    closes[400:, 4] /= 50
    history = a_history(closes_krw=closes)
    one, again, other = (fit_parameters(history, seed=seed) for seed in (1, 1, 2))
    assert one.history.tobytes() == again.history.tobytes()
    assert one.history[205, 2] != other.history[205, 2]
    assert (one.history[:, 0] == other.history[:, 0]).all()
    assert np.abs(one.history[:, 4]).max() < 0.2
    assert one.idiosyncratic_sd[4] < 0.016


def test_fit_when_turnover_or_last_prices_are_missing_then_it_says_which() -> None:
    history = a_history()
    closes, turnover = history.closes_krw.copy(), history.turnover_krw.copy()
    closes[-40:, 1] = np.nan
    turnover[:, 5] = np.nan
    turnover[-20:, 6] = np.arange(20) * 1e9
    fit = fit_market(replace(history, closes_krw=closes, turnover_krw=turnover))
    assert fit.stale == ("000001",)
    assert fit.without_turnover == ("000005",)
    assert fit.parameters.turnover_krw[5] == 0
    assert fit.parameters.turnover_krw[6] == pytest.approx(9.5e9)
    assert fit.parameters.prices_krw[1] == round(closes[-41, 1])


def test_fit_when_factors_are_one_then_only_the_market_is_left() -> None:
    assert fit_parameters(a_history(), factors=1).loadings.shape == (12, 1)


def _without_price() -> MarketHistory:
    closes = a_history().closes_krw.copy()
    closes[:, 2] = np.nan
    return a_history(closes_krw=closes)


def _with(field: str, place: tuple[int, ...], value: float) -> MarketHistory:
    array = getattr(a_history(), field).copy()
    array[place] = value
    return a_history(**{field: array})


@pytest.mark.parametrize(
    ("history", "reason", "words"),
    [
        (_without_price(), MarketDataCode.NO_PRICE, "000002 has no price at all"),
        (_with("closes_krw", (5, 3), 0.0), MarketDataCode.BAD_PRICE, "000003"),
        (_with("market_index", (7,), math.nan), MarketDataCode.BAD_INDEX, "2020-01-08"),
        (a_history(sessions=60), MarketDataCode.TOO_FEW_SESSIONS, "60 sessions and a fit needs 61"),
        (replace(a_history(), days=a_history().days[::-1]), MarketDataCode.BAD_ORDER, "order"),
        (replace(a_history(), sectors=("one",)), MarketDataCode.BAD_SHAPE, "sectors"),
        (replace(a_history(), turnover_krw=np.zeros((3, 3))), MarketDataCode.BAD_SHAPE, "turnover_krw"),
        (
            replace(a_history(stocks=0), closes_krw=np.zeros((601, 0)), turnover_krw=np.zeros((601, 0))),
            MarketDataCode.NO_STOCKS,
            "no stock",
        ),
    ],
)  # fmt: skip
def test_fit_when_history_is_bad_then_it_names_what_and_the_way_out(
    history: MarketHistory, reason: MarketDataCode, words: str
) -> None:
    with pytest.raises(MarketDataError, match=words) as caught:
        fit_market(history)
    assert caught.value.reason is reason


@pytest.mark.parametrize("argument", [{"factors": 0}, {"factors": 17}, {"expected_return": -1.0}])
def test_fit_when_an_argument_is_out_of_range_then_it_names_it(argument: dict[str, float]) -> None:
    with pytest.raises(MarketDataError, match=next(iter(argument))):
        fit_market(a_history(), **argument)  # type: ignore[arg-type]


def _column(name: str, *, of: str) -> list[str]:
    with gzip.open(SHARED / name, "rt", encoding="utf-8") as lines:
        return [row[of] for row in csv.DictReader(lines)]


@pytest.mark.skipif(not (SHARED / "kospi200_daily.csv.gz").exists(), reason=f"no market data in {SHARED}")
def test_fit_when_the_index_is_real_then_its_crashes_are_jumps_and_stocks_of_11_sessions_lean_on_a_guess() -> None:
    days = [date.fromisoformat(day) for day in _column("kospi200_daily.csv.gz", of="Date")]
    index = np.array([float(level) for level in _column("kospi200_daily.csv.gz", of="Close")])
    codes = ("005930", "000660", "005380")
    closes, turnover = np.full((len(days), 3), np.nan), np.full((len(days), 3), np.nan)
    with gzip.open(SHARED / "krx_daily_2026-03.csv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["code"] in codes and float(row["open"]) > 0:
                place = days.index(date.fromisoformat(row["date"])), codes.index(row["code"])
                closes[place], turnover[place] = float(row["close"]), float(row["amount_krw"])
    history = MarketHistory(
        codes, codes, ("a", "a", "b"), ("KOSPI",) * 3, tuple(days), closes, turnover, index, (), "shared", False
    )
    fit = fit_market(history)
    jumps = {days[row] for row in fit.jump_sessions}
    assert {date(2001, 9, 12), date(2024, 8, 5)} <= jumps
    assert fit.proxied == codes
    assert (fit.parameters.turnover_krw > 1e11).all()
    assert 0.005 < fit.parameters.market_sd < 0.06
    paths = simulate(fit.parameters, None, 0, 2_000, 60, 1, MarketModel.BOOTSTRAP)
    assert 0.7 < np.median(paths.market) < 1.3
