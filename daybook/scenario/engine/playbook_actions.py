"""What the simulated playbook assumes of each action: expert priors, to be replaced by a desk's own drills."""

from dataclasses import dataclass

from daybook.contracts.response_codes import ActionCode
from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR, Scenario, ThreatCategory
from daybook.contracts.scenario_result import Estimate, PlaybookRow
from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.engine.estimates import equal_or

_ACCOUNT, _BROKER = ThreatCategory.ACCOUNT, ThreatCategory.BROKER
_DATA, _MODEL = ThreatCategory.DATA, ThreatCategory.MODEL


@dataclass(frozen=True)
class ActionModel:
    """An action against incidents.

    Args:
        code: the action of the response playbook.
        name_ko, name_en: for people.
        latency_days: trading days from the start of an incident until it works: noticing, asking, doing.
        stops: by category of threat, the share of the loss still to come that it stops.
        needs_broker: it waits while the broker or the exchange is down.
    """

    code: ActionCode
    name_ko: str
    name_en: str
    latency_days: float
    stops: dict[ThreatCategory, float]
    needs_broker: bool


INCIDENT_ACTIONS = (
    ActionModel(
        ActionCode.STOP_ORDERS,
        "신규 주문 중지·미체결 취소",
        "Stop new orders, cancel open ones",
        0.02,
        {_MODEL: 0.7, _DATA: 0.6, _ACCOUNT: 0.2},
        needs_broker=True,
    ),
    ActionModel(
        ActionCode.ROTATE_KEYS,
        "키 교체·토큰 폐기",
        "Rotate keys, revoke tokens",
        0.10,
        {_ACCOUNT: 0.5},
        needs_broker=True,
    ),
    ActionModel(
        ActionCode.DOWNGRADE_MODE,
        "운영 모드 강등",
        "Downgrade the mode",
        0.02,
        {_MODEL: 0.6, _DATA: 0.5, _BROKER: 0.2},
        needs_broker=False,
    ),
    ActionModel(
        ActionCode.FREEZE_WITHDRAWALS,
        "출금 동결",
        "Freeze withdrawals",
        0.15,
        {_ACCOUNT: 0.6},
        needs_broker=True,
    ),
    ActionModel(
        ActionCode.TIGHTEN_LIMITS,
        "한도 축소·이중 승인",
        "Tighten limits, two-person rule",
        0.25,
        {_MODEL: 0.3, _DATA: 0.2, _ACCOUNT: 0.1},
        needs_broker=False,
    ),
    ActionModel(
        ActionCode.SNAPSHOT_EVIDENCE,
        "증거 보존",
        "Snapshot evidence",
        0.05,
        {_ACCOUNT: 0.1, _BROKER: 0.1},
        needs_broker=False,
    ),
)
"""A4 to A9. What A9 saves is what claims with evidence bring back."""

DEFAULT_INCIDENT_DAYS = 0.5
"""How long an incident does its harm where the threat has no outage to tell by."""


def notify_row(incidents: IntArray, scenario: Scenario, count: int, probabilities: FloatArray | None) -> PlaybookRow:
    """Return the row of A1, which tells a person of every incident and saves nothing by itself.

    ``incidents`` holds the scenario number of each.
    """
    runs = float(equal_or(probabilities, count)[incidents].sum())
    return PlaybookRow(
        action=str(ActionCode.NOTIFY),
        name_ko="알림",
        name_en="Notify",
        runs_a_year=runs * TRADING_DAYS_PER_YEAR / scenario.horizon_days,
        unavailable_share=0.0,
        loss_avoided_krw=Estimate(value=0.0, standard_error=0.0),
        loss_avoided_if_perfect_krw=0.0,
    )
