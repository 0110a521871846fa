import asyncio
import time
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from daybook.contracts.base import Side
from daybook.contracts.calls import (
    CANCEL_ORDER,
    CHANGE_STATE,
    CHECK_ORDER,
    FIND_ORDER,
    POLL_ORDER,
    RECORD_APPROVAL,
    RECORD_INTENT,
    SUBMIT_ORDER,
    UPDATE_INTENT,
)
from daybook.contracts.execution import (
    ApprovalDecision,
    ApprovalVerdict,
    FindResult,
    FoundOrder,
    IntentStatus,
    OrderRef,
    OrderResolution,
    OrderSummary,
)
from daybook.contracts.orders import AttemptOutcome, BrokerOrderId, IntentState, Purpose, SubmitOutcome
from daybook.contracts.reasons import DenialCode
from daybook.contracts.state import StateAction
from tests.workflows import facts
from tests.workflows.scripted_layers import ORDER, ScriptedLayers, accepted, checked, eventually, unique
from workflows.place_order import MAX_POSTS, PlaceOrder

UNKNOWN = SubmitOutcome(outcome=AttemptOutcome.UNKNOWN, text="no reply within 2 s")
NOT_EXECUTED = SubmitOutcome(outcome=AttemptOutcome.NOT_EXECUTED, broker_code="EGW00201", text="rate limited")
ABSENT = FoundOrder(result=FindResult.ABSENT)
FOUND = FoundOrder(result=FindResult.FOUND, order=ORDER)
AMBIGUOUS = FoundOrder(result=FindResult.AMBIGUOUS, text="orders 1, 2 all match")
INCONCLUSIVE = FoundOrder(result=FindResult.INCONCLUSIVE, text="the order list is empty")
ASKED = checked(approval_reasons=("FAT_FINGER",))
SELL = {"side": Side.SELL, "purpose": Purpose.EXIT}

Handle = WorkflowHandle[PlaceOrder, OrderSummary]


async def begin(client: Client, *, at: str = "10:00", speed: float = 1.0, **changes: Any) -> Handle:
    intent_id = unique("intent")
    return await client.start_workflow(
        PlaceOrder.run,
        facts.order(intent_id, facts.clock_at(at, speed), **changes),
        id=f"order-{intent_id}",
        task_queue="control",
    )


async def place(client: Client, **changes: Any) -> OrderSummary:
    return await (await begin(client, **changes)).result()


def states(layers: ScriptedLayers) -> list[IntentState]:
    return [update.state for update in layers.requests(UPDATE_INTENT)]


def working(filled: int = 0) -> Any:
    return lambda reference: facts.progress(reference, IntentState.WORKING, filled)


async def reached(handle: Handle, state: IntentState) -> OrderSummary:
    async def look() -> OrderSummary | None:
        summary = await handle.query(PlaceOrder.status)
        return summary if summary.state is state else None

    found: OrderSummary = await eventually(look)
    return found


# --- the straight way -----------------------------------------------------------------------------------------


async def test_order_when_accepted_and_filled_then_every_step_is_made_once(
    control: Client, layers: ScriptedLayers
) -> None:
    summary = await place(control)
    assert (summary.state, summary.filled_shares, summary.attempts) == (IntentState.FILLED, 10, 1)
    made = [RECORD_INTENT, CHECK_ORDER, SUBMIT_ORDER, UPDATE_INTENT, POLL_ORDER, UPDATE_INTENT]
    assert layers.order == [entry.name for entry in made]
    assert states(layers) == [IntentState.WORKING, IntentState.FILLED]


async def test_order_when_run_by_a_worker_that_remembers_then_the_result_is_the_same(
    remembering_control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN)
    layers.script(FIND_ORDER, ABSENT, INCONCLUSIVE, FOUND)
    summary = await place(remembering_control)
    assert (summary.state, summary.attempts, layers.count(SUBMIT_ORDER)) == (IntentState.FILLED, 1, 1)


