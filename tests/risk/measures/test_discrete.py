import numpy as np
import pytest
from scipy import stats

from daybook.risk.measures import discrete as module
from daybook.risk.measures.discrete import discrete
from daybook.risk.measures.errors import MeasureError


def test_copies_when_summed_then_they_are_binomial() -> None:
    found = discrete([1, 0], [0.3, 0.7]).copies(9)
    assert found.losses.tolist() == list(range(10))
    assert found.probabilities == pytest.approx(stats.binom.pmf(np.arange(10), 9, 0.3), abs=1e-14)


def test_two_projects_when_joined_then_var_grows_beyond_their_sum_and_shortfall_does_not() -> None:
    one = discrete([10, 1], [0.02, 0.98])
    both = one.copies(2)
    assert both.tail(0.975).var > 2 * one.tail(0.975).var
    assert both.tail(0.975).cvar < 2 * one.tail(0.975).cvar


def test_shortfall_when_any_two_are_joined_then_it_is_subadditive() -> None:
    generator = np.random.default_rng(3)
    for _ in range(40):
        one, other = (discrete(generator.integers(0, 9, 5), generator.dirichlet(np.ones(5))) for _ in range(2))
        alpha = float(generator.uniform(0.05, 0.98))
        joined = one.plus(other).tail(alpha).cvar
        assert joined <= one.tail(alpha).cvar + other.tail(alpha).cvar + 1e-9


def test_sum_when_rounding_splits_equal_losses_then_they_are_one_atom() -> None:
    assert discrete([0.1, 0.2]).copies(3).losses.size == 4


def test_moments_when_summed_then_means_and_variances_add_up() -> None:
    one = discrete([1, 5, 20], [0.5, 0.4, 0.1])
    assert one.copies(5).mean == pytest.approx(5 * one.mean)
    assert one.copies(5).sd == pytest.approx(5**0.5 * one.sd)


def test_sum_when_it_has_too_many_atoms_or_copies_make_no_sense_then_it_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_ATOMS", 8)
    with pytest.raises(MeasureError, match="atoms"):
        discrete([1, 2, 4]).copies(2)
    with pytest.raises(MeasureError, match="count"):
        discrete([1]).copies(0)
