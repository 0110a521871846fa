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
from daybook.contracts.execution import FindResult, FoundOrder, OrderProgress
from daybook.contracts.orders import AttemptOutcome, IntentState, SubmitOutcome
from tests.workflows import facts
from tests.workflows.scripted_layers import ORDER, ScriptedLayers, accepted
from tests.workflows.test_place_order import place, states, working

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
