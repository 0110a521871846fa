import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.scenario.uncertainty import gordon_loeb as module
from daybook.scenario.uncertainty.errors import UncertaintyError
from daybook.scenario.uncertainty.gordon_loeb import best_investment, class_one, class_two

SHARES, LOSSES = st.floats(0.01, 0.99), st.floats(1e4, 1e10)


@settings(max_examples=60, deadline=None)
@given(SHARES, LOSSES, st.floats(1e-7, 1e-3), st.floats(1, 5))
def test_class_one_when_searched_numerically_then_the_closed_form_is_the_best(
    v: float, loss: float, alpha: float, beta: float
) -> None:
    exact = class_one(v, loss, alpha, beta)
    searched = best_investment(loss, module.class_one_breach(v, alpha, beta))
    assert exact.net_benefit >= searched.net_benefit - 1e-9 * v * loss
    assert searched.spend == pytest.approx(exact.spend, rel=1e-4, abs=1e-6 * v * loss)
    assert exact.spend <= module.class_one_max_ratio(beta) * v * loss * (1 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(SHARES, LOSSES, st.floats(1e-7, 1e-3))
def test_class_two_when_searched_numerically_then_the_closed_form_is_the_best(
    v: float, loss: float, alpha: float
) -> None:
    exact = class_two(v, loss, alpha)
    searched = best_investment(loss, module.class_two_breach(v, alpha))
    assert exact.net_benefit >= searched.net_benefit - 1e-9 * v * loss
    assert searched.spend == pytest.approx(exact.spend, rel=1e-4, abs=1e-6 * v * loss)
    assert exact.spend <= v * loss / math.e * (1 + 1e-9)


def test_class_two_when_k_v_l_is_e_then_spending_is_one_part_in_e() -> None:
    v, alpha = 0.4, 1e-5
    loss = math.e / (v * -alpha * math.log(v))
    assert class_two(v, loss, alpha).spend / (v * loss) == pytest.approx(1 / math.e, rel=1e-12)


def test_investment_when_it_does_not_pay_then_nothing_is_spent() -> None:
    assert class_one(0.1, 4e5, 1e-5, 1).spend == 0
    assert class_two(0.99, 1e6, 1e-5) == module.Investment(0.0, 0.0, 0.99)
    assert class_two(1.0, 1e6, 1e-5).spend == 0
    assert class_two(0.0, 1e6, 1e-5).spend == 0
    assert best_investment(0.0, lambda spend: 0.5).spend == 0
    assert best_investment(1e6, lambda spend: 0.5).spend == pytest.approx(0, abs=1)


def test_best_investment_when_the_breach_falls_in_a_step_then_the_step_is_found() -> None:
    found = best_investment(1e6, lambda spend: 0.1 if spend >= 120_000 else 0.9)
    assert found.spend == pytest.approx(120_000, rel=0.02)
    assert found.residual_probability == 0.1


def test_class_one_ratio_when_beta_grows_then_it_nears_one_part_in_e_from_below() -> None:
    ratios = [module.class_one_max_ratio(beta) for beta in (1, 2, 10, 1_000)]
    assert ratios[0] == 0.25
    assert all(np.diff(ratios) > 0)
    assert ratios[-1] < 1 / math.e


def test_alarm_when_spending_passes_one_part_in_e_then_it_rings() -> None:
    assert module.spending_alarm(120_000).cap == pytest.approx(44_145.53294)
    assert module.spending_alarm(120_000, 44_146).rings
    assert not module.spending_alarm(120_000, 44_145).rings
    assert module.spending_alarm(0, 1).share == math.inf
    assert module.spending_alarm(0, 0).share == 0


def test_investment_when_arguments_name_nothing_then_they_are_named() -> None:
    with pytest.raises(UncertaintyError, match="vulnerability"):
        class_one(1.1, 1, 1, 1)
    with pytest.raises(UncertaintyError, match="beta"):
        class_one(0.5, 1, 1, 0.5)
    with pytest.raises(UncertaintyError, match="alpha"):
        class_two(0.5, 1, 0)
    with pytest.raises(UncertaintyError, match="loss"):
        class_two(0.5, -1, 1)
    with pytest.raises(UncertaintyError, match="beta"):
        module.class_one_max_ratio(0.5)
    with pytest.raises(UncertaintyError, match="expected_loss"):
        module.spending_alarm(-1)
