"""The closed list of actions, declared: trigger, guards, size, cool-down, undo, approver, latency.

Nothing outside this table is ever proposed. What only stops, tells or records waits for nobody; what trades, changes
access or tightens the desk waits for a person; what changes how the desk works waits for two steps.
"""

from collections.abc import Callable
from dataclasses import dataclass

from daybook.contracts.response_codes import ActionCode, Approver, GuardCode
from daybook.contracts.threat_readings import ACCOUNT_CODES, ThreatChannel, ThreatReasonCode
from daybook.contracts.threat_settings import ResponseSettings

_ALL = tuple(ThreatChannel)


@dataclass(frozen=True, slots=True)
class Trigger:
    """Signals of these channels (and, where given, of these codes) from this level on."""

    min_level: int
    channels: tuple[ThreatChannel, ...] = _ALL
    codes: frozenset[ThreatReasonCode] = frozenset()
    by_person: bool = False
    """Whether a person's own level triggers it too."""

    def text(self) -> str:
        """Return the trigger as a reader of a table would write it."""
        codes = ", ".join(f"`{code}`" for code in sorted(self.codes))
        where = "any channel" if self.channels == _ALL else " or ".join(channel.value for channel in self.channels)
        return f"{codes or where} ≥ {self.min_level}"


@dataclass(frozen=True, slots=True)
class PlaybookRule:
    """One action. ``cooldown_min`` is market minutes; ``latency_s`` is assumed, a person included."""

    code: ActionCode
    name_ko: str
    name_en: str
    triggers: tuple[Trigger, ...]
    guards: tuple[GuardCode, ...]
    size: str
    cooldown_min: Callable[[ResponseSettings], float]
    undo: str
    approver: Approver
    latency_s: float
    needs_broker: bool = False
    dry_run_on_paper: bool = False


_ONCE = (GuardCode.ALREADY_OPEN, GuardCode.ALREADY_DONE)
_ASKED = (GuardCode.ALREADY_OPEN, GuardCode.REJECTED_BY_PERSON, GuardCode.COOLING_DOWN, GuardCode.STALE_DATA)
_SINGLE = (GuardCode.ALREADY_DONE, *_ASKED)
_ORDERS = (*_ASKED, GuardCode.NOT_IN_SESSION, GuardCode.CHANNEL_DOWN, GuardCode.TRADING_HALTED)

