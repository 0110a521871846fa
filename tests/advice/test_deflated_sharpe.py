import math

import numpy as np
import pytest

from daybook.advice.deflated_sharpe import (
    deflated_sharpe,
    deflated_sharpe_annual,
    expected_best_sharpe,
    probabilistic_sharpe,
)


def test_deflated_sharpe_when_of_the_papers_example_then_it_is_the_papers_result() -> None:
    found = deflated_sharpe_annual(2.5, 1_250, 100, 0.5, 250, skew=-3, kurtosis=10)
    assert found.threshold == pytest.approx(0.1132, abs=1e-4)
    assert found.probability == pytest.approx(0.9004, abs=1e-4)


def test_expected_best_when_simulated_then_it_is_the_mean_of_the_largest() -> None:
    draws = np.random.default_rng(1).normal(0, 0.3, (4_000, 50)).max(axis=1)
    assert expected_best_sharpe(50, 0.09) == pytest.approx(draws.mean(), rel=0.02)
    assert expected_best_sharpe(1, 0.09) == 0


def test_deflated_sharpe_when_trials_grow_then_less_is_left() -> None:
    left = [deflated_sharpe(0.1, 1_000, trials, 0.002).probability for trials in (1, 2, 10, 100, 10_000)]
    assert left == sorted(left, reverse=True)
    assert left[0] == pytest.approx(probabilistic_sharpe(0.1, 1_000))


def test_probabilistic_sharpe_when_returns_are_normal_then_it_is_the_textbook_one() -> None:
    assert probabilistic_sharpe(0.0, 100) == 0.5
    score = 0.1 * math.sqrt(99 / 1.005)
    assert probabilistic_sharpe(0.1, 100) == pytest.approx(0.5 * math.erfc(-score / math.sqrt(2)))


def test_probabilistic_sharpe_when_the_skew_is_negative_then_less_is_certain() -> None:
    assert probabilistic_sharpe(0.1, 500, -2, 12) < probabilistic_sharpe(0.1, 500)


def test_deflated_sharpe_when_arguments_name_nothing_then_they_are_named() -> None:
    with pytest.raises(ValueError, match="periods"):
        probabilistic_sharpe(0.1, 1)
    with pytest.raises(ValueError, match="skew"):
        probabilistic_sharpe(1.0, 100, skew=5, kurtosis=3)
    with pytest.raises(ValueError, match="trials"):
        expected_best_sharpe(0, 1)
    with pytest.raises(ValueError, match="variance_of_sharpes"):
        expected_best_sharpe(2, -1)
    with pytest.raises(ValueError, match="periods_per_year"):
        deflated_sharpe_annual(1, 100, 2, 1, 0)
