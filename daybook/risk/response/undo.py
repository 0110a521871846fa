"""What ends an action once the level in force no longer asks for it: by calm, or at once by a false alarm.

A reduction of the playbook is lifted by its own code, a hedge is sold, limits return. Sold shares are not bought back:
the risk budget comes back and the strategy decides. A halt, a downgrade and frozen withdrawals are a person's to end.
"""

from collections.abc import Sequence

from daybook.contracts.base import Mode, TradingState
from daybook.contracts.response import (
    ActionRecord,
    Block,
    Notice,
    OrdersWanted,
    Payload,
    ResponseFacts,
    StateWanted,
    TightenLimits,
    UndoProposal,
)
from daybook.contracts.response_codes import ActionCode, ActionState, Approver, GuardCode, UndoReason
from daybook.contracts.session import SessionPhase, phase_at
from daybook.contracts.state import StateAction
from daybook.contracts.threat_settings import ResponseSettings
from daybook.contracts.threats import ThreatAssessment
from daybook.risk.response.payloads import lift_stop
from daybook.risk.response.playbook import RULES
from daybook.risk.response.sizing import size_unhedge
from daybook.risk.response.trigger import is_held

_STANDING = frozenset({ActionState.DONE, ActionState.FAILED})
_PENDING = frozenset({ActionState.WAITING, ActionState.APPROVED})
_NOTHING_TO_UNDO = frozenset({ActionCode.SNAPSHOT_EVIDENCE})
_RESUME_KO = "재개는 사람이 두 단계로: daybook resume"
_RESUME_EN = "a person resumes in two steps: daybook resume"


def plan_undo(
    assessment: ThreatAssessment,
    records: Sequence[ActionRecord],
    facts: ResponseFacts,
    settings: ResponseSettings,
) -> tuple[UndoProposal, ...]:
    """Return how the actions that nothing keeps up any longer end. What is being carried out is ended once it is done.

    A waiting or approved action expires; a done one is undone, or, where only a person can, is named with the way.
    """
    undos: list[UndoProposal] = []
    for record in records:
        if record.code in _NOTHING_TO_UNDO or is_held(RULES[record.code], assessment):
            continue
        reason = _reason(record, assessment)
        if record.state in _PENDING:
            undos.append(_expiry(record, reason))
        elif record.state in _STANDING:
            undos.append(_undo(record, reason, records, facts, settings))
    return tuple(undos)


def _reason(record: ActionRecord, assessment: ThreatAssessment) -> UndoReason:
    taken_back = {*assessment.withdrawn, *assessment.dismissed}
    return UndoReason.FALSE_ALARM if taken_back & set(record.proposal.causes) else UndoReason.LEVEL_FELL


def _expiry(record: ActionRecord, reason: UndoReason) -> UndoProposal:
    return UndoProposal(
        action_id=record.action_id,
        code=record.code,
        reason=reason,
        to_state=ActionState.EXPIRED,
        text_ko=f"{record.action_id}: 원인이 사라져 더 묻지 않음",
        text_en=f"{record.action_id}: its cause is gone, nobody is asked any longer",
    )


