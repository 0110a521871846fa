from typing import Any

import pytest

from daybook.contracts.base import Side, TradingState
from daybook.contracts.response import Notice, OrdersWanted, StateWanted, TightenLimits
from daybook.contracts.response_codes import ActionCode, ActionState, GuardCode, UndoReason
from daybook.contracts.state import StateAction
from daybook.contracts.threat_readings import ThreatReasonCode
from daybook.contracts.threats import FalseAlarm
from daybook.risk.response.machine import moved, order_ended
from daybook.risk.response.planning import plan_responses
from daybook.risk.response.undo import plan_undo
from tests.risk.response.facts import (
    BROKEN,
    HEDGE,
    PANIC,
    SETTINGS,
    STRUCK,
    TAKEN_OVER,
    A,
    B,
    facts,
    record,
    seen,
)
from tests.risk.threat.facts import NOW, Desk, market


def done(code: ActionCode, **changes: Any) -> Any:
    return record(code, seen(**changes)).model_copy(update={"state": ActionState.DONE})


def hedged(filled: int = 100) -> Any:
    about = facts(cash_krw=4_000_000)
    one = record(ActionCode.HEDGE, seen(**PANIC), about).model_copy(update={"state": ActionState.APPROVED})
    intent_id = one.proposal.payload.orders[0].intent_id  # type: ignore[union-attr]
    running = moved(one, ActionState.EXECUTING, NOW, intent_ids=(intent_id,)).record
    return order_ended(running, intent_id, filled, NOW)


def test_undo_when_the_level_stands_then_nothing_ends() -> None:
    records = [done(code, **PANIC) for code in (ActionCode.NOTIFY, ActionCode.RAISE_CASH)]
    assert plan_undo(seen(**PANIC), records, facts(), SETTINGS) == ()


def test_undo_when_the_level_only_begins_to_cool_then_nothing_ends() -> None:
    desk = Desk()
    desk.look(**PANIC)
    assert plan_undo(desk.look(30), [done(ActionCode.RAISE_CASH, **PANIC)], facts(), SETTINGS) == ()


def test_undo_when_a_waiting_action_loses_its_cause_then_it_expires() -> None:
    waiting = record(ActionCode.RAISE_CASH, seen(**PANIC))
    (undo,) = plan_undo(seen(), [waiting], facts(), SETTINGS)
    assert (undo.to_state, undo.payload) == (ActionState.EXPIRED, None)


def test_false_alarm_when_a_person_withdraws_then_the_actions_it_caused_end_at_once() -> None:
    desk = Desk()
    first = desk.look(market=market(circuit_breaker_stage=1))
    proposals = plan_responses(first, (), facts(), SETTINGS)
    stop = next(one for one in proposals if one.code is ActionCode.STOP_ORDERS)
    standing = [done(ActionCode.STOP_ORDERS, market=market(circuit_breaker_stage=1))]
    assert standing[0].action_id == stop.action_id
    alarm = FalseAlarm(by="kim", reason="a drill", codes=(ThreatReasonCode.CIRCUIT_BREAKER,))
    after = desk.look(1, market=market(circuit_breaker_stage=1), false_alarms=(alarm,))
    (undo,) = plan_undo(after, standing, facts(), SETTINGS)
    assert (undo.reason, undo.to_state) == (UndoReason.FALSE_ALARM, ActionState.UNDONE)
    assert isinstance(undo.payload, StateWanted)
    assert (undo.payload.request.action, undo.payload.request.codes) == (StateAction.LIFT, ("THREAT_LEVEL",))
    assert not undo.payload.request.halts_too


def test_halt_when_the_level_fell_then_only_a_person_resumes() -> None:
    standing = [done(ActionCode.STOP_ORDERS, **BROKEN)]
    (undo,) = plan_undo(seen(), standing, facts(trading_state=TradingState.HALTED), SETTINGS)
    assert undo.to_state is None
    assert isinstance(undo.payload, Notice)
    assert "daybook resume" in undo.payload.text_ko
    (resumed,) = plan_undo(seen(), standing, facts(), SETTINGS)
    assert (resumed.to_state, resumed.payload, resumed.reason) == (ActionState.UNDONE, None, UndoReason.LEVEL_FELL)


