from dataclasses import replace

import numpy as np
import pytest

from daybook.advice.features import filings, price, trading
from daybook.advice.features.catalogue import FEATURES, available, ranked_values, raw_values, signal_feature
from daybook.advice.features.feature import Feature
from daybook.advice.features.rolling import lagged, window_deviation, window_maximum, window_mean
from daybook.advice.labels import forward_returns, ranked_labels
from daybook.advice.leak_test import is_truncation_invariant
from daybook.advice.panel import Panel
from daybook.advice.synthetic_panel import planted_panel
from tests.advice.panels import small_panel


def full_panel(stocks: int = 12, days: int = 300) -> Panel:
    """A panel with every optional part, gaps and a delisting."""
    panel = planted_panel(0.0, stocks=stocks, days=days, seed=5)
    random = np.random.default_rng(3)
    close = panel.close_krw.copy()
    close[random.random(close.shape) < 0.02] = np.nan
    close[days // 2 :, 0] = np.nan
    names = ("book_equity", "net_income", "gross_profit", "total_assets", "shares")
    return replace(
        panel,
        close_krw=close,
        member=~np.isnan(close),
        foreign_net_krw=random.standard_normal(close.shape) * 1e9,
        institution_net_krw=random.standard_normal(close.shape) * 1e9,
        fundamentals={name: np.abs(random.standard_normal(close.shape)) * 1e9 for name in names},
    )


PANEL = full_panel()


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_feature_when_the_future_is_cut_off_or_garbled_then_the_past_stays_bit_for_bit(feature: Feature) -> None:
    assert is_truncation_invariant(PANEL, feature)


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_feature_when_history_is_shorter_than_declared_then_unknown_and_known_from_there(feature: Feature) -> None:
    whole = replace(PANEL, close_krw=np.where(np.isnan(PANEL.close_krw), 1000.0, PANEL.close_krw))
    values = feature.compute(whole)
    assert not np.isfinite(values[: feature.min_sessions - 1]).any()
    assert np.isfinite(values[feature.min_sessions - 1]).sum() >= PANEL.shape[1] - 1


def test_features_when_the_panel_lacks_flows_or_filings_then_they_are_not_offered() -> None:
    plain = planted_panel(0.0, stocks=5, days=30)
    assert {feature.name for feature in FEATURES} - {feature.name for feature in available(plain)} == {
        "foreign_buying",
        "institution_buying",
        "book_to_price",
        "earnings_yield",
        "gross_profitability",
    }
    assert available(PANEL) == FEATURES


def test_features_when_a_sign_is_assumed_then_a_source_and_evidence_are_named() -> None:
    for feature in FEATURES:
        assert (feature.prior_sign != 0) == (feature.evidence != "none")
        assert feature.source
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)
    assert all(feature.label_ko and feature.label_en for feature in FEATURES)


def test_momentum_when_prices_grow_then_the_months_between_count() -> None:
    levels = np.zeros((300, 1))
    levels[60:150, 0] = np.linspace(0, 0.9, 90)
    levels[150:, 0] = 0.9
    panel = small_panel(np.exp(levels) * 1000)
    day = 299
    assert price.momentum_12_7(panel)[day, 0] == pytest.approx(levels[day - 126, 0] - levels[day - 252, 0])
    assert price.momentum_12_1(panel)[day, 0] == pytest.approx(levels[day - 21, 0] - levels[day - 252, 0])
    assert price.reversal_20(panel)[100, 0] == pytest.approx(-(levels[100, 0] - levels[80, 0]))
    assert price.year_high(panel)[day, 0] == pytest.approx(0)


def test_low_volatility_when_one_stock_moves_more_then_it_is_lower() -> None:
    noise = np.random.default_rng(1).standard_normal((80, 1))
    panel = small_panel(np.exp(np.cumsum(noise * np.array([[0.01, 0.03]]), axis=0)) * 1000)
    values = price.low_volatility(panel)[-1]
    assert values == pytest.approx([-0.01 * noise[-60:].std(ddof=1), -0.03 * noise[-60:].std(ddof=1)])


