import pytest

from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.rates import level_rates


def test_level_rates_when_laddered_then_each_level_is_the_one_below_times_the_multiplier() -> None:
    assert level_rates(1.0, 2.0) == (0.25, 0.5, 1, 2, 4, 8)
    assert level_rates(0.05, 1.8)[4] == pytest.approx(0.162)


def test_level_rates_when_they_pass_the_cap_then_they_stay_at_it() -> None:
    assert level_rates(20.0, 1.7) == (pytest.approx(20 / 1.7**2), pytest.approx(20 / 1.7), 20, 34, 50, 50)


@pytest.mark.parametrize(("rate", "multiplier"), [(-1, 1.5), (51, 1.5), (float("nan"), 1.5), (1, 0.9), (1, 11)])
def test_level_rates_when_a_number_makes_no_sense_then_it_is_named(rate: float, multiplier: float) -> None:
    with pytest.raises(ScenarioError, match="annual_rate"):
        level_rates(rate, multiplier)