PLAYBOOK: tuple[PlaybookRule, ...] = (
    PlaybookRule(
        ActionCode.NOTIFY,
        "알림",
        "notify",
        (Trigger(1, by_person=True),),
        (*_ONCE, GuardCode.COOLING_DOWN),
        "one notice for each change",
        lambda settings: settings.notify_cooldown_min,
        "all-clear when the level is 0",
        Approver.NOBODY,
        5,
    ),
    PlaybookRule(
        ActionCode.RAISE_CASH,
        "현금 확보",
        "raise cash",
        (
            Trigger(3, (ThreatChannel.MARKET,)),
            Trigger(3, (ThreatChannel.CYBER,), frozenset({ThreatReasonCode.HOLDING_BREACH})),
        ),
        (
            *_ORDERS,
            GuardCode.NO_POSITIONS,
            GuardCode.ENOUGH_CASH,
            GuardCode.DAILY_SELL_LIMIT,
            GuardCode.NOTHING_TO_SELL,
        ),
        "to `cash_targets` of the equity; `max_sell_day_ratio` a day; a breached holding first and whole",
        lambda settings: settings.cooldown_min,
        "nothing is bought back: the risk budget comes back by itself",
        Approver.PERSON,
        360,
        needs_broker=True,
    ),
    PlaybookRule(
        ActionCode.HEDGE,
        "인버스 헤지",
        "hedge with an inverse fund",
        (Trigger(3, (ThreatChannel.MARKET,)),),
        (
            *_ORDERS,
            GuardCode.TRADING_REDUCING,
            GuardCode.NO_POSITIONS,
            GuardCode.NO_BETA,
            GuardCode.NO_QUOTE,
            GuardCode.ORDER_OPEN,
            GuardCode.NO_ROOM,
        ),
        "`hedge_ratios` of the portfolio's beta, never above it; `max_hedge_ratio`; every limit of a buy",
        lambda settings: settings.cooldown_min,
        "the hedge is sold when the market channel is below 3 again",
        Approver.PERSON,
        330,
        needs_broker=True,
    ),
    PlaybookRule(
        ActionCode.STOP_ORDERS,
        "신규 주문 중지",
        "stop new orders, cancel open buys",
        (
            Trigger(4, (ThreatChannel.OPERATIONS,)),
            Trigger(4, (ThreatChannel.CYBER,), ACCOUNT_CODES),
            Trigger(4, (ThreatChannel.MARKET,), frozenset({ThreatReasonCode.CIRCUIT_BREAKER})),
            Trigger(5, by_person=True),
        ),
        _ONCE,
        "halt for operations and the own account, reduce for market and holdings",
        lambda _: 0.0,
        "a reduction is lifted by its own code; a halt by a person in two steps",
        Approver.NOBODY,
        5,
    ),
    PlaybookRule(
        ActionCode.ROTATE_KEYS,
        "토큰 폐기·재발급",
        "revoke tokens, issue new ones",
        (
            Trigger(4, (ThreatChannel.CYBER,), ACCOUNT_CODES),
            Trigger(4, (ThreatChannel.OPERATIONS,), frozenset({ThreatReasonCode.TOKEN_FAILURES})),
        ),
        _ASKED,
        "the tokens of this account and mode",
        lambda settings: settings.slow_cooldown_min,
        "none: a revoked token does not come back",
        Approver.PERSON,
        420,
        needs_broker=True,
        dry_run_on_paper=True,
    ),
    PlaybookRule(
        ActionCode.DOWNGRADE_MODE,
        "모드 강등",
        "downgrade the mode",
        (
            Trigger(5, (ThreatChannel.CYBER,), ACCOUNT_CODES),
            Trigger(4, (ThreatChannel.OPERATIONS,)),
        ),
        _SINGLE,
        "one step: live to paper, mock and paper to read-only",
        lambda settings: settings.slow_cooldown_min,
        "a person arms again or starts the desk in its mode",
        Approver.PERSON,
        600,
        dry_run_on_paper=True,
    ),
    PlaybookRule(
        ActionCode.FREEZE_WITHDRAWALS,
        "출금 정지 안내",
        "freeze withdrawals (checklist)",
        (Trigger(4, (ThreatChannel.CYBER,), ACCOUNT_CODES),),
        (*_ONCE, GuardCode.COOLING_DOWN),
        "instructions only: the broker has no call for it",
        lambda settings: settings.slow_cooldown_min,
        "a person lifts it at the broker",
        Approver.NOBODY,
        1_800,
    ),
    PlaybookRule(
        ActionCode.TIGHTEN_LIMITS,
        "한도 강화·이중 승인",
        "tighten limits, ask for every order",
        (Trigger(3, (ThreatChannel.CYBER, ThreatChannel.OPERATIONS)),),
        _SINGLE,
        "`limit_scale` of order size, turnover and number of orders",
        lambda settings: settings.slow_cooldown_min,
        "the desk's own limits, when the level is below 3 again",
        Approver.TWO_STEP,
        600,
    ),
    PlaybookRule(
        ActionCode.SNAPSHOT_EVIDENCE,
        "증거 보존",
        "snapshot evidence",
        (Trigger(3, by_person=True),),
        (*_ONCE, GuardCode.COOLING_DOWN),
        "one snapshot for each change",
        lambda settings: settings.evidence_cooldown_min,
        "none: evidence stays",
        Approver.NOBODY,
        10,
    ),
)

RULES: dict[ActionCode, PlaybookRule] = {rule.code: rule for rule in PLAYBOOK}
UNATTENDED = frozenset({ActionCode.RAISE_CASH, ActionCode.HEDGE})
"""The actions that settings may let go without asking, outside of live."""

TABLE_HEADS = (
    "Action", "이름", "Name", "Triggered by", "Held back by", "Size", "Cool-down", "Undo", "Approval", "Dry run",
    "Assumed latency",
)  # fmt: skip


def playbook_rows(settings: ResponseSettings | None = None) -> list[list[str]]:
    """Return the playbook as rows of a table under :data:`TABLE_HEADS`."""
    used = settings or ResponseSettings()
    return [
        [
            f"`{rule.code.value}`",
            rule.name_ko,
            rule.name_en,
            "; ".join(trigger.text() for trigger in rule.triggers),
            ", ".join(f"`{guard.value}`" for guard in rule.guards),
            rule.size,
            f"{rule.cooldown_min(used):g} min",
            rule.undo,
            rule.approver.value.replace("_", " "),
            _dry_run(rule, used),
            f"{rule.latency_s:,.0f} s",
        ]
        for rule in PLAYBOOK
    ]


def _dry_run(rule: PlaybookRule, settings: ResponseSettings) -> str:
    if rule.code in settings.dry_run:
        return "always"
    if rule.dry_run_on_paper and settings.dry_run_modes:
        return ", ".join(mode.value for mode in settings.dry_run_modes)
    return "no"
