import math

import numpy as np
import pytest
from scipy import integrate, stats

from daybook.risk.measures.errors import MeasureError
from daybook.risk.measures.normal import normal_tail, portfolio_sd, standard_shortfall
from daybook.risk.measures.student_t import standard_t_tail, student_t_tail


@pytest.mark.parametrize("alpha", [0.5, 0.9, 0.99, 0.9999])
def test_shortfall_when_integrated_then_it_is_the_closed_form(alpha: float) -> None:
    beyond = integrate.quad(lambda x: x * stats.norm.pdf(x), stats.norm.ppf(alpha), np.inf)[0] / (1 - alpha)
    assert standard_shortfall(alpha) == pytest.approx(beyond, rel=1e-8)


@pytest.mark.parametrize("degrees", [1.5, 3, 4, 30])
def test_t_tail_when_integrated_then_it_is_the_closed_form(degrees: float) -> None:
    quantile = stats.t.ppf(0.99, degrees)
    beyond = integrate.quad(lambda x: x * stats.t.pdf(x, degrees), quantile, np.inf)[0] / 0.01
    found = standard_t_tail(0.99, degrees)
    assert found.var == pytest.approx(quantile, rel=1e-10)
    assert found.cvar == pytest.approx(beyond, rel=1e-5)


def test_t_tail_when_degrees_are_many_then_it_is_the_normal_one() -> None:
    heavy, plain = student_t_tail(0.99, 0.02, 1e6, 0.001, 100), normal_tail(0.99, 0.02, 0.001, 100)
    assert heavy.var == pytest.approx(plain.var, rel=1e-4)
    assert heavy.cvar == pytest.approx(plain.cvar, rel=1e-4)


def test_normal_tail_when_the_horizon_grows_then_the_mean_scales_with_time_and_the_sd_with_its_root() -> None:
    found = normal_tail(0.99, 0.02, mean=0.001, value=1e6, periods=16)
    assert found.var == pytest.approx(1e6 * (2.3263478740408408 * 0.08 - 0.016))


def test_portfolio_sd_when_positions_hedge_each_other_then_it_is_zero() -> None:
    assert portfolio_sd([100, -100], [0.02, 0.02], 1.0) == pytest.approx(0, abs=1e-9)
    assert portfolio_sd([3, 4], [1, 1], 0.0) == pytest.approx(5)
    assert portfolio_sd([3, 4], [1, 1], [[1, 0.5], [0.5, 1]]) == pytest.approx(math.sqrt(37))


def test_portfolio_sd_when_correlations_are_those_of_nothing_then_they_are_refused() -> None:
    with pytest.raises(MeasureError, match="negative eigenvalue"):
        portfolio_sd([1, 1, 1], [1, 1, 1], -0.9)
    with pytest.raises(MeasureError, match="within -1 and 1"):
        portfolio_sd([1, 1], [1, 1], 1.5)
    with pytest.raises(MeasureError, match="2 by 2"):
        portfolio_sd([1, 1], [1, 1], [[1.0]])


def test_closed_forms_when_arguments_are_none_then_they_are_named() -> None:
    with pytest.raises(MeasureError, match="sd"):
        normal_tail(0.9, -1)
    with pytest.raises(MeasureError, match="periods"):
        normal_tail(0.9, 1, periods=0)
    with pytest.raises(MeasureError, match="above 2"):
        student_t_tail(0.9, 1, 2)
    with pytest.raises(MeasureError, match="above 1"):
        standard_t_tail(0.9, 1)
