"""The threat level in a trading day, on scripted layers: what it reads, what it sets off, what a person can say."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from daybook.contracts.advice import Recommendations
from daybook.contracts.base import Side, TradingState
from daybook.contracts.calls import (
    CHANGE_STATE,
    KEEP_EVIDENCE,
    NOTIFY,
    OBSERVE,
    READ_HEALTH,
    READ_THREATS,
    RECORD_APPROVAL,
    RECORD_THREAT,
    STANDING_THREAT,
    SUBMIT_ORDER,
)
from daybook.contracts.day import DayPhase, DayResult, DayState, ObserveRequest
from daybook.contracts.response import THREAT_STATE_CODE, ActionDecision, ActionRecord
from daybook.contracts.response_codes import ActionCode, ActionState
from daybook.contracts.state import StateAction, StateChangeRequest, StateChangeResult
from daybook.contracts.threat_calls import StandingThreat
from daybook.contracts.threat_readings import MarketReadings, OperationReadings, ThreatReasonCode
from daybook.contracts.threat_settings import ResponseSettings
from daybook.contracts.threats import FalseAlarm
from tests.risk import facts as risk_facts
from tests.workflows import facts
from tests.workflows.scripted_layers import ScriptedLayers, eventually, unique
from workflows.calling import PENDING
from workflows.trading_day import TradingDay

Handle = WorkflowHandle[TradingDay, DayResult]
HEDGE = "114800"


def falling(change: float) -> Callable[[Any], Any]:
    return lambda request: facts.healthy(request, index_change_ratio=change, held_symbols=(facts.SYMBOL,))


def failing_broker(request: Any) -> Any:
    now = datetime.now(UTC)
    broken = OperationReadings(observed_at=now, broker_calls=40, broker_errors=30)
    return facts.healthy(request, operations=broken)


def invested(request: ObserveRequest) -> Any:
    """Return an account with most of its equity in one share, and the hedge's quote."""
    now = datetime.now(UTC)
    account = risk_facts.account(
        holdings=(risk_facts.holding(facts.SYMBOL, 100, 70_000),),
        settled_cash_krw=1_000_000,
        orderable_cash_krw=1_000_000,
        observed_at=now,
    )
    quotes = (
        risk_facts.quote(observed_at=now),
        risk_facts.quote(
            symbol=HEDGE,
            price_krw=2_000,
            base_price_krw=2_000,
            open_krw=2_000,
            high_krw=2_010,
            low_krw=1_990,
            upper_limit_krw=2_600,
            lower_limit_krw=1_400,
            ask_krw=2_005,
            bid_krw=2_000,
            observed_at=now,
        ),
    )
    return facts.observation(request, account=account, quotes=quotes, equity_krw=8_000_000)


def changed_state(request: StateChangeRequest) -> StateChangeResult:
    state = {StateAction.HALT: TradingState.HALTED, StateAction.REDUCE: TradingState.REDUCING}
    return StateChangeResult(state=state.get(request.action, TradingState.ACTIVE), accepted=True, text=request.reason)


async def begin(client: Client, layers: ScriptedLayers, **response: Any) -> Handle:
    """Start a day whose next decision is due now and whose next but one is an hour away."""
    layers.script(OBSERVE, invested)
    layers.script(CHANGE_STATE, changed_state)
    carried = DayState(
        day=facts.DAY,
        phase=DayPhase.TRADING,
        session=facts.session(),
        universe=(facts.SYMBOL,),
        recommendations=Recommendations(day=facts.DAY, advisor="none"),
        ticks=1,
        last_tick_at=facts.market("09:30"),
    )
    settings = ResponseSettings(**{"second_step_after_s": 0, **response})
    day_input = facts.day_input(facts.clock_at("10:31"), unique("a"), carried=carried, response=settings)
    return await client.start_workflow(TradingDay.run, day_input, id=unique("trading-day"), task_queue="control")


async def state_when(handle: Handle, holds: Callable[[DayState], Any]) -> DayState:
    async def look() -> DayState | None:
        state = await handle.query(TradingDay.status)
        return state if holds(state) else None

    found: DayState = await eventually(look)
    return found


def of(state: DayState, code: ActionCode) -> list[ActionRecord]:
    return [record for record in state.actions if record.code is code and not record.proposal.blocked]


