from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from daybook.advice.errors import AdviceError
from daybook.advice.target import TargetAsset, TargetLimits, target_portfolio
from daybook.contracts.factors import TargetCode

EQUITY_KRW = 100_000_000
OPEN = TargetLimits(max_position_ratio=1.0, max_sector_ratio=1.0, min_cash_ratio=0.0)


def asset(symbol: str = "000001", expected: float = 0.02, **changes: Any) -> TargetAsset:
    values: dict[str, Any] = {
        "symbol": symbol,
        "sector": "",
        "expected_excess_ratio": expected,
        "deviation": 0.1,
        "buy_cost_ratio": 0.001,
        "sell_cost_ratio": 0.003,
        "average_turnover_krw": 10**12,
    }
    return TargetAsset(**{**values, **changes})


def test_target_when_alone_then_the_closed_form_weight() -> None:
    portfolio = target_portfolio([asset()], EQUITY_KRW, OPEN)
    (row,) = portfolio.rows
    assert row.target_weight == pytest.approx((0.02 - 0.001) / (10 * 0.01), abs=1e-6)
    assert (row.code, row.cost_krw) == (TargetCode.BUY, 19_000)
    assert portfolio.cash_krw + sum(r.target_krw for r in portfolio.rows) + portfolio.cost_krw == EQUITY_KRW


@pytest.mark.parametrize(
    ("current", "target", "code"),
    [(18.9, 19.0, TargetCode.BUY), (19.5, 19.5, TargetCode.HOLD_BAND), (22.9, 22.9, TargetCode.HOLD_BAND)],
)
def test_target_when_the_gain_is_below_the_cost_then_nothing_is_traded(
    current: float, target: float, code: TargetCode
) -> None:
    (row,) = target_portfolio([asset(current_krw=int(current * 1e6))], EQUITY_KRW, OPEN).rows
    assert (row.target_krw, row.code) == (pytest.approx(target * 1e6, abs=2), code)


def test_target_when_far_above_the_band_then_sold_down_to_its_upper_end() -> None:
    (row,) = target_portfolio([asset(current_krw=60_000_000)], EQUITY_KRW, OPEN).rows
    assert (row.target_weight, row.code) == (pytest.approx(0.23, abs=1e-6), TargetCode.SELL)


def test_target_when_expectation_is_below_cost_then_not_bought_and_without_evidence_not_sold_either() -> None:
    rows = target_portfolio(
        [
            asset("000001", 0.0005),
            asset("000002", -0.5, current_krw=9_000_000, has_evidence=False),
            asset("000003", 0.5, has_evidence=False),
        ],
        EQUITY_KRW,
        OPEN,
    ).rows
    assert [row.trade_krw for row in rows] == [0, 0, 0]
    assert [row.code for row in rows] == [TargetCode.HOLD_BAND, TargetCode.NO_EVIDENCE, TargetCode.NO_EVIDENCE]


def test_target_when_limits_bind_then_they_hold_and_are_named() -> None:
    limits = TargetLimits(max_position_ratio=0.15, max_sector_ratio=0.25, min_cash_ratio=0.4)
    assets = [asset(f"00000{n}", 0.08, sector="chips" if n < 4 else "") for n in range(1, 8)]
    assets.append(asset("000008", 0.08, average_turnover_krw=50_000_000))
    portfolio = target_portfolio(assets, EQUITY_KRW, limits)
    weights = {row.symbol: row.target_weight for row in portfolio.rows}
    assert max(weights.values()) <= 0.15 + 1e-9
    assert sum(weights[f"00000{n}"] for n in (1, 2, 3)) <= 0.25 + 1e-6
    assert portfolio.cash_krw >= 0.4 * EQUITY_KRW - 100
    codes = {row.symbol: row.code for row in portfolio.rows}
    assert codes["000008"] is TargetCode.LIQUIDITY_LIMIT
    assert weights["000008"] == pytest.approx(0.05)
    assert TargetCode.BUDGET in codes.values()


def test_target_when_a_position_is_above_its_limit_then_it_is_sold_as_far_as_liquidity_goes() -> None:
    limits = TargetLimits(max_position_ratio=0.15)
    held = asset(expected=0.5, current_krw=40_000_000, average_turnover_krw=100_000_000)
    (row,) = target_portfolio([held], EQUITY_KRW, limits).rows
    assert (row.trade_krw, row.code) == (-10_000_000, TargetCode.LIQUIDITY_LIMIT)


