import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.scenario.optimise.tail import measure_tail


def test_tail_when_level_falls_inside_an_atom_then_the_atom_is_split():
    found = measure_tail(np.arange(1.0, 7.0), 7 / 12)
    assert (found.var, found.cvar) == (4.0, pytest.approx(5.2, abs=1e-12))
    assert found.shares.sum() == pytest.approx(1)


def test_tail_when_probabilities_are_given_then_they_count():
    found = measure_tail(np.array([10.0, 1.0]), 0.975, np.array([0.02, 0.98]))
    assert (found.var, found.cvar) == (1.0, pytest.approx(8.2, abs=1e-12))


def test_tail_when_level_is_one_then_the_worst_possible_scenario_is_it():
    assert measure_tail(np.array([3.0, 9.0, 5.0]), 1.0, np.array([0.5, 0.0, 0.5])).cvar == 5.0


@given(st.integers(0, 10_000), st.integers(1, 60), st.floats(0.01, 0.995), st.booleans())
def test_tail_when_losses_are_random_then_cvar_is_the_minimum_of_rockafellar_and_uryasev(seed, count, level, weighted):
    random = np.random.default_rng(seed)
    losses = np.round(random.normal(size=count), 1)
    odds = random.dirichlet(np.ones(count)) if weighted else np.full(count, 1 / count)
    found = measure_tail(losses, level, odds if weighted else None)
    values = [edge + odds @ np.maximum(losses - edge, 0) / (1 - level) for edge in losses]
    assert found.cvar == pytest.approx(min(values), abs=1e-9)
    assert odds[losses <= found.var].sum() >= level - 1e-9
