import numpy as np
import pytest

from daybook.risk.measures import standard_errors
from daybook.risk.measures.errors import MeasureError
from daybook.risk.measures.tail import tail


def test_standard_errors_when_samples_repeat_then_they_are_the_spread_of_the_estimates() -> None:
    samples = np.random.default_rng(4).standard_normal((600, 1_000))
    spread = {
        "mean": np.std([row.mean() for row in samples]),
        "var": np.std([tail(row, 0.9).var for row in samples]),
        "cvar": np.std([tail(row, 0.9).cvar for row in samples]),
    }
    said = {
        "mean": np.mean([standard_errors.mean(row).standard_error for row in samples[:200]]),
        "var": np.mean([standard_errors.var(row, 0.9).standard_error for row in samples[:200]]),
        "cvar": np.mean([standard_errors.cvar(row, 0.9).standard_error for row in samples[:200]]),
    }
    for name, value in said.items():
        assert value == pytest.approx(spread[name], rel=0.1), name


def test_standard_error_when_weights_are_equal_then_it_is_the_plain_one() -> None:
    values = np.random.default_rng(5).random(40)
    plain = standard_errors.mean(values).standard_error
    assert plain == pytest.approx(values.std(ddof=1) / 40**0.5)
    assert standard_errors.mean(values, np.full(40, 1 / 40)).standard_error == pytest.approx(plain)


def test_standard_error_when_half_the_scenarios_have_no_weight_then_it_is_that_of_the_others() -> None:
    values = np.random.default_rng(6).random(60)
    weights = np.where(np.arange(60) < 30, 1 / 30, 0)
    found, half = standard_errors.cvar(values, 0.8, weights), standard_errors.cvar(values[:30], 0.8)
    assert found.value == pytest.approx(half.value)
    assert found.standard_error == pytest.approx(half.standard_error)


def test_proportion_when_it_never_happened_then_the_error_is_not_zero() -> None:
    assert standard_errors.proportion([0] * 200) == standard_errors.Estimated(0.0, 1 / 200)
    assert standard_errors.proportion([1, 0] * 50).standard_error == pytest.approx(0.5 / 99**0.5)


def test_blocks_when_averaged_then_their_spread_is_the_error() -> None:
    found = standard_errors.of_blocks([1.0, 2.0, 3.0])
    assert found == standard_errors.Estimated(2.0, pytest.approx(1 / 3**0.5))
    with pytest.raises(MeasureError, match="two"):
        standard_errors.of_blocks([1.0])
    with pytest.raises(MeasureError, match="two"):
        standard_errors.cvar([1.0], 0.9)