def test_hedge_when_the_level_fell_then_what_was_bought_is_sold_and_no_more() -> None:
    standing = hedged(100)
    about = facts(shares={A: 50, HEDGE: 300}, cash_krw=4_000_000)
    (undo,) = plan_undo(seen(), [standing], about, SETTINGS)
    assert undo.to_state is None
    assert isinstance(undo.payload, OrdersWanted)
    order = undo.payload.orders[0]
    assert (order.symbol, order.side, order.shares) == (HEDGE, Side.SELL, 100)
    selling = standing.model_copy(update={"intent_ids": (*standing.intent_ids, order.intent_id)})
    (waits,) = plan_undo(seen(), [selling], about, SETTINGS)
    assert [block.code for block in waits.blocked] == [GuardCode.ORDER_OPEN]
    part = order_ended(selling, order.intent_id, 60, NOW)
    (rest,) = plan_undo(seen(), [part], about, SETTINGS)
    assert isinstance(rest.payload, OrdersWanted)
    assert rest.payload.orders[0].shares == 40
    assert rest.payload.orders[0].intent_id != order.intent_id
    over = order_ended(selling, order.intent_id, 100, NOW)
    assert plan_undo(seen(), [over], about, SETTINGS)[0].to_state is ActionState.UNDONE


@pytest.mark.parametrize(
    ("about", "to_state", "code"),
    [
        (facts(shares={HEDGE: 100}, session=None), None, GuardCode.NOT_IN_SESSION),
        (facts(shares={HEDGE: 100}, trading_state=TradingState.HALTED), None, GuardCode.TRADING_HALTED),
        (facts(shares={HEDGE: 100}, quotes=()), None, GuardCode.NO_QUOTE),
        (facts(balance=None), None, GuardCode.STALE_DATA),
        (facts(shares={HEDGE: 100}, open_symbols=(HEDGE,)), None, GuardCode.ORDER_OPEN),
        (facts(shares={A: 50}), ActionState.UNDONE, None),
    ],
)
def test_hedge_when_it_cannot_be_sold_now_then_it_waits_with_the_reason(
    about: Any, to_state: ActionState | None, code: GuardCode | None
) -> None:
    (undo,) = plan_undo(seen(), [hedged()], about, SETTINGS)
    assert (undo.to_state, undo.payload) == (to_state, None)
    assert [block.code for block in undo.blocked] == ([code] if code else [])


def test_hedge_when_it_never_traded_then_nothing_is_sold() -> None:
    failed = hedged(0)
    assert failed.state is ActionState.FAILED
    (undo,) = plan_undo(seen(), [failed], facts(shares={HEDGE: 100}), SETTINGS)
    assert (undo.to_state, undo.payload) == (ActionState.UNDONE, None)


def test_other_actions_when_the_level_fell_then_each_in_its_way() -> None:
    standing = [
        done(ActionCode.NOTIFY, **PANIC),
        done(ActionCode.RAISE_CASH, **STRUCK),
        done(ActionCode.TIGHTEN_LIMITS, **BROKEN),
        done(ActionCode.FREEZE_WITHDRAWALS, **TAKEN_OVER),
        done(ActionCode.SNAPSHOT_EVIDENCE, **PANIC),
        done(ActionCode.ROTATE_KEYS, **TAKEN_OVER),
    ]
    undos = {one.code: one for one in plan_undo(seen(), standing, facts(shares={B: 1}), SETTINGS)}
    assert set(undos) == {
        ActionCode.NOTIFY,
        ActionCode.RAISE_CASH,
        ActionCode.TIGHTEN_LIMITS,
        ActionCode.FREEZE_WITHDRAWALS,
    }
    assert undos[ActionCode.RAISE_CASH].payload is None
    tight = undos[ActionCode.TIGHTEN_LIMITS].payload
    assert isinstance(tight, TightenLimits)
    assert not tight.active
    assert all(one.to_state is ActionState.UNDONE for one in undos.values())


def test_undo_when_ended_already_then_nothing() -> None:
    for state in (ActionState.UNDONE, ActionState.REJECTED, ActionState.BLOCKED, ActionState.DRY_RUN):
        ended = record(ActionCode.RAISE_CASH, seen(**PANIC)).model_copy(update={"state": state})
        assert plan_undo(seen(), [ended], facts(), SETTINGS) == ()
