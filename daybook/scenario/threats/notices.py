"""What a person should be told about a scenario's threats and controls before believing its result."""

from daybook.contracts.scenario import EvidenceKind, Scenario
from daybook.scenario.arrays import MarketParameters
from daybook.scenario.threats.draw import is_market_wide
from daybook.scenario.threats.effects import first_day
from daybook.scenario.threats.picks import ANY_SECTOR, eligible_names, strikes_a_name


def threat_notices(scenario: Scenario, parameters: MarketParameters) -> tuple[str, ...]:
    """Return one line for each thing that is in the catalogue and does less than it seems to, or rests on a guess."""
    notices: list[str] = []
    wide = {threat.id for threat in scenario.threats if is_market_wide(threat)}
    for control in scenario.controls:
        if marketed := sorted({effect.threat for effect in control.effects if effect.threat in wide}):
            notices.append(
                f"controls.{control.id}: no control changes a market-wide shock; its effect on {', '.join(marketed)} "
                "counts for the other parts of these events alone"
            )
        if first_day(control) >= scenario.horizon_days:
            notices.append(
                f"controls.{control.id}: begins to work after the horizon "
                f"({control.lead_time_days:g} of {scenario.horizon_days} days), so it saves nothing here"
            )
    for threat in scenario.threats:
        unknown = [s for s in threat.sector_shock if s != ANY_SECTOR and s not in parameters.sectors]
        if unknown:
            notices.append(f"threats.{threat.id}.sector_shock: the universe has no sector {', '.join(unknown)}")
        if strikes_a_name(threat) and eligible_names(threat, parameters).size == 0:
            notices.append(f"threats.{threat.id}.listed: none of the names is in the universe, so no name is struck")
    guessed = [threat.id for threat in scenario.threats if threat.evidence.kind is EvidenceKind.EXPERT]
    if guessed:
        notices.append(
            f"the rates of {len(guessed)} of {len(scenario.threats)} threats are expert priors: {', '.join(guessed)}"
        )
    return tuple(notices)