def is_in(code: ActionCode, wanted: ActionState) -> Callable[[DayState], bool]:
    return lambda state: any(record.state is wanted for record in of(state, code))


def decision(record: ActionRecord, *, granted: bool = True, by: str = "cli:minsu") -> ActionDecision:
    return ActionDecision(action_id=record.action_id, granted=granted, by=by, at=datetime.now(UTC))


def alarm(code: ThreatReasonCode) -> FalseAlarm:
    return FalseAlarm(by="cli:minsu", reason="a test of the exchange", codes=(code,))


def asked_states(layers: ScriptedLayers) -> list[tuple[StateAction, str]]:
    return [(one.action, one.code if one.action is not StateAction.LIFT else one.codes[0])
            for one in layers.requests(CHANGE_STATE)]  # fmt: skip


async def pending(handle: Handle) -> bool | None:
    return (await handle.describe()).typed_search_attributes.get(PENDING)


async def test_day_when_all_is_calm_then_it_is_assessed_at_the_plan_and_before_each_decision(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    day_input = facts.day_input(facts.clock_at("08:18"), unique("a"))
    handle = await skipping_control.start_workflow(
        TradingDay.run, day_input, id=unique("trading-day"), task_queue="control"
    )
    result = await handle.result()
    assert layers.count(READ_THREATS) == layers.count(READ_HEALTH) == result.ticks + 1
    assert layers.count(STANDING_THREAT) == 1
    recorded = [one for one in layers.requests(RECORD_THREAT) if one.assessment is not None]
    assert len({one.assessment_id for one in recorded}) == result.ticks + 1


async def test_index_when_it_falls_then_the_playbook_tells_keeps_evidence_and_asks_for_cash_and_hedge(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(READ_HEALTH, falling(-0.06))
    handle = await begin(control, layers)
    state = await state_when(handle, is_in(ActionCode.RAISE_CASH, ActionState.WAITING))
    assert state.threat_level == 3
    assert of(state, ActionCode.HEDGE)[0].state is ActionState.WAITING
    await eventually(lambda: layers.count(KEEP_EVIDENCE))
    assert "INDEX_FALL" in of(state, ActionCode.NOTIFY)[0].proposal.causes
    assert "KOSPI at -6.0%" in layers.requests(NOTIFY)[0].notice.text_en
    assert layers.count(SUBMIT_ORDER) == 0
    assert await eventually(lambda: pending(handle)) is True


async def test_cash_when_approved_then_its_orders_go_through_place_order_and_end_the_action(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(READ_HEALTH, falling(-0.06))
    handle = await begin(control, layers)
    state = await state_when(handle, is_in(ActionCode.RAISE_CASH, ActionState.WAITING))
    answer = await handle.execute_update(TradingDay.decide_action, decision(of(state, ActionCode.RAISE_CASH)[0]))
    assert "approved by cli:minsu" in answer
    state = await state_when(handle, is_in(ActionCode.RAISE_CASH, ActionState.DONE))
    ticket = layers.requests(SUBMIT_ORDER)[0].ticket
    record = of(state, ActionCode.RAISE_CASH)[0]
    assert (ticket.side, ticket.symbol, ticket.reason) == (Side.SELL, facts.SYMBOL, "threat_cash")
    assert ticket.decision_id == record.action_id
    assert ticket.shares == 20
    assert record.ended == {ticket.intent_id: 20}
    await eventually(
        lambda: any(
            one.state is ActionState.DONE and one.code is ActionCode.RAISE_CASH
            for request in layers.requests(RECORD_THREAT)
            for one in request.actions
        )
    )


async def test_actions_when_the_workflow_is_sandboxed_as_in_production_then_they_are_carried_out(
    remembering_control: Client, layers: ScriptedLayers
) -> None:
    layers.script(READ_HEALTH, falling(-0.06))
    handle = await begin(remembering_control, layers)
    state = await state_when(handle, is_in(ActionCode.SNAPSHOT_EVIDENCE, ActionState.DONE))
    assert of(state, ActionCode.NOTIFY)[0].state is ActionState.DONE
    assert await eventually(lambda: pending(handle)) is True


async def test_action_when_nobody_answers_then_it_expires_and_a_later_yes_is_refused(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(READ_HEALTH, falling(-0.06))
    handle = await begin(control, layers, approval_valid_s=1)
    state = await state_when(handle, is_in(ActionCode.RAISE_CASH, ActionState.EXPIRED))
    record = of(state, ActionCode.RAISE_CASH)[0]
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(TradingDay.decide_action, decision(record))
    assert "expired" in str(refused.value.cause)
    assert layers.count(SUBMIT_ORDER) == 0
    await eventually(lambda: _not_pending(handle))


async def _not_pending(handle: Handle) -> bool:
    return await pending(handle) is False


async def test_false_alarm_when_told_then_the_level_falls_at_once_and_nobody_is_asked_any_longer(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(READ_HEALTH, falling(-0.06))
    handle = await begin(control, layers)
    await state_when(handle, is_in(ActionCode.RAISE_CASH, ActionState.WAITING))
    await handle.signal(TradingDay.false_alarm, alarm(ThreatReasonCode.INDEX_FALL))
    state = await state_when(handle, is_in(ActionCode.NOTIFY, ActionState.UNDONE))
    state = await state_when(handle, is_in(ActionCode.HEDGE, ActionState.EXPIRED))
    assert (state.threat_level, of(state, ActionCode.RAISE_CASH)[0].state) == (0, ActionState.EXPIRED)
    assert of(state, ActionCode.SNAPSHOT_EVIDENCE)[0].state is ActionState.DONE
    assert not state.false_alarms


async def test_hedge_when_its_alarm_was_false_then_what_it_bought_is_sold(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(READ_HEALTH, falling(-0.06))
    handle = await begin(control, layers)
    state = await state_when(handle, is_in(ActionCode.HEDGE, ActionState.WAITING))
    await handle.execute_update(TradingDay.decide_action, decision(of(state, ActionCode.HEDGE)[0]))
    state = await state_when(handle, is_in(ActionCode.HEDGE, ActionState.DONE))
    bought = of(state, ActionCode.HEDGE)[0].filled_shares(Side.BUY)
    assert bought > 0

    def hedged(request: ObserveRequest) -> Any:
        seen = invested(request)
        held = (*seen.account.holdings, risk_facts.holding(HEDGE, bought, 2_000))
        return seen.model_copy(update={"account": seen.account.model_copy(update={"holdings": held})})

    layers.script(OBSERVE, hedged)
    await handle.signal(TradingDay.false_alarm, alarm(ThreatReasonCode.INDEX_FALL))
    state = await state_when(handle, is_in(ActionCode.HEDGE, ActionState.UNDONE))
    sold = [one.ticket for one in layers.requests(SUBMIT_ORDER) if one.ticket.side is Side.SELL]
    assert [(one.symbol, one.shares, one.reason) for one in sold] == [(HEDGE, bought, "threat_unhedge")]


async def test_broker_when_it_fails_then_trading_is_halted_without_asking_and_only_a_person_ends_it(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(READ_HEALTH, failing_broker)
    handle = await begin(control, layers)
    state = await state_when(handle, is_in(ActionCode.STOP_ORDERS, ActionState.DONE))
    assert asked_states(layers) == [(StateAction.HALT, THREAT_STATE_CODE)]
    assert of(state, ActionCode.DOWNGRADE_MODE)[0].state is ActionState.DRY_RUN
    assert of(state, ActionCode.TIGHTEN_LIMITS)[0].state is ActionState.WAITING
    layers.script(OBSERVE, lambda request: invested(request).model_copy(update={"state": TradingState.HALTED}))
    await handle.signal(TradingDay.false_alarm, alarm(ThreatReasonCode.BROKER_ERRORS))
    state = await state_when(handle, lambda one: "two steps" in of(one, ActionCode.STOP_ORDERS)[0].text)
    assert of(state, ActionCode.TIGHTEN_LIMITS)[0].state is ActionState.EXPIRED
    assert (state.threat_level, of(state, ActionCode.STOP_ORDERS)[0].state) == (0, ActionState.DONE)
    assert asked_states(layers) == [(StateAction.HALT, THREAT_STATE_CODE)]


async def test_exchange_when_it_stops_then_trading_is_reduced_and_a_false_alarm_lifts_its_own_reduction(
    control: Client, layers: ScriptedLayers
) -> None:
    def stopped(request: Any) -> Any:
        market = MarketReadings(observed_at=datetime.now(UTC), circuit_breaker_stage=1)
        return facts.calm_threats(request, market=market)

    layers.script(READ_THREATS, stopped)
    handle = await begin(control, layers)
    await state_when(handle, is_in(ActionCode.STOP_ORDERS, ActionState.DONE))
    await handle.signal(TradingDay.false_alarm, alarm(ThreatReasonCode.CIRCUIT_BREAKER))
    state = await state_when(handle, is_in(ActionCode.STOP_ORDERS, ActionState.UNDONE))
    assert asked_states(layers) == [(StateAction.REDUCE, THREAT_STATE_CODE), (StateAction.LIFT, THREAT_STATE_CODE)]
    assert (state.threat_level, state.state) == (0, TradingState.ACTIVE)


async def test_level_when_a_person_sets_it_then_it_counts_at_once_and_goes_when_taken_back(
    control: Client, layers: ScriptedLayers
) -> None:
    handle = await begin(control, layers)
    await state_when(handle, lambda one: one.threat is not None)
    await handle.signal(TradingDay.set_threat_level, args=[5, "cli:minsu", "rumours"])
    state = await state_when(handle, is_in(ActionCode.STOP_ORDERS, ActionState.DONE))
    assert (state.threat_level, state.threat_floor) == (5, 5)
    await handle.signal(TradingDay.set_threat_level, args=[0, "cli:minsu", "denied"])
    state = await state_when(handle, is_in(ActionCode.STOP_ORDERS, ActionState.UNDONE))
    assert state.threat_level == 0
    assert [action for action, _ in asked_states(layers)] == [StateAction.REDUCE, StateAction.LIFT]


async def test_readings_when_no_layer_answers_then_the_day_goes_on_and_nothing_is_lowered(
    control: Client, layers: ScriptedLayers
) -> None:
    for entry in (READ_THREATS, READ_HEALTH, STANDING_THREAT, RECORD_THREAT):
        layers.script(entry, ApplicationError("down", non_retryable=True))
    handle = await begin(control, layers)
    state = await state_when(handle, lambda one: one.ticks == 2 and one.note)
    assert state.threat is not None
    assert state.threat_level == 0
    assert not any(channel.known for channel in state.threat.channels)
    assert "the feeds were not read" in state.threat.problems


async def test_tightening_when_two_people_agree_then_every_order_of_the_day_is_asked(
    control: Client, layers: ScriptedLayers
) -> None:
    def slow(request: Any) -> Any:
        ill = OperationReadings(observed_at=datetime.now(UTC), broker_calls=40, broker_errors=10)
        return falling(-0.06)(request).model_copy(update={"operations": ill})

    layers.script(READ_HEALTH, slow)
    handle = await begin(control, layers)
    state = await state_when(handle, is_in(ActionCode.TIGHTEN_LIMITS, ActionState.WAITING))
    tighten, cash = of(state, ActionCode.TIGHTEN_LIMITS)[0], of(state, ActionCode.RAISE_CASH)[0]
    first = await handle.execute_update(TradingDay.decide_action, decision(tighten))
    assert "a second is needed" in first
    await handle.execute_update(TradingDay.decide_action, decision(tighten, by="cli:jiwon"))
    await state_when(handle, is_in(ActionCode.TIGHTEN_LIMITS, ActionState.DONE))
    await handle.execute_update(TradingDay.decide_action, decision(cash))
    await eventually(lambda: layers.count(RECORD_APPROVAL))
    assert layers.requests(RECORD_APPROVAL)[0].reasons == ("EVERY_ORDER_ASKED",)
    state = await state_when(handle, lambda one: one.pending_approvals)
    assert of(state, ActionCode.RAISE_CASH)[0].state is ActionState.EXECUTING


async def test_day_when_an_earlier_one_left_a_reduction_then_calm_lifts_it(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(READ_THREATS, lambda request: facts.calm_threats(
        request, market=MarketReadings(observed_at=datetime.now(UTC), circuit_breaker_stage=1)
    ))  # fmt: skip
    first = await begin(control, layers)
    state = await state_when(first, is_in(ActionCode.STOP_ORDERS, ActionState.DONE))
    standing = of(state, ActionCode.STOP_ORDERS)[0]
    layers.script(READ_THREATS, facts.calm_threats)
    layers.script(STANDING_THREAT, StandingThreat(actions=(standing,)))
    second = await begin(control, layers)
    state = await state_when(second, is_in(ActionCode.STOP_ORDERS, ActionState.UNDONE))
    assert asked_states(layers)[-1] == (StateAction.LIFT, THREAT_STATE_CODE)
