import numpy as np
import pytest
from scipy import stats

from daybook.risk.measures.errors import MeasureError
from daybook.risk.measures.traffic_light import Zone, cumulative_probability, zone, zones
from daybook.risk.measures.var_backtest import (
    Transitions,
    christoffersen_independence,
    conditional_coverage,
    conditional_coverage_of_counts,
    kupiec,
    transitions,
)


def test_kupiec_when_compared_with_binomial_likelihoods_then_it_is_their_ratio() -> None:
    for count, days, p in ((20, 252, 0.05), (1, 255, 0.01), (17, 1_000, 0.01)):
        ratio = stats.binom.logpmf(count, days, count / days) - stats.binom.logpmf(count, days, p)
        found = kupiec(count, days, p)
        assert found.statistic == pytest.approx(2 * ratio, rel=1e-9)
        assert found.p_value == pytest.approx(stats.chi2.sf(2 * ratio, 1), rel=1e-9)


def test_kupiec_when_no_or_every_day_is_an_exception_then_it_is_finite() -> None:
    assert kupiec(0, 250, 0.01).statistic == pytest.approx(-500 * np.log(0.99))
    assert kupiec(250, 250, 0.01).statistic == pytest.approx(-500 * np.log(0.01))


def test_kupiec_when_exceptions_are_as_said_then_it_is_zero() -> None:
    assert kupiec(5, 100, 0.05).statistic == 0
    assert not kupiec(5, 100, 0.05).rejects()


def test_transitions_when_counted_then_each_pair_of_days_counts_once() -> None:
    assert transitions([0, 0, 1, 1, 0, 1]) == Transitions(1, 2, 1, 1)


def test_independence_when_exceptions_cluster_then_it_rejects_and_when_they_do_not_it_does_not() -> None:
    clustered = [1] * 8 + [0] * 242
    spread = ([0] * 30 + [1]) * 8 + [0, 0]
    assert christoffersen_independence(transitions(clustered)).rejects(0.001)
    assert not christoffersen_independence(transitions(spread)).rejects(0.05)


def test_independence_when_there_is_no_exception_then_nothing_speaks_against_it() -> None:
    found = christoffersen_independence(transitions([0] * 100))
    assert (found.statistic, found.p_value) == (0, 1)


def test_conditional_coverage_when_split_then_it_is_both_statistics_with_two_degrees() -> None:
    days = [int(u < 0.06) for u in np.random.default_rng(5).random(500)]
    both = conditional_coverage(days, 0.05)
    parts = kupiec(sum(days), 500, 0.05).statistic + christoffersen_independence(transitions(days)).statistic
    assert both.degrees == 2
    assert both.statistic == pytest.approx(parts)
    assert both.p_value == pytest.approx(np.exp(-parts / 2))


def test_conditional_coverage_when_only_counts_are_known_then_it_is_that_of_the_pairs() -> None:
    counts = Transitions(900, 40, 38, 22)
    parts = kupiec(62, 1_000, 0.05).statistic + christoffersen_independence(counts).statistic
    assert conditional_coverage_of_counts(counts, 0.05).statistic == pytest.approx(parts)


def test_traffic_light_when_of_250_days_at_99_percent_then_zones_are_basels() -> None:
    assert (zones().yellow_from, zones().red_from) == (5, 10)
    assert [zone(count) for count in (0, 4, 5, 9, 10, 250)] == [
        Zone.GREEN, Zone.GREEN, Zone.YELLOW, Zone.YELLOW, Zone.RED, Zone.RED,
    ]  # fmt: skip
    assert cumulative_probability(4) == pytest.approx(stats.binom.cdf(4, 250, 0.01))


def test_backtests_when_arguments_are_none_then_they_are_named() -> None:
    with pytest.raises(MeasureError, match="exceptions"):
        kupiec(5, 4, 0.01)
    with pytest.raises(MeasureError, match="probability"):
        kupiec(1, 4, 1.0)
    with pytest.raises(MeasureError, match="two days"):
        transitions([1])
    with pytest.raises(MeasureError, match="transitions"):
        Transitions(0, 0, 0, 0)
    with pytest.raises(MeasureError, match="days"):
        zone(1, 0)
