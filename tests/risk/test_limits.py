import subprocess
import sys

import pytest
from pydantic import ValidationError

from daybook.contracts.limits import RiskLimits, StrategySettings


@pytest.mark.parametrize("model", [RiskLimits, StrategySettings])
def test_settings_when_built_without_values_then_every_field_has_a_default_and_a_description(
    model: type[RiskLimits] | type[StrategySettings],
) -> None:
    model()
    assert [name for name, field in model.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    "values",
    [
        {"max_order_notional": 1},
        {"max_position_ratio": 15},
        {"max_position_ratio": float("nan")},
        {"min_cash_ratio": -0.1},
        {"daily_loss_reduce_ratio": 0.04},
        {"drawdown_reduce_ratio": 0.2},
        {"market_data_reduce_s": 400},
        {"index_fall_reduce_ratio": 0.1},
        {"max_order_shares": 0},
    ],
)
def test_limits_when_a_value_makes_no_sense_then_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        RiskLimits.model_validate(values)


def test_limits_when_changed_after_the_fact_then_refused() -> None:
    with pytest.raises(ValidationError):
        RiskLimits().max_names = 100  # type: ignore[misc]


@pytest.mark.parametrize("model", [RiskLimits, StrategySettings])
def test_settings_when_sent_as_json_then_they_come_back_equal(
    model: type[RiskLimits] | type[StrategySettings],
) -> None:
    assert model.model_validate_json(model().model_dump_json()) == model()


def test_rooms_when_imported_then_nothing_heavy_comes_along() -> None:
    code = (
        "import sys, daybook.risk.checks, daybook.risk.breakers, daybook.risk.threat\n"
        "import daybook.advice.momentum, daybook.advice.entries, daybook.advice.exits\n"
        "heavy = {'numpy', 'pandas', 'sqlalchemy', 'httpx', 'temporalio', 'exchange_calendars', 'websockets'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.strip() == "[]"