def test_illiquidity_and_shock_when_turnover_changes_then_they_are_their_formulas() -> None:
    returns = np.random.default_rng(4).standard_normal(60) * 0.01
    turnover = np.full((60, 1), 2e9)
    turnover[-5:] = 6e9
    panel = small_panel(np.exp(np.cumsum(returns))[:, None] * 1000, turnover_krw=turnover)
    amihud = np.mean(np.abs(returns[1:]) / turnover[1:, 0])
    assert trading.illiquidity(panel)[-1, 0] == pytest.approx(np.log(amihud))
    assert trading.turnover_shock(panel)[-1, 0] == pytest.approx(np.log(6e9 / turnover.mean()))


def test_buying_when_foreigners_buy_then_it_is_their_share_of_turnover() -> None:
    panel = small_panel(np.full((25, 1), 1000.0), foreign_net_krw=np.full((25, 1), 5e8))
    assert trading.foreign_buying(panel)[-1, 0] == pytest.approx(0.05)


def test_value_when_filed_then_book_over_market_value_and_losses_are_negative_yields() -> None:
    figures = {
        "book_equity": np.array([[500.0]]),
        "shares": np.array([[10.0]]),
        "net_income": np.array([[-20.0]]),
        "gross_profit": np.array([[30.0]]),
        "total_assets": np.array([[600.0]]),
    }
    panel = small_panel(np.array([[100.0]]), fundamentals=figures)
    assert filings.book_to_price(panel)[0, 0] == 0.5
    assert filings.earnings_yield(panel)[0, 0] == -0.02
    assert filings.gross_profitability(panel)[0, 0] == 0.05


def test_windows_when_compared_with_plain_loops_then_equal() -> None:
    values = np.random.default_rng(6).standard_normal((40, 2))
    values[10, 0] = np.nan
    for row in (5, 12, 39):
        window = values[max(0, row - 6) : row + 1]
        assert window_mean(values, 7, 1)[row] == pytest.approx(np.nanmean(window, axis=0))
        assert window_deviation(values, 7, 2)[row] == pytest.approx(np.nanstd(window, axis=0, ddof=1))
        assert window_maximum(values, 7, 1)[row] == pytest.approx(np.nanmax(window, axis=0))
    assert np.isnan(window_mean(values, 7, 7)[16, 0])
    assert np.isfinite(window_mean(values, 7, 7)[17, 0])
    assert np.isnan(lagged(values, 3)[:3]).all()


def test_label_when_computed_then_it_starts_at_the_next_close_and_ends_a_horizon_later() -> None:
    closes = 1000 * 1.01 ** np.arange(10.0)[:, None] * np.ones((1, 2))
    closes[3, 1] = np.nan
    returns = forward_returns(small_panel(closes), 4)
    assert returns[0, 0] == pytest.approx(1.01**4 - 1)
    assert np.isnan(returns[2, 1])  # it could not be bought at the next close
    assert np.isnan(returns[5:]).all()
    assert np.isfinite(returns[4, 0])


def test_label_when_a_stock_is_delisted_then_its_last_close_counts_and_its_liquidation_is_a_loss() -> None:
    closes = np.full((40, 2), 1000.0)
    closes[15:18, 0] = [300.0, 100.0, 50.0]
    closes[18:, 0] = np.nan
    returns = forward_returns(small_panel(closes), 20)
    assert returns[5, 0] == pytest.approx(-0.95)
    assert ranked_labels(small_panel(closes), 20)[5].tolist() == [-1.0, 1.0]


def test_label_when_a_stock_is_split_then_the_step_is_no_return() -> None:
    closes = np.full((40, 2), 1000.0)
    closes[15:, 0] = 200.0
    assert forward_returns(small_panel(closes), 20)[5, 0] == 0.0


def test_values_when_a_symbol_lacks_history_then_neutral_and_known_only_elsewhere() -> None:
    closes = np.exp(np.cumsum(np.random.default_rng(8).standard_normal((30, 4)) * 0.02, axis=0)) * 1000
    closes[:20, 3] = np.nan
    panel = small_panel(closes)
    feature = next(feature for feature in FEATURES if feature.name == "reversal_20")
    raw = raw_values(panel, (feature,))
    assert np.isfinite(raw[0, -1]).tolist() == [True, True, True, False]
    assert ranked_values(raw, panel)[-1, 3, 0] == 0


def test_signal_feature_when_asked_then_it_is_the_panels_own() -> None:
    panel = planted_panel(0.0, stocks=4, days=10)
    assert np.array_equal(signal_feature("planted").compute(panel), panel.signals["planted"])