async def test_order_when_a_twin_is_in_flight_then_it_is_a_denied_duplicate(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(
        RECORD_INTENT,
        lambda ticket: IntentStatus(intent_id=ticket.intent_id, state=IntentState.DENIED, duplicate_of="other"),
    )
    summary = await place(control)
    assert (summary.state, summary.denials) == (IntentState.DENIED, (DenialCode.DUPLICATE_ORDER,))
    assert layers.order == [RECORD_INTENT.name]


async def test_order_when_its_intent_has_ended_before_then_nothing_is_done(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(
        RECORD_INTENT,
        lambda ticket: IntentStatus(intent_id=ticket.intent_id, state=IntentState.CANCELLED, detail="before"),
    )
    summary = await place(control)
    assert (summary.state, summary.text) == (IntentState.CANCELLED, "before")
    assert layers.order == [RECORD_INTENT.name]


async def test_order_when_checks_deny_it_then_nothing_is_sent(control: Client, layers: ScriptedLayers) -> None:
    layers.script(CHECK_ORDER, checked(denials=(DenialCode.CASH, DenialCode.MAX_NAMES), texts=("no cash", "8 names")))
    summary = await place(control)
    assert (summary.state, summary.denials) == (IntentState.DENIED, (DenialCode.CASH, DenialCode.MAX_NAMES))
    assert layers.count(SUBMIT_ORDER) == 0
    assert "no cash; 8 names" in layers.requests(UPDATE_INTENT)[-1].detail


async def test_order_when_its_time_has_run_out_then_nothing_is_sent(control: Client, layers: ScriptedLayers) -> None:
    summary = await place(control, at="10:11")
    assert (summary.state, summary.denials) == (IntentState.DENIED, (DenialCode.TICKET_EXPIRED,))
    assert layers.count(SUBMIT_ORDER) == layers.count(CHECK_ORDER) == 0


@pytest.mark.parametrize(
    ("denials", "state"),
    [((), IntentState.REJECTED), ((DenialCode.TRADING_HALTED,), IntentState.DENIED)],
    ids=["by the broker", "by the gateway"],
)
async def test_order_when_refused_then_it_ends_with_the_reason(
    control: Client, layers: ScriptedLayers, denials: tuple[DenialCode, ...], state: IntentState
) -> None:
    layers.script(SUBMIT_ORDER, SubmitOutcome(outcome=AttemptOutcome.REFUSED, denials=denials, text="no"))
    summary = await place(control)
    assert (summary.state, summary.denials) == (state, denials or (DenialCode.BROKER_REFUSED,))
    assert layers.count(SUBMIT_ORDER) == 1


# --- approval -------------------------------------------------------------------------------------------------


async def test_approval_when_given_then_the_order_is_checked_again_and_sent(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(CHECK_ORDER, ASKED, checked())
    handle = await begin(control)
    await reached(handle, IntentState.AWAITING_APPROVAL)
    answer = await handle.execute_update(PlaceOrder.decide, ApprovalDecision(approve=True, by="owner"))
    summary = await handle.result()
    assert (answer, summary.state) == ("approved", IntentState.FILLED)
    assert [request.approved for request in layers.requests(CHECK_ORDER)] == [False, True]
    verdicts = [(record.verdict, record.by) for record in layers.requests(RECORD_APPROVAL)]
    assert verdicts == [(ApprovalVerdict.PENDING, ""), (ApprovalVerdict.APPROVED, "owner")]


async def test_approval_when_refused_then_nothing_is_sent(control: Client, layers: ScriptedLayers) -> None:
    layers.script(CHECK_ORDER, ASKED, checked())
    handle = await begin(control)
    await reached(handle, IntentState.AWAITING_APPROVAL)
    await handle.execute_update(PlaceOrder.decide, ApprovalDecision(approve=False, by="owner"))
    summary = await handle.result()
    assert (summary.state, summary.denials) == (IntentState.DENIED, (DenialCode.APPROVAL_REJECTED,))
    assert layers.count(SUBMIT_ORDER) == 0


async def test_approval_when_nobody_answers_then_it_expires_and_a_late_yes_is_a_no(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(CHECK_ORDER, ASKED, checked())
    closing = asyncio.Event()

    async def record(record: Any) -> IntentStatus:
        if record.verdict is not ApprovalVerdict.PENDING:
            await asyncio.wait_for(closing.wait(), 10)
        return IntentStatus(intent_id=record.ticket.intent_id, state=IntentState.AWAITING_APPROVAL)

    layers.script(RECORD_APPROVAL, record)
    handle = await begin(control, desk=facts.desk(limits={"approval_valid_for_s": 0.2}))
    await eventually(lambda: layers.count(RECORD_APPROVAL) == 2)
    with pytest.raises(WorkflowUpdateFailedError) as late:
        await handle.execute_update(PlaceOrder.decide, ApprovalDecision(approve=True, by="owner"))
    closing.set()
    summary = await handle.result()
    assert "nothing to decide" in str(late.value.cause)
    assert (summary.state, summary.denials) == (IntentState.EXPIRED, (DenialCode.APPROVAL_EXPIRED,))
    assert layers.requests(RECORD_APPROVAL)[-1].verdict is ApprovalVerdict.EXPIRED
    assert layers.count(SUBMIT_ORDER) == 0


async def test_approval_when_the_order_shown_was_another_then_the_answer_is_refused(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(CHECK_ORDER, ASKED, checked())
    handle = await begin(control)
    await reached(handle, IntentState.AWAITING_APPROVAL)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(PlaceOrder.decide, ApprovalDecision(digest="other", approve=True, by="owner"))
    digest = layers.requests(RECORD_APPROVAL)[0].digest
    await handle.execute_update(PlaceOrder.decide, ApprovalDecision(digest=digest, approve=True, by="owner"))
    assert "has changed" in str(refused.value.cause)
    assert (await handle.result()).state is IntentState.FILLED


async def test_approval_when_not_asked_for_then_an_answer_is_refused(control: Client, layers: ScriptedLayers) -> None:
    layers.script(POLL_ORDER, working())
    handle = await begin(control)
    await reached(handle, IntentState.WORKING)
    with pytest.raises(WorkflowUpdateFailedError) as decision:
        await handle.execute_update(PlaceOrder.decide, ApprovalDecision(approve=True, by="owner"))
    with pytest.raises(WorkflowUpdateFailedError) as resolution:
        await handle.execute_update(PlaceOrder.resolve, OrderResolution(by="owner"))
    assert "nothing to decide" in str(decision.value.cause)
    assert "nothing to resolve" in str(resolution.value.cause)


async def test_stop_when_a_buy_waits_for_approval_then_it_is_a_no(control: Client, layers: ScriptedLayers) -> None:
    layers.script(CHECK_ORDER, ASKED, checked())
    handle = await begin(control)
    await reached(handle, IntentState.AWAITING_APPROVAL)
    await handle.signal(PlaceOrder.stop, "halted")
    summary = await handle.result()
    assert (summary.state, summary.denials) == (IntentState.DENIED, (DenialCode.APPROVAL_REJECTED,))
    assert layers.requests(RECORD_APPROVAL)[-1].by == "halted"


async def test_stop_when_a_sell_waits_for_approval_then_it_goes_on_waiting(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(CHECK_ORDER, ASKED, checked())
    handle = await begin(control, **SELL)
    await reached(handle, IntentState.AWAITING_APPROVAL)
    await handle.signal(PlaceOrder.stop, "only reduce")
    await handle.execute_update(PlaceOrder.decide, ApprovalDecision(approve=True, by="owner"))
    assert (await handle.result()).state is IntentState.FILLED


async def test_stop_when_it_comes_before_the_checks_then_a_buy_is_denied(
    control: Client, layers: ScriptedLayers
) -> None:
    released = asyncio.Event()

    async def record(ticket: Any) -> IntentStatus:
        await asyncio.wait_for(released.wait(), 10)
        return IntentStatus(intent_id=ticket.intent_id, state=IntentState.RECORDED, is_new=True)

    layers.script(RECORD_INTENT, record)
    handle = await begin(control)
    await eventually(lambda: layers.count(RECORD_INTENT))
    await handle.signal(PlaceOrder.stop, "halted")
    released.set()
    summary = await handle.result()
    assert (summary.state, summary.denials) == (IntentState.DENIED, (DenialCode.TRADING_HALTED,))
    assert layers.count(CHECK_ORDER) == layers.count(SUBMIT_ORDER) == 0


# --- unknown outcomes -----------------------------------------------------------------------------------------


async def test_unknown_outcome_when_the_order_is_found_then_it_is_adopted_and_never_sent_again(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN)
    layers.script(FIND_ORDER, ABSENT, ABSENT, FOUND)
    summary = await place(control)
    assert (summary.state, summary.attempts, layers.count(SUBMIT_ORDER)) == (IntentState.FILLED, 1, 1)
    assert states(layers) == [IntentState.UNKNOWN, IntentState.WORKING, IntentState.FILLED]
    assert layers.requests(POLL_ORDER)[0].order == ORDER


async def test_unknown_outcome_when_absent_often_enough_then_a_new_attempt_starts_at_the_checks(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN, accepted())
    summary = await place(control)
    assert (summary.state, summary.attempts) == (IntentState.FILLED, 2)
    assert [request.attempt for request in layers.requests(SUBMIT_ORDER)] == [1, 2]
    assert layers.count(FIND_ORDER) == 3
    assert layers.count(CHECK_ORDER) == 2
    closed = [update.attempt for update in layers.requests(UPDATE_INTENT) if update.attempt]
    assert closed == [1]


async def test_unknown_outcome_when_a_look_is_inconclusive_then_counting_starts_again(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN, accepted())
    layers.script(FIND_ORDER, ABSENT, ABSENT, INCONCLUSIVE, ABSENT, ABSENT, ABSENT)
    summary = await place(control)
    assert (summary.state, layers.count(FIND_ORDER)) == (IntentState.FILLED, 6)


async def test_unknown_outcome_when_every_attempt_is_lost_then_the_intent_ends_not_accepted(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN)
    summary = await place(control, desk=facts.desk(max_attempts=2, settle_interval_s=0.01))
    assert (summary.state, summary.attempts) == (IntentState.NOT_ACCEPTED, 2)
    assert layers.count(SUBMIT_ORDER) == 2


async def test_unknown_outcome_when_ambiguous_then_the_desk_is_halted_until_a_person_names_the_order(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN)
    named = BrokerOrderId(branch="06010", number="0000000777")
    layers.script(FIND_ORDER, AMBIGUOUS, FoundOrder(result=FindResult.FOUND, order=named))
    handle = await begin(control)
    await reached(handle, IntentState.NEEDS_HUMAN)
    await eventually(lambda: layers.count(CHANGE_STATE))
    answer = await handle.execute_update(PlaceOrder.resolve, OrderResolution(order=named, by="owner"))
    summary = await handle.result()
    halt = layers.requests(CHANGE_STATE)[0]
    assert (halt.action, halt.code) == (StateAction.HALT, "UNKNOWN_OUTCOME")
    assert (answer, summary.state, summary.attempts) == ("adopted 0000000777", IntentState.FILLED, 1)
    assert layers.requests(POLL_ORDER)[0].order == named


async def test_unknown_outcome_when_the_order_a_person_names_is_another_intent_s_then_it_goes_on_waiting(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN)
    layers.script(FIND_ORDER, AMBIGUOUS, INCONCLUSIVE)
    handle = await begin(control)
    await reached(handle, IntentState.NEEDS_HUMAN)
    await handle.execute_update(PlaceOrder.resolve, OrderResolution(order=ORDER, by="owner"))
    await eventually(lambda: layers.requests(UPDATE_INTENT)[-1].detail == INCONCLUSIVE.text)
    assert layers.requests(FIND_ORDER)[-1].named == ORDER
    await handle.execute_update(PlaceOrder.resolve, OrderResolution(by="owner"))
    assert (await handle.result()).state is IntentState.NOT_ACCEPTED


async def test_unknown_outcome_when_a_person_says_there_is_no_order_then_it_ends_not_accepted(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN)
    layers.script(FIND_ORDER, INCONCLUSIVE)
    handle = await begin(control, desk=facts.desk(settle_interval_s=0.01))
    await reached(handle, IntentState.NEEDS_HUMAN)
    assert layers.count(FIND_ORDER) == 9
    await handle.execute_update(PlaceOrder.resolve, OrderResolution(by="owner"))
    summary = await handle.result()
    assert (summary.state, layers.count(SUBMIT_ORDER)) == (IntentState.NOT_ACCEPTED, 1)
    assert layers.requests(UPDATE_INTENT)[-1].attempt == 1


async def test_submit_when_the_activity_fails_then_the_outcome_is_unknown_and_it_is_never_retried(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, RuntimeError("the worker died"))
    layers.script(FIND_ORDER, FOUND)
    summary = await place(control)
    assert (summary.state, layers.count(SUBMIT_ORDER)) == (IntentState.FILLED, 1)
    assert states(layers)[0] is IntentState.UNKNOWN


async def test_find_when_the_activity_fails_then_it_is_asked_again(control: Client, layers: ScriptedLayers) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN)
    layers.script(FIND_ORDER, ApplicationError("no answer", type="BrokerUnavailable"), FOUND)
    summary = await place(control)
    assert (summary.state, layers.count(FIND_ORDER)) == (IntentState.FILLED, 2)


async def test_submit_when_rate_limited_then_a_new_attempt_follows_without_looking(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, NOT_EXECUTED, NOT_EXECUTED, accepted())
    summary = await place(control)
    assert (summary.state, summary.attempts) == (IntentState.FILLED, 3)
    assert layers.count(CHECK_ORDER) == 3
    assert layers.count(FIND_ORDER) == 0


async def test_submit_when_never_executed_then_it_gives_up(control: Client, layers: ScriptedLayers) -> None:
    layers.script(SUBMIT_ORDER, NOT_EXECUTED)
    summary = await place(control)
    assert (summary.state, layers.count(SUBMIT_ORDER)) == (IntentState.NOT_ACCEPTED, MAX_POSTS)


async def test_unknown_outcome_when_it_is_too_early_to_tell_then_looks_do_not_count(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN, accepted())
    layers.script(FIND_ORDER, *[FoundOrder(result=FindResult.TOO_EARLY)] * 12, ABSENT)
    summary = await place(control, desk=facts.desk(settle_interval_s=0.01))
    assert (summary.state, summary.attempts, layers.count(FIND_ORDER)) == (IntentState.FILLED, 2, 15)


async def test_unknown_outcome_when_the_attempt_was_never_begun_then_the_next_one_follows_at_once(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, RuntimeError("the worker died"), accepted())
    layers.script(FIND_ORDER, FoundOrder(result=FindResult.NOT_BEGUN, text="nothing was sent"))
    summary = await place(control)
    assert (summary.state, summary.attempts, layers.count(FIND_ORDER)) == (IntentState.FILLED, 2, 1)
    assert layers.count(CHECK_ORDER) == 2


async def test_submit_when_nothing_was_begun_then_the_attempt_keeps_its_number(
    control: Client, layers: ScriptedLayers
) -> None:
    waiting = SubmitOutcome(outcome=AttemptOutcome.NOT_EXECUTED, is_begun=False, text="another is unknown")
    layers.script(SUBMIT_ORDER, waiting, waiting, accepted())
    summary = await place(control)
    assert (summary.state, summary.attempts) == (IntentState.FILLED, 1)
    assert [request.attempt for request in layers.requests(SUBMIT_ORDER)] == [1, 1, 1]


# --- a working order ------------------------------------------------------------------------------------------


async def test_working_order_when_its_life_ends_then_the_rest_is_cancelled_and_the_part_is_kept(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(POLL_ORDER, working(4))
    layers.script(CANCEL_ORDER, working(4), lambda reference: facts.progress(reference, IntentState.CANCELLED, 4))
    summary = await place(control, speed=600)
    assert (summary.state, summary.filled_shares, summary.filled_amount_krw) == (IntentState.CANCELLED, 4, 280_000)
    assert layers.count(CANCEL_ORDER) == 2


async def test_working_order_when_the_broker_is_silent_then_it_is_asked_again(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(POLL_ORDER, lambda reference: facts.progress(reference, None, 0), *[working()] * 2, _filled)
    summary = await place(control)
    assert (summary.state, layers.count(POLL_ORDER)) == (IntentState.FILLED, 4)


def _filled(reference: OrderRef) -> Any:
    return facts.progress(reference, IntentState.FILLED, reference.ticket.shares)


async def test_stop_when_a_buy_works_then_it_is_cancelled(control: Client, layers: ScriptedLayers) -> None:
    layers.script(POLL_ORDER, working())
    handle = await begin(control, desk=facts.desk(poll_interval_s=60))
    await reached(handle, IntentState.WORKING)
    await eventually(lambda: layers.count(POLL_ORDER))
    await handle.signal(PlaceOrder.stop, "halted")
    summary = await handle.result()
    assert (summary.state, layers.count(CANCEL_ORDER)) == (IntentState.CANCELLED, 1)


async def test_stop_when_a_sell_works_then_it_goes_on(control: Client, layers: ScriptedLayers) -> None:
    layers.script(POLL_ORDER, working(), working(), _filled)
    handle = await begin(control, **SELL)
    await eventually(lambda: layers.count(POLL_ORDER))
    await handle.signal(PlaceOrder.stop, "halted")
    summary = await handle.result()
    assert (summary.state, layers.count(CANCEL_ORDER)) == (IntentState.FILLED, 0)


async def test_notice_when_it_arrives_then_the_order_is_looked_at_now(control: Client, layers: ScriptedLayers) -> None:
    layers.script(POLL_ORDER, working(), _filled)
    handle = await begin(control, desk=facts.desk(poll_interval_s=60))
    await eventually(lambda: layers.count(POLL_ORDER))
    began = time.monotonic()
    await handle.signal(PlaceOrder.notice)
    summary = await handle.result()
    assert summary.state is IntentState.FILLED
    assert time.monotonic() - began < 3
