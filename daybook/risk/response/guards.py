"""What holds a triggered action back: it is open, done, refused, cooling down, or the desk cannot carry it out now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from daybook.contracts.base import TradingState
from daybook.contracts.response import ActionRecord, Block, ResponseFacts, StateWanted
from daybook.contracts.response_codes import ActionCode, ActionState, GuardCode
from daybook.contracts.session import SessionPhase, phase_at
from daybook.contracts.state import StateAction
from daybook.contracts.threat_readings import ThreatChannel, ThreatReasonCode
from daybook.contracts.threat_settings import ResponseSettings
from daybook.contracts.threats import ThreatAssessment, ThreatReason
from daybook.risk.response.payloads import stop_state
from daybook.risk.response.playbook import PlaybookRule
from daybook.risk.response.trigger import Triggered

_BROKER_CODES = frozenset(
    {
        ThreatReasonCode.BROKER_ERRORS,
        ThreatReasonCode.BROKER_LATENCY,
        ThreatReasonCode.TOKEN_FAILURES,
        ThreatReasonCode.FEED_GAP,
        ThreatReasonCode.UNKNOWN_OUTCOME,
    }
)
_DOWN_LEVEL = 4
_ON_CHANGE = frozenset({ActionCode.NOTIFY, ActionCode.SNAPSHOT_EVIDENCE})


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a guard looks at. ``trading_state`` counts what the same plan stops before this action."""

    rule: PlaybookRule
    set_off: Triggered
    assessment: ThreatAssessment
    facts: ResponseFacts
    settings: ResponseSettings
    records: Sequence[ActionRecord]
    trading_state: TradingState

    @property
    def own(self) -> list[ActionRecord]:
        """Records of the rule's action that were not held back when proposed, oldest first."""
        return [one for one in self.records if one.code is self.rule.code and not one.proposal.blocked]


def held_back(case: Case) -> tuple[Block, ...]:
    """Return every guard of the rule that holds it back, in the rule's order; size guards speak when it is sized."""
    found = ((code, GUARDS[code](case)) for code in case.rule.guards if code in GUARDS)
    return tuple(Block(code=code, text=text[:200]) for code, text in found if text)


def _already_open(case: Case) -> str:
    record = next((one for one in case.own if one.state.is_open), None)
    return f"{record.action_id} is {record.state.value}" if record is not None else ""


def _already_done(case: Case) -> str:
    """Find an action that stands and covers what is seen now; A1 and A9 are done anew for each change of level."""
    for record in reversed(case.own):
        if record.state not in (ActionState.DONE, ActionState.DRY_RUN):
            continue
        covered = case.set_off.level <= record.proposal.level
        if case.rule.code in _ON_CHANGE:
            rose = case.assessment.level > case.assessment.previous_level
            fell = case.rule.code is ActionCode.NOTIFY and case.assessment.level < case.assessment.previous_level
            new = not set(case.set_off.causes) <= set(record.proposal.causes)
            return f"{record.action_id} has said so" if covered and not (rose or fell or new) else ""
        if case.rule.code is ActionCode.STOP_ORDERS:
            payload = record.proposal.payload
            halted = isinstance(payload, StateWanted) and payload.request.action is StateAction.HALT
            covered = halted or stop_state(case.set_off) is TradingState.REDUCING
        if covered:
            return f"{record.action_id} is {record.state.value} and not undone"
    return ""


def _rejected(case: Case) -> str:
    """Find a person's no to the same causes at this level or above; more or worse is asked again."""
    last = next(iter(reversed(case.own)), None)
    if last is None or last.state is not ActionState.REJECTED:
        return ""
    worse = case.set_off.level > last.proposal.level or not set(case.set_off.causes) <= set(last.proposal.causes)
    return "" if worse else f"{last.action_id}: {last.text}"


def _cooling(case: Case) -> str:
    cool_min = case.rule.cooldown_min(case.settings)
    if not case.own or cool_min <= 0:
        return ""
    last = max(case.own, key=lambda record: record.proposal.market_at)
    since = case.facts.market_now - last.proposal.market_at
    if since >= timedelta(minutes=cool_min):
        return ""
    return f"{last.action_id} was {max(0.0, since.total_seconds() / 60):.0f} min ago, {cool_min:g} min are kept between"


def _stale(case: Case) -> str:
    if case.set_off.is_stale:
        return "every signal behind it is too old to be current"
    if not case.rule.needs_broker or case.rule.code is ActionCode.ROTATE_KEYS:
        return ""
    balance = case.facts.balance
    if balance is None:
        return "the balance is not known"
    age_s = (case.facts.now - balance.observed_at).total_seconds()
    limit_s = case.settings.max_data_age_s
    if age_s > limit_s:
        return f"the balance is {age_s:.0f} s old, {limit_s:g} s are allowed"
    return ""


def _not_in_session(case: Case) -> str:
    session = case.facts.session
    if session is None or not session.is_open:
        return "no session today"
    phase = phase_at(session.times(), case.facts.market_now)
    return "" if phase is SessionPhase.CONTINUOUS else f"the market is in phase {phase.value}"


def _channel_down(case: Case) -> str:
    broker = _worst(case.assessment, ThreatChannel.OPERATIONS, _BROKER_CODES)
    if broker is not None and broker.reading_level >= _DOWN_LEVEL:
        return f"no way to the broker: {broker.text_en}"
    stopped = _worst(case.assessment, ThreatChannel.MARKET, frozenset({ThreatReasonCode.CIRCUIT_BREAKER}))
    return f"the exchange has stopped: {stopped.text_en}" if stopped is not None and stopped.reading_level else ""


def _worst(
    assessment: ThreatAssessment, channel: ThreatChannel, codes: frozenset[ThreatReasonCode]
) -> ThreatReason | None:
    reasons = [reason for reason in assessment.channel(channel).reasons if reason.code in codes]
    return max(reasons, key=lambda reason: reason.reading_level, default=None)


def _halted(case: Case) -> str:
    return "trading is halted: no order passes" if case.trading_state is TradingState.HALTED else ""


def _reducing(case: Case) -> str:
    return "trading is reducing: no buy passes" if case.trading_state is TradingState.REDUCING else ""


GUARDS: dict[GuardCode, Callable[[Case], str]] = {
    GuardCode.ALREADY_OPEN: _already_open,
    GuardCode.ALREADY_DONE: _already_done,
    GuardCode.REJECTED_BY_PERSON: _rejected,
    GuardCode.COOLING_DOWN: _cooling,
    GuardCode.STALE_DATA: _stale,
    GuardCode.NOT_IN_SESSION: _not_in_session,
    GuardCode.CHANNEL_DOWN: _channel_down,
    GuardCode.TRADING_HALTED: _halted,
    GuardCode.TRADING_REDUCING: _reducing,
}
"""Guards that look at facts; the others of :class:`GuardCode` come from sizing."""
