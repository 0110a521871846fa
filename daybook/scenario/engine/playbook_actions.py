"""What the simulated playbook assumes of each action beside its rule: how much of an incident's loss it stops.

Names, latencies and channels are those of the live playbook (:mod:`daybook.risk.response.playbook`); the shares are
expert priors, to be replaced by a desk's own drills.
"""

from daybook.contracts.response_codes import ActionCode
from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR, Scenario, ThreatCategory
from daybook.contracts.scenario_result import Estimate, PlaybookRow
from daybook.risk.response.playbook import RULES, PlaybookRule
from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.engine.estimates import equal_or

_ACCOUNT, _BROKER = ThreatCategory.ACCOUNT, ThreatCategory.BROKER
_DATA, _MODEL = ThreatCategory.DATA, ThreatCategory.MODEL

STOPPED_SHARES: dict[ActionCode, dict[ThreatCategory, float]] = {
    ActionCode.STOP_ORDERS: {_MODEL: 0.7, _DATA: 0.6, _ACCOUNT: 0.2},
    ActionCode.ROTATE_KEYS: {_ACCOUNT: 0.5},
    ActionCode.DOWNGRADE_MODE: {_MODEL: 0.6, _DATA: 0.5, _BROKER: 0.2},
    ActionCode.FREEZE_WITHDRAWALS: {_ACCOUNT: 0.6},
    ActionCode.TIGHTEN_LIMITS: {_MODEL: 0.3, _DATA: 0.2, _ACCOUNT: 0.1},
    ActionCode.SNAPSHOT_EVIDENCE: {_ACCOUNT: 0.1, _BROKER: 0.1},
}
"""By action and category of threat, the share of the loss still to come it stops; A9's is what claims bring back."""

DEFAULT_INCIDENT_DAYS = 0.5
"""How long an incident does its harm where the threat has no outage to tell by."""

SESSION_S = 6.5 * 3_600
"""Seconds of a regular KRX session, 09:00 to 15:30."""


def latency_days(rule: PlaybookRule) -> float:
    """Return a rule's latency in trading days."""
    return rule.latency_s / SESSION_S


def row_of(
    code: ActionCode,
    scenario: Scenario,
    runs: float,
    unavailable: float,
    avoided: Estimate,
    perfect_krw: float,
) -> PlaybookRow:
    """Return the row of an action; ``runs`` and ``unavailable`` of them are expected numbers in one horizon."""
    rule = RULES[code]
    return PlaybookRow(
        action=str(code),
        name_ko=rule.name_ko,
        name_en=rule.name_en,
        runs_a_year=runs * TRADING_DAYS_PER_YEAR / scenario.horizon_days,
        unavailable_share=min(1.0, unavailable / runs) if runs > 0.0 else 0.0,
        loss_avoided_krw=avoided,
        loss_avoided_if_perfect_krw=perfect_krw,
    )


def notify_row(incidents: IntArray, scenario: Scenario, count: int, probabilities: FloatArray | None) -> PlaybookRow:
    """Return the row of A1, which tells a person of every incident and saves nothing by itself.

    ``incidents`` holds the scenario number of each.
    """
    runs = float(equal_or(probabilities, count)[incidents].sum())
    return row_of(ActionCode.NOTIFY, scenario, runs, 0.0, Estimate(value=0.0, standard_error=0.0), 0.0)
