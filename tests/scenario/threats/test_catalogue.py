import pytest

from daybook.contracts.scenario import DataSource, EvidenceKind
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.catalogue import (
    default_controls,
    default_scenario,
    default_threats,
    default_universe,
    preset,
    preset_names,
    preset_title,
)
from daybook.scenario.threats.draw import is_market_wide

AT_LEVEL_2 = (0.12, 0.6, 0.5, 0.3, 0.2, 0.2, 0.05, 0.10, 1.1, 0.12, 0.01, 2, 0.3, 0.3)
MULTIPLIERS = (1.6, 1.5, 1.4, 1.7, 1.3, 1.6, 1.8, 1.8, 1.4, 1.5, 1.3, 1.4, 1.6, 1.5)


def test_default_threats_when_read_then_rates_are_those_of_the_research() -> None:
    threats = default_threats()
    assert [threat.id[:3] for threat in threats] == [f"T{number:02d}" for number in range(1, 15)]
    assert tuple(threat.annual_rate[2] for threat in threats) == AT_LEVEL_2
    for threat, multiplier in zip(threats, MULTIPLIERS, strict=True):
        for level in range(5):
            assert threat.annual_rate[level + 1] == pytest.approx(threat.annual_rate[level] * multiplier)


def test_default_threats_when_read_then_counted_rates_alone_are_tagged_data() -> None:
    data = [threat for threat in default_threats() if threat.evidence.kind is EvidenceKind.DATA]
    assert [threat.id[:3] for threat in data] == ["T01", "T09"]
    assert data[1].evidence.n_events == 5
    assert data[1].evidence.years == 5


def test_default_threats_when_read_then_each_does_something_and_breaches_are_per_name() -> None:
    for threat in default_threats():
        shocks = threat.market_shock or threat.name_shock or threat.sector_shock or threat.direct_loss
        assert shocks, threat.id
    assert [threat.id[:3] for threat in default_threats() if threat.per_name] == ["T06", "T11"]
    breach = default_threats()[5].name_shock
    assert breach is not None
    assert (breach.low, breach.mode, breach.high) == (-0.25, -0.02, -0.005)


def test_default_controls_when_read_then_there_are_ten_that_leave_the_market_alone() -> None:
    controls = default_controls()
    assert [control.id[:3] for control in controls] == [f"C{number:02d}" for number in range(1, 11)]
    wide = {threat.id for threat in default_threats() if is_market_wide(threat)}
    assert not [c.id for c in controls for effect in c.effects if effect.threat in wide]
    assert all(control.capex_krw + control.opex_per_year_krw > 0 for control in controls)


def test_default_universe_when_read_then_twenty_names_stand_in_many_sectors() -> None:
    stocks = default_universe()
    assert len({stock.code for stock in stocks}) == 20
    assert len({stock.sector for stock in stocks}) >= 8
    assert default_scenario().universe.codes == tuple(stock.code for stock in stocks)


def test_default_scenario_when_read_then_it_splits_100_million_won_on_real_prices() -> None:
    scenario = default_scenario()
    assert scenario.budget.total_krw == 100_000_000
    assert scenario.threat_level == 2
    assert scenario.universe.source is DataSource.KIS
    assert scenario.costs_as_of.isoformat() == "2026-01-02"


@pytest.mark.parametrize("name", preset_names()[1:])
def test_preset_when_read_then_it_tells_another_story_than_the_default_in_both_languages(name: str) -> None:
    scenario, title = preset(name), preset_title(name)
    assert scenario != default_scenario()
    assert name not in OWN_THREATS or scenario.threat_level >= 3
    assert name not in OWN_THREATS or scenario.threats != default_scenario().threats
    assert title.title_ko != title.title_en
    assert scenario.name == title.title_ko
    assert title.note_en in scenario.note
    assert [threat.id for threat in scenario.threats] == [threat.id for threat in default_threats()]


OWN_THREATS = {
    "2008": "T01",
    "2020-03": "T01",
    "2024-08": "T01",
    "holding_breach": "T06",
    "broker_outage": "T09",
    "account_takeover": "T07",
}


@pytest.mark.parametrize(("name", "threat"), OWN_THREATS.items())
def test_preset_when_read_then_its_own_threat_strikes_more_often_than_by_default(name: str, threat: str) -> None:
    scenario = preset(name)
    own = next(spec for spec in scenario.threats if spec.id.startswith(threat))
    usual = next(spec for spec in default_threats() if spec.id.startswith(threat))
    assert own.annual_rate[scenario.threat_level] > usual.annual_rate[scenario.threat_level]


def test_preset_when_the_name_is_unknown_then_the_error_lists_those_there_are() -> None:
    with pytest.raises(ScenarioError, match="use one of default, loss_cap, 2008") as caught:
        preset("1997")
    assert caught.value.field == "preset"
