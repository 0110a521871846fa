"""Risk measures and backtests with other inputs: RM-02 to RM-13."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from daybook.risk.measures import (
    contributions,
    drawdown,
    entropic,
    normal,
    student_t,
    tail,
    traffic_light,
    var_backtest,
)
from daybook.risk.measures.discrete import discrete
from daybook.risk.measures.errors import MeasureError

LEVELS = (0.9, 0.95, 0.975, 0.99, 0.995, 0.999)


def normal_value_at_risk_over_horizons() -> None:
    """Hull: AT&T, 5 million, 1 % a day; and with a mean that grows with time."""
    assert normal.normal_tail(0.99, 0.01, value=5_000_000).var == pytest.approx(116_317.39, abs=0.01)
    for alpha in LEVELS:
        score = stats.norm.ppf(alpha)
        found = normal.normal_tail(alpha, 0.013, 0.0004, 2.5e7, 7)
        assert found.var == pytest.approx(2.5e7 * (score * 0.013 * math.sqrt(7) - 0.0028), rel=1e-9)
        beyond = stats.norm.pdf(score) / (1 - alpha)
        assert found.cvar == pytest.approx(2.5e7 * (beyond * 0.013 * math.sqrt(7) - 0.0028), rel=1e-9)


def two_assets_diversify() -> None:
    """Hull's Microsoft and AT&T, correlation 0.3: 1,620,114 over ten days, 219,369 less than apart (rounded there)."""
    together = normal.portfolio_sd([10_000_000, 5_000_000], [0.02, 0.01], 0.3)
    assert together == pytest.approx(220_227.155, abs=0.001)
    var = normal.normal_tail(0.99, together, periods=10).var
    apart = [normal.normal_tail(0.99, sd, value=held, periods=10).var for held, sd in ((1e7, 0.02), (5e6, 0.01))]
    assert var == pytest.approx(1_620_113.823, abs=0.01)
    assert sum(apart) - var == pytest.approx(219_026.3, abs=1)
    short = normal.portfolio_sd([1e7, -5e6], [0.02, 0.01], [[1, 0.3], [0.3, 1]])
    assert short**2 == pytest.approx(4e10 + 2.5e9 - 2 * 0.3 * 2e5 * 5e4)


def component_values_at_risk_add_up() -> None:
    """Jorion: 2 million in CAD at 5 %, 1 million in EUR at 12 %, uncorrelated: 105,630 and 152,108 make 257,738."""
    held, covariance = [2e6, 1e6], [[0.05**2, 0], [0, 0.12**2]]
    parts = contributions.normal_var_contributions(held, [0, 0], covariance, 0.95)
    score = stats.norm.ppf(0.95)
    assert parts.sum() == pytest.approx(score * math.hypot(1e5, 1.2e5), rel=1e-12)
    assert parts == pytest.approx(np.array([105_630, 152_108]), rel=4e-3)
    step = 1e-4
    more = normal.portfolio_sd([2e6 + step, 1e6], [0.05, 0.12], 0) - normal.portfolio_sd(held, [0.05, 0.12], 0)
    assert parts[0] / 2e6 == pytest.approx(score * more / step, rel=1e-4)


def lognormal_losses_end_at_the_value() -> None:
    for alpha, sd, mean, days in ((0.95, 0.02, 0.0005, 10), (0.99, 0.3, 0.05, 1), (0.999, 0.03, -0.001, 250)):
        price = stats.lognorm(sd * math.sqrt(days), scale=math.exp(mean * days))
        low = price.ppf(1 - alpha)
        found = normal.lognormal_tail(alpha, sd, mean, 1e6, days)
        below = price.expect(lambda x: x, lb=0, ub=low) / (1 - alpha)
        assert found.var == pytest.approx(1e6 * (1 - low), rel=1e-9)
        assert found.cvar == pytest.approx(1e6 * (1 - below), rel=1e-6)
        assert found.cvar < 1e6


