import numpy as np
import pytest

from daybook.routing.calibration import abstain_table, expected_calibration_error, fit_temperature, shares_of


def test_temperature_when_logits_are_too_bold_then_it_cools_them() -> None:
    random = np.random.default_rng(7)
    gold = random.integers(0, 3, 400).tolist()
    logits = random.normal(0, 1, (400, 3))
    logits[np.arange(400), gold] += 1.0
    assert fit_temperature(logits, gold) == pytest.approx(1.0, abs=0.2)
    assert fit_temperature(logits * 5, gold) == pytest.approx(5 * fit_temperature(logits, gold), rel=0.02)


def test_error_when_confidence_is_accuracy_then_it_is_nothing() -> None:
    shares = np.array([[0.75, 0.25]] * 4)
    assert expected_calibration_error(shares, [0, 0, 0, 1]) == pytest.approx(0.0)
    assert expected_calibration_error(shares, [1, 1, 1, 1]) == pytest.approx(0.75)


def test_table_when_the_threshold_rises_then_fewer_are_answered() -> None:
    shares = np.array([[0.9, 0.1], [0.6, 0.4], [0.55, 0.45]])
    low, high = abstain_table(shares, [0, 0, 1], (0.5, 0.8))
    assert (low.coverage, high.coverage) == pytest.approx((1.0, 1 / 3))
    assert (low.accuracy, high.accuracy) == pytest.approx((2 / 3, 1.0))


def test_shares_when_logits_are_huge_then_they_are_still_probabilities() -> None:
    shares = shares_of(np.array([[1e4, 0.0, -1e4]]), 0.1)
    assert shares.sum() == pytest.approx(1.0)
    assert shares[0, 0] == pytest.approx(1.0)
