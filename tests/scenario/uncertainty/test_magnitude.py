import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from daybook.contracts.scenario import LogNormal90, Pert
from daybook.scenario.uncertainty import lognormal, pert
from daybook.scenario.uncertainty.errors import UncertaintyError
from daybook.scenario.uncertainty.magnitude import distribution_of, mean, quantile, sd

SPECS = [
    Pert(low=20, mode=100, high=900),
    Pert(low=-0.25, mode=-0.02, high=-0.005),
    Pert(low=0, mode=0, high=1, gamma=8),
    LogNormal90(low=1e5, high=1e6),
]


@pytest.mark.parametrize("spec", SPECS)
def test_quantile_when_integrated_over_uniforms_then_it_has_the_mean_and_sd(spec: Pert | LogNormal90) -> None:
    first = integrate.quad(lambda u: float(quantile(spec, u)), 0, 1, limit=200)[0]
    second = integrate.quad(lambda u: float(quantile(spec, u)) ** 2, 0, 1, limit=400)[0]
    assert first == pytest.approx(mean(spec), rel=1e-4)
    assert np.sqrt(second - first**2) == pytest.approx(sd(spec), rel=1e-2)


@pytest.mark.parametrize("spec", SPECS)
def test_quantile_when_inverted_then_the_uniform_comes_back_in_its_shape(spec: Pert | LogNormal90) -> None:
    uniforms = np.linspace(0.001, 0.999, 60).reshape(12, 5)
    values = quantile(spec, uniforms)
    assert values.shape == (12, 5)
    assert distribution_of(spec).distribution(values) == pytest.approx(uniforms, abs=1e-9)


@pytest.mark.parametrize("spec", SPECS)
def test_limited_mean_when_integrated_then_it_is_that_of_the_smaller(spec: Pert | LogNormal90) -> None:
    limit = float(quantile(spec, 0.7))
    capped = integrate.quad(lambda u: min(float(quantile(spec, u)), limit), 0, 1, points=[0.7], limit=200)[0]
    assert float(distribution_of(spec).limited_mean(limit)) == pytest.approx(capped, rel=1e-4)
    assert float(distribution_of(spec).limited_mean(float(quantile(spec, 1 - 1e-12)))) == pytest.approx(mean(spec))


def test_lognormal_when_given_an_interval_then_5_and_95_percent_lie_at_its_ends() -> None:
    assert quantile(LogNormal90(low=3, high=40), [0.05, 0.95]) == pytest.approx([3, 40], rel=1e-12)
    assert lognormal.from_interval(1, 10).second_moment == pytest.approx(
        lognormal.from_interval(1, 10).sd ** 2 + lognormal.from_interval(1, 10).mean ** 2
    )


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3).map(sorted), st.floats(0.5, 20))
def test_pert_when_of_any_shape_then_quantiles_stay_within_and_rise(shape: list[float], gamma: float) -> None:
    spec = Pert(low=shape[0], mode=shape[1], high=shape[2], gamma=gamma)
    values = quantile(spec, np.linspace(0, 1, 21))
    assert values.min() >= shape[0]
    assert values.max() <= shape[2]
    assert (np.diff(values) >= -1e-9 * (1 + abs(shape[2] - shape[0]))).all()
    assert mean(spec) == pytest.approx((shape[0] + gamma * shape[1] + shape[2]) / (gamma + 2), abs=1e-9)


def test_pert_when_conventions_differ_then_means_agree_and_tails_do_not() -> None:
    usual, fixed = pert.standard(20, 100, 900), pert.fixed_sd(20, 100, 900)
    assert usual.mean == pytest.approx(fixed.mean)
    assert fixed.sd == pytest.approx(880 / 6)
    assert float(usual.quantile(0.95)) == pytest.approx(490.22, rel=1e-4)
    assert float(fixed.quantile(0.95)) == pytest.approx(506.98, rel=1e-4)
    inside = stats.beta(usual.alpha, usual.beta, loc=20, scale=880)
    assert float(usual.quantile(0.3)) == pytest.approx(inside.ppf(0.3))


def test_magnitude_when_it_is_one_point_then_every_quantile_is_it() -> None:
    assert quantile(Pert(low=2, mode=2, high=2), [0, 0.5, 1]).tolist() == [2, 2, 2]
    assert quantile(LogNormal90(low=2, high=2), [0, 0.5, 1]) == pytest.approx([2, 2, 2])
    assert lognormal.from_interval(2, 2).distribution([1.9, 2.1]).tolist() == [0, 1]
    assert pert.standard(2, 2, 2).distribution([1.9, 2]).tolist() == [0, 1]
    assert sd(Pert(low=2, mode=2, high=2)) == 0
    assert pert.fixed_sd(2, 2, 2).mean == 2


def test_magnitude_when_parameters_name_nothing_then_the_field_is_named() -> None:
    with pytest.raises(UncertaintyError, match="mode"):
        pert.standard(3, 2, 1)
    with pytest.raises(UncertaintyError, match="gamma"):
        pert.standard(1, 2, 3, 0)
    with pytest.raises(UncertaintyError, match="gamma"):
        pert.fixed_sd(1, 2, 3, -1)
    with pytest.raises(UncertaintyError, match="low"):
        lognormal.from_interval(0, 1)
    with pytest.raises(UncertaintyError, match="probability"):
        quantile(SPECS[0], [0.5, 1.01])
    with pytest.raises(UncertaintyError, match="probability"):
        quantile(SPECS[3], [np.nan])