def modified_value_at_risk() -> None:
    """Without skew and excess it is the normal one; at 99 % with skew -0.5 and kurtosis 5 it is 3.1 % of an sd 1 %."""
    assert normal.cornish_fisher_var(0.99, 0.02, 0, 3, 0.001) == pytest.approx(
        normal.normal_tail(0.99, 0.02, 0.001).var
    )
    z, skew, excess = -2.3263478740408408, -0.5, 2.0
    series = z + (z * z - 1) / 6 * skew + (z**3 - 3 * z) / 24 * excess - (2 * z**3 - 5 * z) / 36 * skew**2
    assert normal.cornish_fisher_var(0.99, 0.01, skew, 5) == pytest.approx(-0.01 * series, rel=1e-12)


def student_tails() -> None:
    for alpha, degrees in itertools.product(LEVELS, (2.5, 3, 5, 8, 30, 1e4)):
        scale = 0.02 * math.sqrt((degrees - 2) / degrees)
        score = stats.t.ppf(alpha, degrees)
        beyond = stats.t.pdf(score, degrees) / (1 - alpha) * (degrees + score**2) / (degrees - 1)
        found = student_t.student_t_tail(alpha, 0.02, degrees, 0.001, 50)
        assert found.var == pytest.approx(50 * (scale * score - 0.001), rel=1e-9)
        assert found.cvar == pytest.approx(50 * (scale * beyond - 0.001), rel=1e-9)


def discrete_tails_split_the_atom() -> None:
    """CVaR is the least of a + E[(L - a)+] / (1 - alpha) over the atoms, whatever level, ties and probabilities."""
    generator = np.random.default_rng(4)
    for _ in range(200):
        size = int(generator.integers(1, 12))
        losses, odds = generator.integers(-5, 6, size).astype(float), generator.dirichlet(np.ones(size))
        alpha = float(generator.choice([1 / 3, 0.5, 7 / 12, 0.9, 0.95, 0.99]))
        least = min(a + float(odds @ np.maximum(losses - a, 0)) / (1 - alpha) for a in losses)
        assert tail.conditional_value_at_risk(losses, alpha, odds) == pytest.approx(least, abs=1e-9)
        assert tail.tail_weights(losses, alpha, odds) @ losses == pytest.approx(least, abs=1e-9)
        order = np.argsort(losses)
        first = order[np.flatnonzero(np.cumsum(odds[order]) >= alpha - 1e-12)[0]]
        assert tail.value_at_risk(losses, alpha, odds) == losses[first]


def quantile_of_equal_scenarios_is_not_one_off() -> None:
    generator = np.random.default_rng(5)
    for size, alpha, rank in (
        (10_000, 0.95, 9_500),
        (1_000, 0.99, 990),
        (250, 0.99, 248),
        (252, 0.95, 240),
        (20, 0.95, 19),
    ):
        losses = generator.normal(size=size)
        assert tail.value_at_risk(losses, alpha) == np.sort(losses)[rank - 1]


def three_projects_by_convolution() -> None:
    """Three independent loans: 1.5 % lose 10, else a gain of 0.2; every sum tried."""
    one = discrete([10, -0.2], [0.015, 0.985])
    many = one.copies(3)
    sums = {round(10 * k - 0.2 * (3 - k), 9): stats.binom.pmf(k, 3, 0.015) for k in range(4)}
    losses, odds = np.array(list(sums)), np.array(list(sums.values()))
    for alpha in (0.9, 0.95, 0.99):
        assert many.tail(alpha).cvar == pytest.approx(tail.conditional_value_at_risk(losses, alpha, odds), rel=1e-9)
        assert many.tail(alpha).cvar <= 3 * one.tail(alpha).cvar + 1e-9
    assert many.tail(0.99).var > 3 * one.tail(0.984).var


