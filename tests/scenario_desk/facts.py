"""A scenario small enough for tests: four stocks, three threats, two controls, 500 paths."""

from typing import Any

from daybook.contracts.scenario import DataSource, Scenario, Universe
from daybook.scenario.threats.catalogue import default_scenario

CODES = ("005930", "000660", "105560", "017670")
THREATS = ("T02_volatility_spike", "T06_holding_breach", "T09_broker_outage")
CONTROLS = ("C04_second_broker", "C06_breach_watch")


def small_scenario(**changes: Any) -> Scenario:
    whole = default_scenario()
    threats = tuple(threat.model_copy(update={"triggers": ()}) for threat in whole.threats if threat.id in THREATS)
    controls = tuple(
        control.model_copy(
            update={
                "effects": tuple(effect for effect in control.effects if effect.threat in THREATS),
                "requires": (),
                "excludes": (),
            }
        )
        for control in whole.controls
        if control.id in CONTROLS
    )
    fields = {name: getattr(whole, name) for name in Scenario.model_fields} | {
        "name": "small",
        "universe": Universe(codes=CODES, source=DataSource.FIXTURE, lookback_days=250),
        "threats": threats,
        "controls": controls,
        "scenarios": 500,
        "horizon_days": 10,
        "constraints": whole.constraints.model_copy(update={"max_weight": 0.3, "max_sector": 0.6}),
    }
    return Scenario.model_validate(fields | changes)
