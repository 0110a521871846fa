"""PlaceOrder makes no call for what the trading layer has written down already."""

from typing import Any

from temporalio.client import Client

from daybook.contracts.calls import (
    CANCEL_ORDER,
    CHECK_ORDER,
    FIND_ORDER,
    POLL_ORDER,
    RECORD_INTENT,
    SUBMIT_ORDER,
    UPDATE_INTENT,
)
from daybook.contracts.execution import ApprovalDecision, FindResult, FoundOrder, IntentStatus, OrderProgress
from daybook.contracts.orders import AttemptOutcome, IntentState, SubmitOutcome
from daybook.contracts.reasons import DenialCode
from tests.workflows import facts
from tests.workflows.scripted_layers import ORDER, ScriptedLayers, accepted, checked
from tests.workflows.test_place_order import ASKED, NOT_EXECUTED, begin, place, reached, states, working
from workflows.place_order import PlaceOrder

WORST = (DenialCode.CASH,)
RECORDED = accepted().model_copy(update={"recorded": True})


def ended(state: IntentState, filled: int) -> Any:
    def progress(reference: Any) -> OrderProgress:
        return facts.progress(reference, state, filled).model_copy(update={"recorded": True})

    return progress


async def test_order_when_the_trading_layer_records_it_then_no_call_only_writes_it_down_again(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, RECORDED)
    layers.script(POLL_ORDER, working(4), ended(IntentState.FILLED, 10))
    summary = await place(control)
    assert (summary.state, summary.filled_shares) == (IntentState.FILLED, 10)
    made = [RECORD_INTENT, CHECK_ORDER, SUBMIT_ORDER, POLL_ORDER, POLL_ORDER]
    assert layers.order == [entry.name for entry in made]


async def test_order_when_only_its_acceptance_is_recorded_then_its_end_is_written_down(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, RECORDED)
    summary = await place(control)
    assert (summary.state, states(layers)) == (IntentState.FILLED, [IntentState.FILLED])


async def test_order_when_found_after_an_unknown_outcome_then_it_is_written_down_as_working(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, SubmitOutcome(outcome=AttemptOutcome.UNKNOWN, text="no reply"))
    layers.script(FIND_ORDER, FoundOrder(result=FindResult.FOUND, order=ORDER))
    layers.script(POLL_ORDER, ended(IntentState.FILLED, 10))
    await place(control)
    assert states(layers) == [IntentState.UNKNOWN, IntentState.WORKING]


async def test_order_when_its_cancel_is_recorded_then_it_ends_with_that_call(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, RECORDED)
    layers.script(POLL_ORDER, working())
    layers.script(CANCEL_ORDER, ended(IntentState.CANCELLED, 0))
    summary = await place(control, speed=600)
    assert (summary.state, layers.count(UPDATE_INTENT)) == (IntentState.CANCELLED, 0)


def recorded_and(**changes: Any) -> Any:
    """Answer a record with checks made in the same call."""

    def status(request: Any) -> IntentStatus:
        return IntentStatus(
            intent_id=request.intent_id, state=IntentState.RECORDED, is_new=True, checked=checked(**changes)
        )

    return status


async def test_order_when_checked_by_the_call_that_records_then_it_is_sent_at_once(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECORD_INTENT, recorded_and())
    layers.script(SUBMIT_ORDER, RECORDED)
    layers.script(POLL_ORDER, ended(IntentState.FILLED, 10))
    summary = await place(control)
    assert (summary.state, summary.attempts) == (IntentState.FILLED, 1)
    assert layers.order == [entry.name for entry in (RECORD_INTENT, SUBMIT_ORDER, POLL_ORDER)]
    assert layers.requests(RECORD_INTENT)[0].clock is not None


async def test_order_when_the_first_checks_deny_it_then_nothing_is_sent(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECORD_INTENT, recorded_and(denials=WORST, texts=("no cash",)))
    summary = await place(control)
    assert (summary.state, summary.denials, states(layers)) == (IntentState.DENIED, WORST, [IntentState.DENIED])
    assert layers.count(CHECK_ORDER) == layers.count(SUBMIT_ORDER) == 0


async def test_order_when_it_was_not_executed_then_the_next_attempt_is_checked_anew(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECORD_INTENT, recorded_and())
    layers.script(SUBMIT_ORDER, NOT_EXECUTED, RECORDED)
    summary = await place(control)
    assert (summary.state, layers.count(CHECK_ORDER), layers.count(SUBMIT_ORDER)) == (IntentState.FILLED, 1, 2)


async def test_order_when_the_first_checks_ask_for_approval_then_it_is_checked_again_after_the_answer(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECORD_INTENT, recorded_and(approval_reasons=ASKED.approval_reasons))
    handle = await begin(control)
    await reached(handle, IntentState.AWAITING_APPROVAL)
    await handle.execute_update(PlaceOrder.decide, ApprovalDecision(approve=True, by="owner"))
    summary = await handle.result()
    assert (summary.state, [request.approved for request in layers.requests(CHECK_ORDER)]) == (
        IntentState.FILLED,
        [True],
    )


async def test_order_when_its_time_has_run_out_then_checks_made_before_do_not_count(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECORD_INTENT, recorded_and())
    summary = await place(control, at="10:11")
    assert (summary.denials, layers.count(SUBMIT_ORDER)) == ((DenialCode.TICKET_EXPIRED,), 0)
