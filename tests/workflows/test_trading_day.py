import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner

from daybook.contracts.base import TradingState
from daybook.contracts.calls import (
    ARCHIVE_DAY,
    BEGIN_DAY,
    CANCEL_ORDER,
    CHANGE_STATE,
    CLOSE_DAY,
    COLLECT_HISTORY,
    OBSERVE,
    POLL_ORDER,
    RECOMMEND,
    RECONCILE,
    RECORD_INTENT,
    SANDBOX_PREFLIGHT,
    SET_PHASE,
    WATCH_ACCOUNT,
    WRITE_REPORT,
)
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import (
    ApprovalAsked,
    DayPhase,
    DayResult,
    DayState,
    OrderEnded,
    PreflightReport,
    TradingDayInput,
)
from daybook.contracts.execution import OrderSummary
from daybook.contracts.orders import IntentState
from daybook.contracts.reconciliation import ReconcileMoment
from daybook.contracts.session import DayKind
from daybook.contracts.state import StateAction
from tests.workflows import facts
from tests.workflows.quick_decision import QuickDecision
from tests.workflows.scripted_layers import ScriptedLayers, eventually, hosted, unique
from workflows.decision_tick import DecisionTick
from workflows.place_order import PlaceOrder
from workflows.trading_day import TradingDay

Handle = WorkflowHandle[TradingDay, DayResult]
TRADED = [
    DayPhase.RECONCILING,
    DayPhase.PLANNING,
    DayPhase.WAITING_OPEN,
    DayPhase.TRADING,
    DayPhase.CLOSING,
    DayPhase.REPORTING,
    DayPhase.DONE,
]


async def begin(client: Client, at: str = "08:18", *, speed: float = 1.0, **changes: Any) -> Handle:
    day_input = facts.day_input(facts.clock_at(at, speed), unique("a"), **changes)
    return await client.start_workflow(TradingDay.run, day_input, id=unique("trading-day"), task_queue="control")


async def run(client: Client, at: str = "08:18", **changes: Any) -> DayResult:
    return await (await begin(client, at, **changes)).result()


def phases(layers: ScriptedLayers) -> list[DayPhase]:
    return [change.phase for change in layers.requests(SET_PHASE)]


def actions(layers: ScriptedLayers) -> list[StateAction]:
    return [request.action for request in layers.requests(CHANGE_STATE)]


def trading(**changes: Any) -> DayState:
    """Return the state of a day that trades and rests until its next decision, an hour away."""
    values: dict[str, Any] = {
        "day": facts.DAY,
        "phase": DayPhase.TRADING,
        "session": facts.session(),
        "universe": (facts.SYMBOL,),
        "recommendations": facts.recommendations(),
        "ticks": 2,
        "last_tick_at": facts.market("10:05"),
    }
    return DayState(**{**values, **changes})


async def state_of(handle: Handle, **wanted: Any) -> DayState:
    """Wait until the day's state has these values and return it."""

    async def look() -> DayState | None:
        state = await handle.query(TradingDay.status)
        return state if all(getattr(state, name) == value for name, value in wanted.items()) else None

    found: DayState = await eventually(look)
    return found


async def working_order(client: Client, day_id: str = "") -> tuple[str, WorkflowHandle[PlaceOrder, OrderSummary]]:
    intent_id = unique("intent")
    order = facts.order(intent_id, facts.clock_at("10:00"), day_id, desk=facts.desk(poll_interval_s=60))
    handle = await client.start_workflow(PlaceOrder.run, order, id=f"order-{intent_id}", task_queue="control")
    return intent_id, handle


# --- the day's course -----------------------------------------------------------------------------------------


