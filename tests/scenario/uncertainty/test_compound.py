import numpy as np
import pytest

from daybook.contracts.scenario import LogNormal90, Pert
from daybook.scenario.uncertainty.compound import annual_loss
from daybook.scenario.uncertainty.errors import UncertaintyError
from daybook.scenario.uncertainty.magnitude import distribution_of

RARE = annual_loss([(0.1, LogNormal90(low=1e5, high=1e6))])


def test_rare_loss_when_compounded_then_it_is_not_the_product_of_rate_and_magnitude() -> None:
    assert RARE.mean == pytest.approx(40400.128269457266, rel=1e-12)
    assert RARE.sd == pytest.approx(163217.036, rel=1e-8)
    assert float(RARE.exceedance(1e6)) == pytest.approx(0.005737, abs=3e-6)


def test_exceedance_when_simulated_then_it_agrees_within_four_errors() -> None:
    spec, rate = Pert(low=20, mode=100, high=900), 2.5
    generator = np.random.default_rng(1)
    counts = generator.poisson(rate, 60_000)
    sizes = distribution_of(spec).quantile(generator.random(int(counts.sum())))
    ends = np.cumsum(counts)
    running = np.concatenate(([0.0], np.cumsum(sizes)))
    sums = running[ends] - running[ends - counts]
    loss = annual_loss([(rate, spec)])
    for threshold in (0.0, 200.0, 1_000.0, 2_000.0):
        exact = float(loss.exceedance(threshold))
        error = np.sqrt(exact * (1 - exact) / sums.size)
        assert abs((sums > threshold).mean() - exact) <= 4 * error
    tail = np.sort(sums)[int(0.95 * sums.size) :]
    assert loss.conditional_value_at_risk(0.95) == pytest.approx(tail.mean(), rel=0.01)


def test_exceedance_when_at_most_one_event_matters_then_it_is_that_of_the_magnitude() -> None:
    rate, size = 1e-4, LogNormal90(low=1, high=10)
    loss = annual_loss([(rate, size)])
    alone = 1 - float(distribution_of(size).distribution(5.0))
    assert float(loss.exceedance(5.0)) == pytest.approx(rate * alone, rel=1e-3)
    assert float(loss.exceedance(0.0)) == pytest.approx(-np.expm1(-rate))
    assert float(loss.exceedance(-1.0)) == 1


def test_exceedance_when_events_are_many_then_it_is_normal() -> None:
    loss = annual_loss([(4_000.0, Pert(low=1, mode=2, high=3))])
    assert float(loss.exceedance(loss.mean + loss.sd)) == pytest.approx(0.1587, abs=3e-3)
    assert loss.value_at_risk(0.95) == pytest.approx(loss.mean + 1.645 * loss.sd, rel=1e-3)


def test_quantile_when_inverted_then_the_chance_comes_back_and_rare_losses_have_none() -> None:
    at = RARE.value_at_risk(0.99)
    assert float(RARE.exceedance(at)) == pytest.approx(0.01, rel=1e-6)
    assert RARE.value_at_risk(0.5) == 0
    assert RARE.conditional_value_at_risk(0.5) == pytest.approx(2 * RARE.mean)
    assert RARE.conditional_value_at_risk(0.99) > at


def test_cvar_when_averaged_over_quantiles_then_it_is_their_mean() -> None:
    levels = 0.95 + 0.05 * (np.arange(60) + 0.5) / 60
    quantiles = [RARE.value_at_risk(float(level)) for level in levels]
    assert RARE.conditional_value_at_risk(0.95) == pytest.approx(np.mean(quantiles), rel=0.02)


def test_kinds_when_added_then_means_and_variances_add_up() -> None:
    both = annual_loss([(0.1, LogNormal90(low=1e5, high=1e6)), (3, Pert(low=0, mode=1e4, high=5e4))])
    other = annual_loss([(3, Pert(low=0, mode=1e4, high=5e4))])
    assert both.mean == pytest.approx(RARE.mean + other.mean)
    assert both.sd**2 == pytest.approx(RARE.sd**2 + other.sd**2)
    assert both.rate == pytest.approx(3.1)
    assert (both.exceedance([1e5, 1e6]) >= np.maximum(RARE.exceedance([1e5, 1e6]), other.exceedance([1e5, 1e6]))).all()


def test_annual_loss_when_parameters_name_nothing_then_the_field_is_named() -> None:
    with pytest.raises(UncertaintyError, match="rate"):
        annual_loss([(-1, Pert(low=0, mode=1, high=2))])
    with pytest.raises(UncertaintyError, match="magnitude"):
        annual_loss([(1, Pert(low=-1, mode=1, high=2))])
    with pytest.raises(UncertaintyError, match="events"):
        annual_loss([])
    with pytest.raises(UncertaintyError, match="alpha"):
        RARE.value_at_risk(1.0)