def _undo(
    record: ActionRecord,
    reason: UndoReason,
    records: Sequence[ActionRecord],
    facts: ResponseFacts,
    settings: ResponseSettings,
) -> UndoProposal:
    why_ko = "오경보" if reason is UndoReason.FALSE_ALARM else "수준 하락"
    why_en = "false alarm" if reason is UndoReason.FALSE_ALARM else "the level fell"
    to_state: ActionState | None = ActionState.UNDONE
    payload: Payload | None = None
    blocked: tuple[Block, ...] = ()
    approver = Approver.NOBODY
    text_ko, text_en = RULES[record.code].name_ko, RULES[record.code].undo
    if record.code is ActionCode.STOP_ORDERS:
        if _is_halt(record):
            to_state, text_ko, text_en = _person_or_over(facts)
            payload = _told(record, text_ko, text_en) if to_state is None else None
        else:
            payload, text_ko, text_en = (
                lift_stop(facts, f"{record.action_id}: {why_en}"),
                "축소 해제",
                "reduction lifted",
            )
    elif record.code is ActionCode.HEDGE:
        payload, blocked, to_state = _unhedge(record, records, facts, settings)
        # A hedge that was bought by a person's yes is sold by a person's yes in live; elsewhere it just ends.
        approver = Approver.PERSON if payload is not None and facts.mode is Mode.LIVE else Approver.NOBODY
        text_ko, text_en = "헤지 매도", blocked[0].text if blocked else "the hedge is sold"
    elif record.code is ActionCode.TIGHTEN_LIMITS:
        payload = TightenLimits(active=False, approve_every_order=False, scale=1)
        text_ko, text_en = "원래 한도로", "the desk's own limits are back"
    elif record.code is ActionCode.RAISE_CASH:
        text_ko, text_en = "다시 사지 않음: 위험 예산만 회복", "nothing is bought back; the risk budget is restored"
    elif record.code is ActionCode.DOWNGRADE_MODE:
        to_state, text_ko, text_en = _person_or_over(facts)
        payload = _told(record, text_ko, text_en) if to_state is None else None
    elif record.code is ActionCode.FREEZE_WITHDRAWALS:
        text_ko, text_en = "출금 정지는 사람이 증권사에서 해제", "a person lifts the stop of withdrawals at the broker"
        payload = _told(record, text_ko, text_en)
    elif record.code is ActionCode.NOTIFY:
        text_ko, text_en = "상황 해제", "all clear"
        payload = _told(record, text_ko, text_en)
    return UndoProposal(
        action_id=record.action_id,
        code=record.code,
        reason=reason,
        to_state=to_state,
        payload=payload,
        blocked=blocked,
        approver=approver,
        text_ko=f"{record.action_id} {why_ko}: {text_ko}"[:500],
        text_en=f"{record.action_id} {why_en}: {text_en}"[:500],
    )


def _is_halt(record: ActionRecord) -> bool:
    payload = record.proposal.payload
    return isinstance(payload, StateWanted) and payload.request.action is StateAction.HALT


def _person_or_over(facts: ResponseFacts) -> tuple[ActionState | None, str, str]:
    """Return whether a person has resumed already; until then nothing but a person can."""
    if facts.trading_state is not TradingState.HALTED:
        return ActionState.UNDONE, "이미 재개됨", "a person has resumed already"
    return None, _RESUME_KO, _RESUME_EN


def _unhedge(
    record: ActionRecord,
    records: Sequence[ActionRecord],
    facts: ResponseFacts,
    settings: ResponseSettings,
) -> tuple[Payload | None, tuple[Block, ...], ActionState | None]:
    """Return the sell of what this action bought. Without shares there is nothing left; without a market it waits."""
    wanted = record.proposal.payload
    bought = sum(order.shares for order in wanted.orders) if isinstance(wanted, OrdersWanted) else 0
    if facts.balance is None:
        return None, (Block(code=GuardCode.STALE_DATA, text="the balance is not known"),), None
    if facts.session is None or not facts.session.is_open:
        return None, (Block(code=GuardCode.NOT_IN_SESSION, text="no session today"),), None
    phase = phase_at(facts.session.times(), facts.market_now)
    if phase is not SessionPhase.CONTINUOUS:
        return None, (Block(code=GuardCode.NOT_IN_SESSION, text=f"the market is in phase {phase.value}"),), None
    if facts.trading_state is TradingState.HALTED:
        return None, (Block(code=GuardCode.TRADING_HALTED, text="trading is halted: no order passes"),), None
    sized = size_unhedge(record.action_id, bought, facts, settings)
    if sized.block is None:
        return sized.wanted(), (), ActionState.UNDONE
    over = sized.block.code is GuardCode.NO_POSITIONS
    return None, () if over else (sized.block,), ActionState.UNDONE if over else None


def _told(record: ActionRecord, text_ko: str, text_en: str) -> Notice:
    return Notice(
        level=0,
        text_ko=f"{record.action_id}: {text_ko}"[:1_000],
        text_en=f"{record.action_id}: {text_en}"[:1_000],
    )