def test_target_when_there_are_too_many_names_then_the_best_new_ones_and_all_held_ones_stay() -> None:
    limits = TargetLimits(max_names=2)
    assets = [asset("000001", 0.01, current_krw=1_000_000), asset("000002", 0.02), asset("000003", 0.03)]
    rows = target_portfolio(assets, EQUITY_KRW, limits).rows
    assert [row.target_krw > 0 for row in rows] == [True, False, True]
    assert rows[1].code is TargetCode.NAMES_LIMIT


def test_capacity_when_equity_grows_to_it_then_liquidity_begins_to_bind() -> None:
    thin = asset(average_turnover_krw=1_000_000_000)
    capacity = target_portfolio([thin], EQUITY_KRW, OPEN).capacity_krw
    assert capacity is not None
    assert target_portfolio([thin], capacity - 1_000, OPEN).rows[0].code is TargetCode.BUY
    assert target_portfolio([thin], capacity + 1_000_000, OPEN).rows[0].code is TargetCode.LIQUIDITY_LIMIT
    assert target_portfolio([], EQUITY_KRW, OPEN).capacity_krw is None


def test_target_when_compared_with_a_general_optimiser_then_the_same() -> None:
    random = np.random.default_rng(7)
    count = 6
    expected, deviation = random.uniform(-0.03, 0.09, count), random.uniform(0.05, 0.12, count)
    current = random.uniform(0, 0.2, count)
    limits = TargetLimits(max_position_ratio=0.3, max_sector_ratio=0.4, min_cash_ratio=0.1)
    assets = [
        asset(
            f"00000{n}",
            float(expected[n]),
            deviation=float(deviation[n]),
            current_krw=int(current[n] * 1e8),
            sector="ab"[n % 2],
        )
        for n in range(count)
    ]
    found = target_portfolio(assets, EQUITY_KRW, limits)

    def loss(x: np.ndarray) -> float:
        buy, sell = x[:count], x[count:]
        w = current + buy - sell
        return float(-(expected @ w) + 5 * (deviation**2 @ w**2) + 0.001 * buy.sum() + 0.003 * sell.sum())

    def held(x: np.ndarray) -> np.ndarray:
        return np.asarray(current + x[:count] - x[count:])

    def spare(x: np.ndarray) -> np.ndarray:
        w = held(x)
        fees = 0.001 * x[:count].sum() + 0.003 * x[count:].sum()
        return np.concatenate([w, 0.3 - w, [0.9 - w.sum() - fees, 0.4 - w[::2].sum(), 0.4 - w[1::2].sum()]])

    best = minimize(
        loss,
        np.full(2 * count, 0.01),
        bounds=[(0, 1)] * (2 * count),
        constraints={"type": "ineq", "fun": spare},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    assert best.success
    assert [row.target_weight for row in found.rows] == pytest.approx(list(held(best.x)), abs=2e-3)


@given(
    st.lists(
        st.tuples(st.floats(-0.2, 0.2), st.floats(0.01, 0.4), st.integers(0, 20_000_000), st.sampled_from("abc")),
        min_size=1,
        max_size=5,
    )
)
@hypothesis_settings(max_examples=40, deadline=None)
def test_target_when_anything_is_asked_then_limits_and_the_budget_hold(
    rows: list[tuple[float, float, int, str]],
) -> None:
    assets = [
        asset(f"00000{n}", expected, deviation=deviation, current_krw=current, sector=sector)
        for n, (expected, deviation, current, sector) in enumerate(rows)
    ]
    limits = TargetLimits()
    portfolio = target_portfolio(assets, EQUITY_KRW, limits)
    assert all(0 <= row.target_weight <= limits.max_position_ratio + 1e-9 for row in portfolio.rows)
    for sector in "abc":
        inside = [r.target_weight for r, a in zip(portfolio.rows, assets, strict=True) if a.sector == sector]
        assert sum(inside) <= limits.max_sector_ratio + 1e-6
    held = sum(row.target_krw for row in portfolio.rows)
    assert held + portfolio.cash_krw + portfolio.cost_krw == EQUITY_KRW
    assert portfolio.cash_krw >= limits.min_cash_ratio * EQUITY_KRW - 1_000


def test_target_when_input_is_wrong_then_the_message_names_it() -> None:
    with pytest.raises(AdviceError, match="equity_krw must be above 0"):
        target_portfolio([], 0, OPEN)
    with pytest.raises(AdviceError, match="named twice"):
        target_portfolio([asset(), asset()], EQUITY_KRW, OPEN)
    with pytest.raises(AdviceError, match="deviation of 000001"):
        target_portfolio([asset(deviation=0.0)], EQUITY_KRW, OPEN)
