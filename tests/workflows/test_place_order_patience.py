"""How PlaceOrder waits: for a broker that turns it away, for a POST on its way, for a person's word."""

import time
from itertools import pairwise

from temporalio.client import Client

from daybook.contracts.calls import CHECK_ORDER, FIND_ORDER, SUBMIT_ORDER, UPDATE_INTENT
from daybook.contracts.execution import FindResult, FoundOrder, OrderResolution
from daybook.contracts.orders import AttemptOutcome, BrokerOrderId, IntentState, SubmitOutcome
from tests.workflows import facts
from tests.workflows.scripted_layers import ORDER, ScriptedLayers, accepted, eventually, unique
from workflows.place_order import MAX_POSTS, PlaceOrder

UNKNOWN = SubmitOutcome(outcome=AttemptOutcome.UNKNOWN, text="no reply within 2 s")
NOT_BEGUN = SubmitOutcome(outcome=AttemptOutcome.NOT_EXECUTED, is_begun=False, text="another order is unknown")
TURNED_AWAY = SubmitOutcome(outcome=AttemptOutcome.NOT_EXECUTED, broker_code="EGW00201", text="rate limited")


async def begin(client: Client, **desk: object):
    intent_id = unique("intent")
    return await client.start_workflow(
        PlaceOrder.run,
        facts.order(intent_id, facts.clock_at("10:00"), desk=facts.desk(**desk)),
        id=f"order-{intent_id}",
        task_queue="control",
    )


async def test_submit_when_not_begun_many_times_then_no_number_is_used_up(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, *[NOT_BEGUN] * (MAX_POSTS + 2), accepted())
    summary = await (await begin(control, settle_interval_s=0.01)).result()
    assert (summary.state, summary.attempts) == (IntentState.FILLED, 1)
    assert {request.attempt for request in layers.requests(SUBMIT_ORDER)} == {1}
    assert layers.count(CHECK_ORDER) == MAX_POSTS + 3


async def test_submit_when_turned_away_in_a_row_then_each_pause_is_longer(
    control: Client, layers: ScriptedLayers
) -> None:
    asked_at: list[float] = []

    def answer(request: object) -> SubmitOutcome:
        asked_at.append(time.monotonic())
        return accepted() if len(asked_at) == 5 else TURNED_AWAY

    layers.script(SUBMIT_ORDER, answer)
    summary = await (await begin(control, settle_interval_s=0.5)).result()
    pauses = [after - before for before, after in pairwise(asked_at)]
    assert summary.state is IntentState.FILLED
    assert pauses[0] >= 0.1
    assert pauses[3] >= 0.8


async def test_look_when_it_is_too_early_then_it_is_not_counted(control: Client, layers: ScriptedLayers) -> None:
    early = FoundOrder(result=FindResult.TOO_EARLY)
    layers.script(SUBMIT_ORDER, UNKNOWN)
    layers.script(FIND_ORDER, *[early] * 12, FoundOrder(result=FindResult.FOUND, order=ORDER))
    summary = await (await begin(control, settle_interval_s=0.01)).result()
    assert (summary.state, layers.count(FIND_ORDER)) == (IntentState.FILLED, 13)


async def test_look_when_the_attempt_was_never_begun_then_a_new_one_follows_at_once(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN, UNKNOWN, UNKNOWN, accepted())
    layers.script(FIND_ORDER, FoundOrder(result=FindResult.NOT_BEGUN))
    summary = await (await begin(control)).result()
    assert (summary.state, layers.count(FIND_ORDER), layers.count(SUBMIT_ORDER)) == (IntentState.FILLED, 3, 4)
    assert [update.attempt for update in layers.requests(UPDATE_INTENT) if update.attempt] == [1, 2, 3]


async def test_person_when_naming_an_order_of_another_intent_then_it_waits_for_another_word(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(SUBMIT_ORDER, UNKNOWN)
    taken = FoundOrder(result=FindResult.INCONCLUSIVE, text="order 7 was linked elsewhere")
    right = BrokerOrderId(branch="06010", number="0000000008")
    layers.script(
        FIND_ORDER,
        FoundOrder(result=FindResult.AMBIGUOUS, text="two orders match"),
        taken,
        FoundOrder(result=FindResult.FOUND, order=right),
    )
    handle = await begin(control)

    async def asks() -> bool:
        return (await handle.query(PlaceOrder.status)).state is IntentState.NEEDS_HUMAN

    await eventually(asks)
    wrong = BrokerOrderId(branch="06010", number="0000000007")
    await handle.execute_update(PlaceOrder.resolve, OrderResolution(order=wrong, by="owner"))
    await eventually(lambda: layers.requests(UPDATE_INTENT)[-1].detail == taken.text)
    await handle.execute_update(PlaceOrder.resolve, OrderResolution(order=right, by="owner"))
    summary = await handle.result()
    assert summary.state is IntentState.FILLED
    assert [request.named for request in layers.requests(FIND_ORDER)] == [None, wrong, right]
