import numpy as np
import pytest

from daybook.risk.measures.contributions import cvar_contributions, normal_cvar_contributions
from daybook.risk.measures.errors import MeasureError
from daybook.risk.measures.normal import normal_tail
from daybook.risk.measures.tail import tail


@pytest.mark.parametrize("alpha", [0.8, 0.95, 0.9731, 0.999])
@pytest.mark.parametrize("weighted", [False, True])
def test_contributions_when_summed_then_they_are_the_cvar_of_the_sum(alpha: float, weighted: bool) -> None:
    generator = np.random.default_rng(1)
    components = generator.standard_t(4, (3_001, 12)) * 1e6
    probabilities = generator.random(3_001) if weighted else None
    if probabilities is not None:
        probabilities /= probabilities.sum()
    shares = cvar_contributions(components, alpha, probabilities)
    whole = tail(components.sum(axis=1), alpha, probabilities).cvar
    assert abs(shares.sum() - whole) <= 1e-9 * abs(whole)


def test_contributions_when_losses_are_tied_then_the_order_of_scenarios_does_not_matter() -> None:
    components = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    assert cvar_contributions(components, 0.75).tolist() == pytest.approx([0.5, 0.5])
    assert cvar_contributions(components[::-1], 0.75).tolist() == pytest.approx([0.5, 0.5])


def test_normal_contributions_when_summed_then_they_are_the_closed_form_and_simulation_agrees() -> None:
    mean, sd = np.array([0.01, 0.0]), np.array([[0.04, 0.01], [0.01, 0.02]])
    weights = np.array([0.7, 0.3])
    shares = normal_cvar_contributions(weights, mean, sd, 0.9)
    spread = float(np.sqrt(weights @ sd @ weights))
    assert shares.sum() == pytest.approx(normal_tail(0.9, spread, float(weights @ mean)).cvar, rel=1e-12)
    draws = np.random.default_rng(2).multivariate_normal(mean, sd, 200_000)
    assert cvar_contributions(-draws * weights, 0.9) == pytest.approx(shares, abs=3e-3)


def test_contributions_when_shapes_are_wrong_then_they_are_named() -> None:
    with pytest.raises(MeasureError, match="component_losses"):
        cvar_contributions([1.0, 2.0], 0.9)
    with pytest.raises(MeasureError, match="covariance"):
        normal_cvar_contributions([1.0], [0.0], [[1.0, 0.0]], 0.9)
    with pytest.raises(MeasureError, match="no variance"):
        normal_cvar_contributions([1.0], [0.0], [[0.0]], 0.9)
