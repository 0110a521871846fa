"""What ends an action once the level in force no longer asks for it: by calm, or at once by a false alarm.

A reduction of the playbook is lifted by its own code, a hedge is sold, limits return. Sold shares are not bought back:
the risk budget comes back and the strategy decides. A halt, a downgrade and frozen withdrawals are a person's to end.
"""

from collections.abc import Sequence

from daybook.contracts.base import Side, TradingState
from daybook.contracts.response import (
    ActionRecord,
    Block,
    Notice,
    Payload,
    ResponseFacts,
    StateWanted,
    TightenLimits,
    UndoProposal,
)
from daybook.contracts.response_codes import ActionCode, ActionState, GuardCode, UndoReason
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
_NOTHING_TO_UNDO = frozenset({ActionCode.SNAPSHOT_EVIDENCE, ActionCode.ROTATE_KEYS})
_RESUME = "a person resumes in two steps"
_WHY = {UndoReason.FALSE_ALARM: ("오경보", "false alarm"), UndoReason.LEVEL_FELL: ("수준 하락", "the level fell")}
_TEXTS = {
    ActionCode.NOTIFY: ("상황 해제", "all clear"),
    ActionCode.RAISE_CASH: ("다시 사지 않음: 위험 예산만 회복", "nothing is bought back; the risk budget is restored"),
    ActionCode.HEDGE: ("헤지 매도", "the hedge is sold"),
    ActionCode.STOP_ORDERS: ("축소 해제", "the reduction is lifted"),
    ActionCode.DOWNGRADE_MODE: ("모드는 사람이 되돌림", "a person brings the mode back"),
    ActionCode.FREEZE_WITHDRAWALS: ("출금 정지는 사람이 해제", "a person lifts the stop of withdrawals at the broker"),
    ActionCode.TIGHTEN_LIMITS: ("원래 한도로", "the desk's own limits are back"),
}


def plan_undo(
    assessment: ThreatAssessment,
    records: Sequence[ActionRecord],
    facts: ResponseFacts,
    settings: ResponseSettings,
) -> tuple[UndoProposal, ...]:
    """Return how the actions that nothing keeps up any longer end. What is being carried out is ended once it is done.

    A waiting or approved action expires; a done one is undone, or, where only a person can, is named with the way. A
    hedge is planned again until its sell has ended: ``to_state`` stays None while shares are left.
    """
    undos: list[UndoProposal] = []
    for record in records:
        if is_held(RULES[record.code], assessment):
            continue
        reason = _reason(record, assessment)
        if record.state in _PENDING:
            undos.append(_expiry(record, reason))
        elif record.state in _STANDING and record.code not in _NOTHING_TO_UNDO:
            undos.append(_undo(record, reason, facts, settings))
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


def _undo(record: ActionRecord, reason: UndoReason, facts: ResponseFacts, settings: ResponseSettings) -> UndoProposal:
    why_ko, why_en = _WHY[reason]
    to_state: ActionState | None = ActionState.UNDONE
    payload: Payload | None = None
    blocked: tuple[Block, ...] = ()
    text_ko, text_en = _TEXTS[record.code]
    if record.code is ActionCode.DOWNGRADE_MODE or (record.code is ActionCode.STOP_ORDERS and _is_halt(record)):
        if facts.trading_state is TradingState.HALTED:
            to_state, text_ko, text_en = None, "재개는 사람이 두 단계로: daybook resume", f"{_RESUME}: daybook resume"
            payload = _told(record, text_ko, text_en)
        else:
            text_ko, text_en = "사람이 이미 재개함", "a person has resumed already"
    elif record.code is ActionCode.STOP_ORDERS:
        payload = lift_stop(facts, f"{record.action_id}: {why_en}")
    elif record.code is ActionCode.HEDGE:
        payload, blocked, to_state = _unhedge(record, facts, settings)
        if not record.filled_shares(Side.BUY):
            text_ko, text_en = "매수된 헤지가 없음", "no hedge was bought"
        text_en = blocked[0].text if blocked else text_en
    elif record.code is ActionCode.TIGHTEN_LIMITS:
        payload = TightenLimits(active=False, approve_every_order=False, scale=1)
    elif record.code in (ActionCode.FREEZE_WITHDRAWALS, ActionCode.NOTIFY):
        payload = _told(record, text_ko, text_en)
    return UndoProposal(
        action_id=record.action_id,
        code=record.code,
        reason=reason,
        to_state=to_state,
        payload=payload,
        blocked=blocked,
        text_ko=f"{record.action_id} {why_ko}: {text_ko}"[:500],
        text_en=f"{record.action_id} {why_en}: {text_en}"[:500],
    )


def _is_halt(record: ActionRecord) -> bool:
    payload = record.proposal.payload
    return isinstance(payload, StateWanted) and payload.request.action is StateAction.HALT


def _unhedge(
    record: ActionRecord, facts: ResponseFacts, settings: ResponseSettings
) -> tuple[Payload | None, tuple[Block, ...], ActionState | None]:
    """Return the sell of what this action holds. When it holds nothing it is undone; without a market it waits."""
    bought, sold = record.filled_shares(Side.BUY), record.filled_shares(Side.SELL)
    if record.in_flight:
        return None, (Block(code=GuardCode.ORDER_OPEN, text=f"{record.in_flight[0]} is in flight"),), None
    if bought <= sold:
        return None, (), ActionState.UNDONE
    if facts.balance is None:
        return None, (Block(code=GuardCode.STALE_DATA, text="the balance is not known"),), None
    if facts.session is None or not facts.session.is_open:
        return None, (Block(code=GuardCode.NOT_IN_SESSION, text="no session today"),), None
    phase = phase_at(facts.session.times(), facts.market_now)
    if phase is not SessionPhase.CONTINUOUS:
        return None, (Block(code=GuardCode.NOT_IN_SESSION, text=f"the market is in phase {phase.value}"),), None
    if facts.trading_state is TradingState.HALTED:
        return None, (Block(code=GuardCode.TRADING_HALTED, text="trading is halted: no order passes"),), None
    attempt = sum(1 for intent_id in record.intent_ids if intent_id.endswith(f"-{Side.SELL.value}")) + 1
    sized = size_unhedge(record.action_id, attempt, bought - sold, facts, settings)
    if sized.block is None:
        return sized.wanted(), (), None
    over = sized.block.code is GuardCode.NO_POSITIONS
    return None, () if over else (sized.block,), ActionState.UNDONE if over else None


def _told(record: ActionRecord, text_ko: str, text_en: str) -> Notice:
    return Notice(
        level=0,
        text_ko=f"{record.action_id}: {text_ko}"[:1_000],
        text_en=f"{record.action_id}: {text_en}"[:1_000],
    )
