"""From an assessment to proposals: which actions are set off, how big they are, what holds them back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from daybook.contracts.base import Mode, Side, TradingState
from daybook.contracts.response import (
    ActionProposal,
    ActionRecord,
    Block,
    OrdersWanted,
    Payload,
    ResponseFacts,
    StateWanted,
)
from daybook.contracts.response_codes import ActionCode, Approver, GuardCode
from daybook.contracts.state import StateAction
from daybook.contracts.threat_readings import ThreatReasonCode
from daybook.contracts.threat_settings import ResponseSettings
from daybook.contracts.threats import ThreatAssessment
from daybook.risk.breakers import stricter
from daybook.risk.response.guards import Case, held_back
from daybook.risk.response.names import action_name, blocked_name, number_of
from daybook.risk.response.payloads import downgrade, evidence, freeze, notice, rotate_keys, stop_orders, tighten
from daybook.risk.response.playbook import PLAYBOOK, RULES, UNATTENDED, PlaybookRule
from daybook.risk.response.sizing import Sized, size_hedge, size_sells
from daybook.risk.response.trigger import Triggered, triggered

_FIRST = (ActionCode.NOTIFY, ActionCode.SNAPSHOT_EVIDENCE, ActionCode.STOP_ORDERS)
_ORDER = tuple(sorted(PLAYBOOK, key=lambda rule: (rule.code not in _FIRST, rule.code.value)))


@dataclass(frozen=True, slots=True)
class _Plan:
    assessment: ThreatAssessment
    facts: ResponseFacts
    settings: ResponseSettings
    records: Sequence[ActionRecord]


def plan_responses(
    assessment: ThreatAssessment,
    records: Sequence[ActionRecord],
    facts: ResponseFacts,
    settings: ResponseSettings,
) -> tuple[ActionProposal, ...]:
    """Return the actions an assessment sets off, what stops and tells first; each sized, or blocked with reasons.

    The same arguments give the same proposals with the same ids. A stop in the same plan holds the orders after it
    back. Nothing but the playbook's actions is ever returned.
    """
    plan = _Plan(assessment, facts, settings, records)
    state = facts.trading_state
    proposals: list[ActionProposal] = []
    for rule in _ORDER:
        set_off = triggered(rule, assessment)
        if set_off is None and rule.code is ActionCode.NOTIFY and assessment.level < assessment.previous_level:
            set_off = Triggered((), assessment.level, ())
        if set_off is None:
            continue
        proposal = _proposal(rule, set_off, plan, state)
        proposals.append(proposal)
        if isinstance(proposal.payload, StateWanted) and not proposal.blocked and not proposal.dry_run:
            state = stricter(state, _state_of(proposal.payload))
    return tuple(proposals)


def execution_orders(
    record: ActionRecord,
    assessment: ThreatAssessment,
    facts: ResponseFacts,
    settings: ResponseSettings,
    records: Sequence[ActionRecord] = (),
) -> tuple[OrdersWanted | None, tuple[Block, ...]]:
    """Return the orders of an approved A2 or A3 at today's prices, or why they cannot go now.

    The action is sized anew on fresh facts and cut to what the person saw: never another symbol, never a share more.
    An action whose cause is gone has no orders.
    """
    rule, seen = RULES[record.code], record.proposal.payload
    if not isinstance(seen, OrdersWanted):
        return None, ()
    others = [one for one in records if one.action_id != record.action_id]
    set_off = triggered(rule, assessment)
    if set_off is None:
        return None, (Block(code=GuardCode.STALE_DATA, text="what set it off is over"),)
    case = Case(rule, set_off, assessment, facts, settings, others, facts.trading_state)
    asked = {GuardCode.ALREADY_OPEN, GuardCode.COOLING_DOWN, GuardCode.REJECTED_BY_PERSON}
    blocked = tuple(block for block in held_back(case) if block.code not in asked)
    if blocked:
        return None, blocked
    sized = _size(rule, set_off, record.action_id, _Plan(assessment, facts, settings, others))
    most = {(order.symbol, order.side): order.shares for order in seen.orders}
    orders = tuple(
        order.model_copy(update={"shares": min(order.shares, most[order.symbol, order.side])})
        for order in sized.orders
        if (order.symbol, order.side) in most
    )
    if not orders:
        block = sized.block or Block(code=GuardCode.NOTHING_TO_SELL, text="nothing of what was approved can trade now")
        return None, (block,)
    return replace(sized, orders=orders).wanted(), ()


def _proposal(rule: PlaybookRule, set_off: Triggered, plan: _Plan, state: TradingState) -> ActionProposal:
    facts, settings = plan.facts, plan.settings
    case = Case(rule, set_off, plan.assessment, facts, settings, plan.records, state)
    blocked = held_back(case)
    action_id = action_name(facts.account, facts.day, rule.code, _number(rule, plan), _parts(set_off))
    payload: Payload | None = None
    if not blocked:
        payload, block = _payload(rule, set_off, action_id, plan)
        blocked = (block,) if block is not None else ()
    if blocked:
        parts = (*_parts(set_off), *(block.code.value for block in blocked))
        action_id = blocked_name(facts.account, facts.day, rule.code, parts)
    approver = _approver(rule, facts.mode, settings)
    asks = approver is not Approver.NOBODY
    text_ko, text_en = _texts(rule, set_off, payload, blocked)
    return ActionProposal(
        action_id=action_id,
        code=rule.code,
        level=set_off.level,
        channel=set_off.channel,
        causes=set_off.causes,
        text_ko=text_ko,
        text_en=text_en,
        payload=payload,
        blocked=blocked,
        approver=approver,
        dry_run=_is_dry_run(rule, facts.mode, settings),
        proposed_at=facts.now,
        market_at=facts.market_now,
        expires_at=facts.now + timedelta(seconds=settings.approval_valid_s) if asks else None,
        cool_until=facts.market_now + timedelta(minutes=rule.cooldown_min(settings)),
    )


def _payload(
    rule: PlaybookRule, set_off: Triggered, action_id: str, plan: _Plan
) -> tuple[Payload | None, Block | None]:
    facts, settings, code = plan.facts, plan.settings, rule.code
    payload: Payload
    if code in (ActionCode.RAISE_CASH, ActionCode.HEDGE):
        sized = _size(rule, set_off, action_id, plan)
        return sized.wanted(), sized.block
    if code is ActionCode.NOTIFY:
        payload = notice(plan.assessment, set_off)
    elif code is ActionCode.STOP_ORDERS:
        payload = stop_orders(set_off, facts)
    elif code is ActionCode.ROTATE_KEYS:
        payload = rotate_keys(facts)
    elif code is ActionCode.DOWNGRADE_MODE:
        payload = downgrade(set_off, facts)
    elif code is ActionCode.FREEZE_WITHDRAWALS:
        payload = freeze(set_off)
    elif code is ActionCode.TIGHTEN_LIMITS:
        payload = tighten(settings)
    else:
        payload = evidence(action_id, plan.assessment)
    return payload, None


def _size(rule: PlaybookRule, set_off: Triggered, action_id: str, plan: _Plan) -> Sized:
    """Return A2's sells or A3's buy. Only the market asks for cash and hedges; a breach sells what it struck."""
    facts, settings = plan.facts, plan.settings
    struck = [reason.symbol for reason in set_off.reasons if reason.code is ThreatReasonCode.HOLDING_BREACH]
    market_level = max(
        (reason.reading_level for reason in set_off.reasons if reason.code is not ThreatReasonCode.HOLDING_BREACH),
        default=0,
    )
    if rule.code is ActionCode.HEDGE:
        return size_hedge(action_id, settings.hedge_ratios[market_level], facts, settings)
    return size_sells(action_id, settings.cash_targets[market_level], struck, facts, settings, plan.records)


def _number(rule: PlaybookRule, plan: _Plan) -> int:
    """Return one above the highest number of the day's actions of the rule that were not held back."""
    used = (
        number_of(record.action_id)
        for record in plan.records
        if record.code is rule.code
        and not record.proposal.blocked
        and record.action_id.startswith(f"{plan.facts.day:%Y%m%d}-")
    )
    return 1 + max(used, default=0)