def kupiec_at_both_ends() -> None:
    for exceptions, days, odds in ((0, 250, 0.01), (1, 250, 0.01), (9, 250, 0.01), (7, 255, 0.05), (250, 250, 0.01)):
        share = exceptions / days
        free = stats.binom.logpmf(exceptions, days, share)
        statistic = 2 * (free - stats.binom.logpmf(exceptions, days, odds))
        found = var_backtest.kupiec(exceptions, days, odds)
        assert found.statistic == pytest.approx(statistic, rel=1e-9)
        assert found.p_value == pytest.approx(stats.chi2.sf(statistic, 1), rel=1e-9)


def christoffersen_on_clusters() -> None:
    """Jorion, ch. 6: of 252 days 20 were exceptions, 6 of them after one: LR of independence 9.53."""
    counts = var_backtest.Transitions(218, 14, 14, 6)
    found = var_backtest.christoffersen_independence(counts)
    assert found.statistic == pytest.approx(9.53, abs=0.01)
    assert found.rejects(0.05)
    joint = var_backtest.conditional_coverage_of_counts(counts, 0.05)
    assert joint.statistic == pytest.approx(3.91 + 9.53, abs=0.02)
    assert joint.p_value == pytest.approx(stats.chi2.sf(joint.statistic, 2))
    assert var_backtest.christoffersen_independence(var_backtest.Transitions(249, 0, 0, 0)).statistic == 0


def basel_zones_for_other_samples() -> None:
    for days, odds in ((250, 0.01), (500, 0.01), (250, 0.025), (1_000, 0.01), (100, 0.05)):
        found = traffic_light.zones(days, odds)
        chances = stats.binom.cdf(np.arange(days + 1), days, odds)
        assert found.yellow_from == int(np.argmax(chances >= 0.95))
        assert found.red_from == int(np.argmax(chances >= 0.9999))
    multipliers = [traffic_light.capital_multiplier(count) for count in (0, 4, 5, 6, 7, 8, 9, 10, 30)]
    assert multipliers == [3, 3, 3.4, 3.5, 3.65, 3.75, 3.85, 4, 4]
    with pytest.raises(MeasureError, match="exceptions"):
        traffic_light.capital_multiplier(-1)


def entropic_bounds() -> None:
    """For normal losses EVaR is mean + sd sqrt(-2 ln(1 - alpha)); it is never below CVaR."""
    scores = stats.norm.ppf((np.arange(40_000) + 0.5) / 40_000)
    for alpha in (0.9, 0.95):
        found = entropic.entropic_value_at_risk(0.01 + 0.02 * scores, alpha)
        assert found == pytest.approx(0.01 + 0.02 * math.sqrt(-2 * math.log(1 - alpha)), rel=3e-3)
        assert found >= tail.conditional_value_at_risk(0.01 + 0.02 * scores, alpha)


def drawdowns_by_hand() -> None:
    assert drawdown.max_drawdown([100, 120, 90, 95, 130, 65, 140]) == pytest.approx(0.5)
    assert drawdown.max_drawdown_of_returns([0.1, -0.5, 0.2]) == pytest.approx(0.5)
    assert drawdown.ulcer_index(drawdown.drawdowns([100, 50, 100])) == pytest.approx(math.sqrt(0.25 / 3))


def a_percentage_is_refused_as_a_level() -> None:
    with pytest.raises(MeasureError, match=r"alpha must lie between 0 and 1 \(0.95"):
        normal.normal_tail(95, 0.01)


CHECKS = (
    normal_value_at_risk_over_horizons,
    two_assets_diversify,
    component_values_at_risk_add_up,
    lognormal_losses_end_at_the_value,
    modified_value_at_risk,
    student_tails,
    discrete_tails_split_the_atom,
    quantile_of_equal_scenarios_is_not_one_off,
    three_projects_by_convolution,
    kupiec_at_both_ends,
    christoffersen_on_clusters,
    basel_zones_for_other_samples,
    entropic_bounds,
    drawdowns_by_hand,
    a_percentage_is_refused_as_a_level,
)
