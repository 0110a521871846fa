import pytest
from scipy import stats

from daybook.scenario.uncertainty.errors import UncertaintyError
from daybook.scenario.uncertainty.rates import rate_from_counts


@pytest.mark.parametrize(("events", "years"), [(3, 10.0), (0, 20.0), (5, 5.0), (120, 44.0)])
def test_rate_when_compared_with_scipy_then_it_is_gamma_and_predicts_a_negative_binomial(
    events: int, years: float
) -> None:
    found, gamma = rate_from_counts(events, years), stats.gamma(events + 0.5, scale=1 / years)
    assert found.mean == pytest.approx(gamma.mean())
    assert found.sd == pytest.approx(gamma.std())
    assert found.interval(0.9) == pytest.approx((gamma.ppf(0.05), gamma.ppf(0.95)))
    predicted = stats.nbinom(events + 0.5, years / (years + 2))
    assert found.chance_of_any(2) == pytest.approx(1 - predicted.pmf(0))
    assert found.chance_of(3, 2) == pytest.approx(predicted.pmf(3))


def test_rate_when_observed_further_then_it_is_as_if_observed_at_once() -> None:
    assert rate_from_counts(2, 3).after(1, 4) == rate_from_counts(3, 7)


def test_rate_when_outages_of_a_broker_are_counted_then_it_is_the_published_one() -> None:
    found = rate_from_counts(5, 5)
    assert found.mean == pytest.approx(1.1)
    assert found.interval() == pytest.approx((0.46, 1.97), abs=0.01)


def test_rate_when_arguments_name_nothing_then_they_are_named() -> None:
    with pytest.raises(UncertaintyError, match="events"):
        rate_from_counts(-1, 1)
    with pytest.raises(UncertaintyError, match="years"):
        rate_from_counts(1, 0)
    with pytest.raises(UncertaintyError, match="prior_shape"):
        rate_from_counts(1, 1, 0)
    with pytest.raises(UncertaintyError, match="count"):
        rate_from_counts(1, 1).chance_of(-1)
    with pytest.raises(UncertaintyError, match="probability"):
        rate_from_counts(1, 1).quantile(1.0)