def _parts(set_off: Triggered) -> tuple[str, ...]:
    return (str(set_off.level), *set_off.causes)


def _approver(rule: PlaybookRule, mode: Mode, settings: ResponseSettings) -> Approver:
    """Return who has to say yes; settings can let A2 and A3 go by themselves, but never in live."""
    free = rule.code in UNATTENDED and rule.code in settings.unattended and mode is not Mode.LIVE
    return Approver.NOBODY if free else rule.approver


def _is_dry_run(rule: PlaybookRule, mode: Mode, settings: ResponseSettings) -> bool:
    return rule.code in settings.dry_run or (rule.dry_run_on_paper and mode in settings.dry_run_modes)


def _state_of(payload: StateWanted) -> TradingState:
    return TradingState.HALTED if payload.request.action is StateAction.HALT else TradingState.REDUCING


def _texts(
    rule: PlaybookRule, set_off: Triggered, payload: Payload | None, blocked: tuple[Block, ...]
) -> tuple[str, str]:
    why = ", ".join(set_off.causes) or "level"
    head_ko = f"{rule.code.value} {rule.name_ko} · 수준 {set_off.level} ({why})"
    head_en = f"{rule.code.value} {rule.name_en} · level {set_off.level} ({why})"
    if blocked:
        codes = ", ".join(block.code.value for block in blocked)
        texts = "; ".join(block.text for block in blocked)
        return f"{head_ko} · 보류: {codes}"[:500], f"{head_en} · held back: {texts}"[:500]
    if isinstance(payload, OrdersWanted):
        sides_ko = {Side.BUY: "매수", Side.SELL: "매도"}
        lines_ko = ", ".join(f"{sides_ko[one.side]} {one.symbol} {one.shares:,}주" for one in payload.orders)
        lines_en = ", ".join(f"{one.side.value} {one.shares:,} {one.symbol}" for one in payload.orders)
        value = f"{payload.value_krw:,}"
        return f"{head_ko} · {lines_ko} ({value}원)"[:500], f"{head_en} · {lines_en} ({value} won)"[:500]
    if isinstance(payload, StateWanted):
        action = payload.request.action.value
        return f"{head_ko} · {action}", f"{head_en} · {action}"
    return head_ko[:500], head_en[:500]