async def test_day_when_nothing_happens_then_it_goes_through_every_phase_to_its_report(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    handle = await begin(skipping_control)
    result = await handle.result()
    assert (result.phase, result.signed_off, result.ticks) == (DayPhase.DONE, True, 7)
    assert (result.equity_krw, result.report_markdown) == (10_050_000, f"reports/{facts.DAY}.md")
    assert phases(layers) == TRADED
    moments = [request.moment for request in layers.requests(RECONCILE)]
    assert moments == [ReconcileMoment.START, ReconcileMoment.END]
    assert [request.number for request in layers.requests(OBSERVE)] == [1, 2, 3, 4, 5, 6, 7]
    watch = layers.requests(WATCH_ACCOUNT)[0]
    assert watch.day_workflow_id == handle.id


async def test_day_when_decisions_are_due_then_they_lie_on_the_grid(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    handle = await begin(skipping_control, strategy={"tick_interval_min": 90})
    await handle.result()
    state = await handle.query(TradingDay.status)
    assert (state.ticks, state.missed_ticks) == (5, 0)
    assert state.last_tick_at is not None
    assert abs(state.last_tick_at - facts.market("15:05")) < timedelta(seconds=1)


@pytest.mark.parametrize(
    "session",
    [
        facts.closed(),
        facts.closed(kind=DayKind.DISAGREED, reason="calendar sources differ: KRX says closed, KIS says open"),
    ],
    ids=["holiday", "disagreement"],
)
async def test_day_when_it_has_no_session_then_it_ends_at_once_with_the_reason(
    control: Client, layers: ScriptedLayers, session: Any
) -> None:
    layers.script(BEGIN_DAY, session)
    result = await run(control)
    assert (result.phase, result.reason, result.ticks) == (DayPhase.SKIPPED, session.reason, 0)
    assert layers.count(RECONCILE) == layers.count(WATCH_ACCOUNT) == 0


async def test_day_when_started_after_the_close_then_it_is_skipped(control: Client, layers: ScriptedLayers) -> None:
    result = await run(control, "15:31")
    assert (result.phase, "over when the day was started" in result.reason) == (DayPhase.SKIPPED, True)
    assert phases(layers) == [DayPhase.SKIPPED]


async def test_day_when_started_late_then_it_decides_from_now_on(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    result = await run(skipping_control, "13:30")
    assert (result.phase, result.ticks) == (DayPhase.DONE, 2)
    assert phases(layers) == TRADED


async def test_day_when_started_in_the_closing_auction_then_it_makes_no_decision(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    result = await run(skipping_control, "15:21")
    assert (result.phase, result.ticks, layers.count(OBSERVE)) == (DayPhase.DONE, 0, 0)


async def test_day_when_a_decision_takes_too_long_then_missed_points_of_the_grid_are_skipped(
    remembering_control: Client, layers: ScriptedLayers
) -> None:
    async def slow(request: Any) -> Any:
        await asyncio.sleep(1.2)
        return facts.observation(request)

    layers.script(OBSERVE, facts.observation, slow, facts.observation)
    carried = trading(last_tick_at=facts.market("12:25"), recommendations=None)
    handle = await begin(remembering_control, "12:30", speed=3600, carried=carried, strategy={"tick_interval_min": 20})
    await handle.result()
    state = await handle.query(TradingDay.status)
    assert state.last_tick_at is not None
    assert (state.last_tick_at - facts.market("12:25")) % timedelta(minutes=20) == timedelta()
    assert state.missed_ticks >= 2
    assert state.ticks - carried.ticks + state.missed_ticks <= 8


async def test_day_when_a_decision_fails_then_it_is_skipped_and_the_day_goes_on(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    failure = ApplicationError("broken", type="Configuration", non_retryable=True)
    layers.script(OBSERVE, facts.observation, failure, facts.observation)
    result = await run(skipping_control)
    assert (result.phase, result.ticks, layers.count(OBSERVE)) == (DayPhase.DONE, 7, 7)


async def test_day_when_it_plans_then_the_ranking_reaches_every_decision(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECOMMEND, facts.recommendations())
    result = await run(skipping_control, "14:30")
    assert result.orders_started == 1
    assert layers.requests(RECOMMEND)[0].universe == layers.requests(OBSERVE)[0].symbols == (facts.SYMBOL,)
    assert layers.count(COLLECT_HISTORY) == 1


# --- reconciliation -------------------------------------------------------------------------------------------


def differing(request: Any) -> Any:
    return facts.reconciled(request.moment, differs=True)


def agreeing(request: Any) -> Any:
    return facts.reconciled(request.moment)


async def test_day_when_not_reconciled_then_it_is_halted_until_a_person_accepts_and_goes_on(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECONCILE, differing, agreeing)
    handle = await begin(control, "08:31")
    await state_of(handle, state=TradingState.HALTED)
    assert layers.requests(CHANGE_STATE)[0].code == "RECONCILIATION_BREAK"
    await handle.signal(TradingDay.reconcile_again)
    state = await state_of(handle, phase=DayPhase.WAITING_OPEN)
    assert state.opening_reconciliation is not None
    assert (state.opening_reconciliation.signed_off, layers.count(RECONCILE)) == (True, 2)


async def test_day_when_differences_vanish_by_themselves_then_it_is_halted_once_and_goes_on(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECONCILE, differing, differing, differing, agreeing)
    result = await run(skipping_control)
    assert (result.phase, actions(layers).count(StateAction.HALT)) == (DayPhase.DONE, 1)


async def test_day_when_nobody_accepts_in_time_then_it_is_skipped_with_the_command_to_run(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECONCILE, differing)
    result = await run(skipping_control)
    assert (result.phase, "daybook reconcile --accept" in result.reason) == (DayPhase.SKIPPED, True)
    assert 12 <= layers.count(RECONCILE) <= 14
    assert layers.count(OBSERVE) == 0


async def test_day_when_the_close_does_not_agree_then_the_desk_is_halted_and_the_report_written(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECONCILE, agreeing, differing)
    result = await run(skipping_control, "14:30")
    halt = layers.requests(CHANGE_STATE)[-1]
    assert (halt.action, halt.code) == (StateAction.HALT, "RECONCILIATION_BREAK")
    assert (result.phase, result.signed_off) == (DayPhase.DONE, False)
    assert layers.requests(WRITE_REPORT)[0].closing.signed_off is False


async def test_day_when_a_layer_clock_is_off_then_it_only_reduces(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    layers.script(
        SANDBOX_PREFLIGHT,
        lambda request: PreflightReport(
            layer="sandbox", version="0", process_id=1, answered_at=request.asked_at + timedelta(seconds=90)
        ),
    )
    await run(skipping_control, "15:00")
    request = layers.requests(CHANGE_STATE)[0]
    assert (request.action, request.code, "sandbox clock" in request.reason) == (StateAction.REDUCE, "CLOCK_SKEW", True)


# --- signals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signal", "action", "state"),
    [("halt", StateAction.HALT, TradingState.HALTED), ("reduce", StateAction.REDUCE, TradingState.REDUCING)],
)
async def test_signal_when_it_stops_the_desk_then_state_is_written_and_open_buys_are_cancelled(
    control: Client, layers: ScriptedLayers, signal: str, action: StateAction, state: TradingState
) -> None:
    layers.script(POLL_ORDER, lambda reference: facts.progress(reference, IntentState.WORKING, 0))
    intent_id, order = await working_order(control)
    handle = await begin(control, "10:30", carried=trading(open_orders=(intent_id, "ended-long-ago")))
    await eventually(lambda: layers.count(POLL_ORDER))
    await handle.signal(signal, args=["rumours", "owner"])
    summary = await order.result()
    seen = await state_of(handle, state=state)
    request = layers.requests(CHANGE_STATE)[0]
    assert (request.action, request.by, request.reason, request.code) == (action, "owner", "rumours", "KILL_SWITCH")
    assert (seen.state_reason, summary.state, layers.count(CANCEL_ORDER)) == ("rumours", IntentState.CANCELLED, 1)


async def test_halt_when_a_decision_is_being_made_then_its_orders_are_stopped_and_the_halt_stays(
    remembering_control: Client, layers: ScriptedLayers
) -> None:
    control = remembering_control
    looking, released = asyncio.Event(), asyncio.Event()

    async def observe(request: Any) -> Any:
        looking.set()
        await asyncio.wait_for(released.wait(), 10)
        return facts.observation(request)

    layers.script(OBSERVE, observe)
    layers.script(POLL_ORDER, lambda reference: facts.progress(reference, IntentState.WORKING, 0))
    carried = trading(last_tick_at=facts.market("09:05"))
    handle = await begin(control, "10:10", carried=carried, poll_interval_s=60)
    await asyncio.wait_for(looking.wait(), 10)
    await handle.signal(TradingDay.halt, args=["rumours", "owner"])
    await state_of(handle, state=TradingState.HALTED)
    released.set()
    await eventually(lambda: layers.count(RECORD_INTENT))
    intent_id = layers.requests(RECORD_INTENT)[0].intent_id
    order = control.get_workflow_handle(f"order-{intent_id}", result_type=OrderSummary)
    ended = await asyncio.wait_for(order.result(), 15)
    state = await state_of(handle, orders_started=1)
    assert ended.state in (IntentState.CANCELLED, IntentState.DENIED)
    assert (state.state, state.state_reason) == (TradingState.HALTED, "rumours")


async def test_breaker_when_it_trips_in_a_decision_then_orders_of_earlier_ones_are_stopped(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(
        OBSERVE,
        lambda request: facts.observation(request, state=TradingState.REDUCING, state_reason="2.1 % lost today"),
    )
    layers.script(POLL_ORDER, lambda reference: facts.progress(reference, IntentState.WORKING, 0))
    intent_id, order = await working_order(control)
    carried = trading(last_tick_at=facts.market("09:05"), open_orders=(intent_id,))
    handle = await begin(control, "10:10", carried=carried)
    summary = await order.result()
    state = await state_of(handle, state=TradingState.REDUCING)
    assert (summary.state, state.state_reason) == (IntentState.CANCELLED, "2.1 % lost today")


async def test_reschedule_when_the_open_moves_later_then_the_first_decision_does_too(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    handle: Handle

    async def announce(request: Any) -> Any:
        await handle.signal(TradingDay.reschedule, facts.market("13:00"))
        return facts.recommendations()

    layers.script(RECOMMEND, announce)
    handle = await begin(skipping_control)
    result = await handle.result()
    state = await handle.query(TradingDay.status)
    assert (result.ticks, state.last_tick_at is not None) == (3, True)


async def test_reschedule_when_the_day_waits_for_the_open_then_it_wakes(
    control: Client, layers: ScriptedLayers
) -> None:
    handle = await begin(control, "08:50")
    await state_of(handle, phase=DayPhase.WAITING_OPEN)
    await handle.signal(TradingDay.reschedule, facts.market("08:40"))
    await eventually(lambda: layers.count(OBSERVE))
    state = await state_of(handle, phase=DayPhase.TRADING)
    assert state.rescheduled_opens == facts.market("08:40")


async def test_threat_level_when_set_then_it_is_kept_within_its_range_and_reaches_the_next_decision(
    control: Client, layers: ScriptedLayers
) -> None:
    handle = await begin(control, "10:30", carried=trading())
    await handle.signal(TradingDay.set_threat_level, 9)
    await state_of(handle, threat_level=5)
    await handle.signal(TradingDay.set_threat_level, -1)
    await state_of(handle, threat_level=0)


async def test_orders_when_they_end_then_the_day_counts_them(control: Client, layers: ScriptedLayers) -> None:
    def ended(intent_id: str, side: str, state: IntentState, amount_krw: int = 0) -> OrderEnded:
        return OrderEnded(
            summary=OrderSummary(
                intent_id=intent_id,
                symbol=facts.SYMBOL,
                side=side,
                state=state,
                shares=10,
                filled_shares=10 if amount_krw else 0,
                filled_amount_krw=amount_krw,
            )
        )

    handle = await begin(control, "10:30", carried=trading(open_orders=("one", "two", "three")))
    await handle.signal(TradingDay.approval_asked, ApprovalAsked(intent_id="three", waiting=True))
    await handle.signal(TradingDay.order_ended, ended("one", "buy", IntentState.FILLED, 700_000))
    await handle.signal(TradingDay.order_ended, ended("two", "sell", IntentState.CANCELLED, 300_000))
    state = await state_of(handle, open_orders=("three",), pending_approvals=("three",))
    assert (state.orders_filled, state.bought_krw, state.sold_krw) == (1, 700_000, 300_000)
    await handle.signal(TradingDay.order_ended, ended("three", "buy", IntentState.EXPIRED))
    state = await state_of(handle, open_orders=(), pending_approvals=())
    assert state.orders_denied == 1


async def test_day_when_an_order_fills_then_the_day_is_told_and_closes_without_open_orders(
    remembering_control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECOMMEND, facts.recommendations())
    handle = await begin(remembering_control, "14:50", speed=600)
    await state_of(handle, orders_filled=1, open_orders=())
    assert (await handle.query(TradingDay.status)).bought_krw > 0


# --- growing history ------------------------------------------------------------------------------------------


async def test_day_when_continued_as_new_then_its_state_is_carried_and_nothing_is_prepared_again(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    result = await run(skipping_control, "12:00", carried=trading(runs=2, last_tick_at=facts.market("12:00")))
    assert (result.phase, result.ticks, layers.count(BEGIN_DAY)) == (DayPhase.DONE, 5, 0)
    assert [request.number for request in layers.requests(OBSERVE)] == [3, 4, 5]
    assert phases(layers) == [DayPhase.CLOSING, DayPhase.REPORTING, DayPhase.DONE]
    assert layers.count(WATCH_ACCOUNT) == 1


async def test_day_when_it_decides_every_other_minute_then_no_run_grows_beyond_ten_thousand_events(
    skipping_temporal: Client, layers: ScriptedLayers
) -> None:
    options: dict[str, Any] = {"decision": QuickDecision, "workflow_runner": UnsandboxedWorkflowRunner()}
    async with hosted(skipping_temporal, layers, **options) as client:
        handle = await begin(client, strategy={"tick_interval_min": 2})
        result = await asyncio.wait_for(handle.result(), 200)
        state = await handle.query(TradingDay.status)
        events = []
        run_id: str | None = handle.first_execution_run_id
        while run_id:
            history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
            events.append(len(history.events))
            run_id = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    assert (result.phase, result.ticks + state.missed_ticks, state.runs) == (DayPhase.DONE, 188, len(events))
    assert len(events) >= 2
    assert max(events) < 10_000
    assert sum(events) / result.ticks < 40, "events in the day's own history for each decision"
    assert layers.count(CLOSE_DAY) == 1


async def test_decision_when_it_starts_one_order_then_its_history_is_short(
    control: Client, layers: ScriptedLayers
) -> None:
    decision = await control.start_workflow(
        DecisionTick.run, facts.tick(facts.clock_at("10:00"), unique("a")), id=unique("tick"), task_queue="control"
    )
    result = await decision.result()
    assert len(result.started) == 1
    assert len((await decision.fetch_history()).events) < 40


def test_clock_when_a_day_is_given_then_input_survives_the_converter() -> None:
    day_input = facts.day_input(MarketClock.real_time(), "main", carried=trading())
    assert TradingDayInput.model_validate_json(day_input.model_dump_json()) == day_input


async def test_day_when_it_is_closed_then_quotes_orders_and_report_are_archived(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    result = await run(skipping_control, "14:30")
    (request,) = layers.requests(ARCHIVE_DAY)
    assert (request.day, request.report_markdown) == (result.day, result.report_markdown)


async def test_day_when_the_object_store_refuses_then_the_day_is_done_all_the_same(
    skipping_control: Client, layers: ScriptedLayers
) -> None:
    layers.script(ARCHIVE_DAY, ApplicationError("no bucket", non_retryable=True))
    result = await run(skipping_control, "14:30")
    assert (result.phase, result.signed_off) == (DayPhase.DONE, True)
