import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.risk.measures.errors import MeasureError
from daybook.risk.measures.tail import conditional_value_at_risk, tail, tail_weights, value_at_risk

LOSSES = st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=40)
ALPHAS = st.floats(0.01, 0.99)


def test_tail_when_alpha_falls_inside_an_atom_then_the_atom_is_split() -> None:
    found = tail([1, 2, 3, 4, 5, 6], 7 / 12)
    assert found.var == 4
    assert found.cvar == pytest.approx(1 / 5 * 4 + 2 / 5 * 5 + 2 / 5 * 6, abs=1e-12)


def test_tail_when_alpha_is_a_whole_number_of_scenarios_then_rounding_does_not_move_the_quantile() -> None:
    losses = np.arange(10_000.0)
    for alpha in (0.9, 0.95, 0.975, 0.99, 0.999):
        whole = round(alpha * 10_000)
        assert value_at_risk(losses, alpha) == whole - 1
        assert tail(losses, alpha).cvar == pytest.approx((whole + 9_999) / 2, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(losses=LOSSES, alpha=ALPHAS)
def test_tail_when_probabilities_are_equal_then_it_is_that_without_them(losses: list[float], alpha: float) -> None:
    plain, weighted = tail(losses, alpha), tail(losses, alpha, np.full(len(losses), 1 / len(losses)))
    assert plain.var == weighted.var
    assert plain.cvar == pytest.approx(weighted.cvar, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(losses=LOSSES, alpha=ALPHAS)
def test_cvar_when_written_as_a_minimum_over_thresholds_then_no_threshold_is_lower(
    losses: list[float], alpha: float
) -> None:
    values = np.array(losses)
    bounds = [a + np.maximum(values - a, 0).mean() / (1 - alpha) for a in values]
    assert conditional_value_at_risk(losses, alpha) == pytest.approx(min(bounds), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(losses=LOSSES, alpha=ALPHAS)
def test_tail_weights_when_applied_then_they_give_cvar_and_favour_no_equal_loss(
    losses: list[float], alpha: float
) -> None:
    weights = tail_weights(losses, alpha)
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert float(weights @ np.array(losses)) == pytest.approx(conditional_value_at_risk(losses, alpha), abs=1e-9)
    for value in set(losses):
        assert len({round(float(w), 12) for w, loss in zip(weights, losses, strict=True) if loss == value}) == 1


def test_tail_when_probabilities_differ_then_heavy_scenarios_count_more() -> None:
    found = tail([0, 10, 100], 0.95, [0.9, 0.06, 0.04])
    assert (found.var, found.cvar) == (10, pytest.approx(82))


@pytest.mark.parametrize(
    ("losses", "alpha", "probabilities", "word"),
    [
        ([1.0], 1.0, None, "alpha"),
        ([1.0], 0.0, None, "alpha"),
        ([], 0.9, None, "losses"),
        ([1.0, np.nan], 0.9, None, "finite"),
        ([1.0, 2.0], 0.9, [0.5, 0.4], "sum to 1"),
        ([1.0, 2.0], 0.9, [1.5, -0.5], "negative"),
        ([1.0, 2.0], 0.9, [1.0], "2"),
    ],
)
def test_tail_when_an_argument_is_none_then_it_is_named(
    losses: list[float], alpha: float, probabilities: list[float] | None, word: str
) -> None:
    with pytest.raises(MeasureError, match=word):
        tail(losses, alpha, probabilities)
