from datetime import date

import pytest
from temporalio.client import Client

from daybook.contracts.base import TradingState
from daybook.contracts.calls import (
    BEGIN_DAY,
    CHANGE_STATE,
    CHECK_ORDER,
    FIND_ORDER,
    OBSERVE,
    RECONCILE,
    SUBMIT_ORDER,
    Layer,
)
from daybook.contracts.day import DayPhase
from daybook.contracts.execution import FindResult, FoundOrder
from daybook.contracts.orders import AttemptOutcome, BrokerOrderId, IntentState, SubmitOutcome
from daybook.contracts.reconciliation import ReconcileMoment
from daybook.contracts.state import StateAction
from daybook.front.desk import Desk
from daybook.front.errors import DeskError, DeskNoAnswer, DeskNotFound, DeskUnreachable, IdempotencyConflict
from daybook.settings import Settings, TemporalSettings
from tests.workflows import facts
from tests.workflows.scripted_layers import ScriptedLayers, checked, eventually, unique

OTHER_DAY = date(2026, 3, 9)


async def start_day(desk: Desk, at: str = "08:50", **keys: str) -> str:
    return await desk.start_day(facts.DAY, facts.clock_at(at), **keys)


async def place(desk: Desk) -> str:
    """Start an order and return its intent."""
    intent_id = unique("intent")
    await desk.client.start_workflow(
        "PlaceOrder", facts.order(intent_id, facts.clock_at("10:00")), id=f"order-{intent_id}", task_queue="control"
    )
    return intent_id


async def reached(desk: Desk, intent_id: str, state: IntentState) -> None:
    async def look() -> bool:
        return (await desk.order_state(intent_id)).state is state

    await eventually(look)


# --- days -----------------------------------------------------------------------------------------------------


async def test_day_when_started_then_its_state_can_be_read_and_it_is_the_running_one(
    desk: Desk, layers: ScriptedLayers, settings: Settings
) -> None:
    workflow_id = await start_day(desk)

    async def waiting() -> bool:
        return (await desk.day_state(facts.DAY)).phase is DayPhase.WAITING_OPEN

    await eventually(waiting)
    assert workflow_id == f"trading-day-{settings.account}-{facts.DAY}"
    assert await eventually(desk.running_day) == workflow_id
    assert layers.requests(BEGIN_DAY)[0].desk == settings.desk_config()


async def test_day_when_started_twice_then_the_second_is_refused_with_the_command_to_look(desk: Desk) -> None:
    await start_day(desk)
    with pytest.raises(DeskError, match="daybook day status"):
        await start_day(desk)


async def test_day_when_it_has_run_then_it_is_not_started_again(desk: Desk, layers: ScriptedLayers) -> None:
    layers.script(BEGIN_DAY, facts.closed())
    await start_day(desk)
    result = await desk.day_result(facts.DAY)
    assert result.reason == "holiday: Lunar New Year"
    with pytest.raises(DeskError, match="already started"):
        await start_day(desk)


async def test_day_when_the_same_key_comes_again_then_it_is_the_same_day(desk: Desk) -> None:
    key = unique("key")
    first = await start_day(desk, idempotency_key=key, body_digest="body")
    assert await start_day(desk, idempotency_key=key, body_digest="body") == first


async def test_day_when_a_key_comes_with_another_request_then_it_is_a_conflict(desk: Desk) -> None:
    key = unique("key")
    workflow_id = await start_day(desk, idempotency_key=key, body_digest="body")
    with pytest.raises(IdempotencyConflict):
        await start_day(desk, idempotency_key=key, body_digest="another body")

    async def listed() -> bool:
        query = f"WorkflowId='{workflow_id}'"
        return [execution.id async for execution in desk.client.list_workflows(query)] == [workflow_id]

    await eventually(listed)
    with pytest.raises(IdempotencyConflict):
        await desk.start_day(OTHER_DAY, facts.clock_at("08:50"), idempotency_key=key, body_digest="body")


async def test_day_when_it_was_never_started_then_it_is_not_found(desk: Desk) -> None:
    with pytest.raises(DeskNotFound, match="daybook day list"):
        await desk.day_state(facts.DAY)


# --- trading state --------------------------------------------------------------------------------------------


async def test_state_when_halted_then_the_trading_layer_is_asked_in_the_person_s_name(
    desk: Desk, layers: ScriptedLayers, settings: Settings
) -> None:
    result = await desk.change_state(StateAction.HALT, by="owner", reason="fire")
    request = layers.requests(CHANGE_STATE)[0]
    assert (result.state, request.account, request.by, request.reason) == (
        TradingState.HALTED,
        settings.account,
        "owner",
        "fire",
    )


async def test_state_when_the_same_key_comes_again_then_it_is_changed_once(desk: Desk, layers: ScriptedLayers) -> None:
    key = unique("key")
    for _ in range(2):
        await desk.change_state(StateAction.HALT, by="owner", idempotency_key=key, body_digest="body")
    assert layers.count(CHANGE_STATE) == 1
    with pytest.raises(IdempotencyConflict):
        await desk.change_state(StateAction.REDUCE, by="owner", idempotency_key=key, body_digest="other")


async def test_state_when_no_worker_runs_then_the_change_is_queued_and_says_so(idle_desk: Desk) -> None:
    workflow_id = await idle_desk.begin_state_change(StateAction.HALT, by="owner")
    with pytest.raises(DeskNoAnswer, match="queued"):
        await idle_desk.state_change_result(workflow_id, timeout_s=0.3)


def test_kill_switch_when_engaged_then_the_file_is_there_without_any_server(settings: Settings) -> None:
    client: Client = None  # type: ignore[assignment]
    Desk(client, settings).engage_kill_switch("owner", "fire")
    assert "owner: fire" in settings.kill_switch_path.read_text("utf-8")


# --- reconciliation -------------------------------------------------------------------------------------------


async def test_reconcile_when_nobody_accepts_then_it_only_looks(desk: Desk, layers: ScriptedLayers) -> None:
    report = await desk.reconcile(day=facts.DAY)
    request = layers.requests(RECONCILE)[0]
    assert (report.signed_off, request.moment, request.accept_by) == (True, ReconcileMoment.DURING, "")


async def test_reconcile_when_a_person_accepts_then_the_waiting_day_goes_on(desk: Desk, layers: ScriptedLayers) -> None:
    layers.script(RECONCILE, lambda request: facts.reconciled(request.moment, differs=not accepted))
    accepted = False
    workflow_id = await start_day(desk, "08:31")
    await eventually(lambda: layers.count(CHANGE_STATE))
    await eventually(desk.running_day)
    accepted = True
    await desk.reconcile(accept_by="owner")
    assert layers.requests(RECONCILE)[-1].day == facts.DAY

    async def waiting() -> bool:
        return (await desk.day_state(facts.DAY)).phase is DayPhase.WAITING_OPEN

    await eventually(waiting)
    assert workflow_id.endswith(str(facts.DAY))


# --- orders ---------------------------------------------------------------------------------------------------


async def test_order_when_a_person_decides_then_it_goes_on_and_a_repeat_is_the_same_decision(
    desk: Desk, layers: ScriptedLayers
) -> None:
    layers.script(CHECK_ORDER, checked(approval_reasons=("FAT_FINGER",)), checked())
    intent_id = await place(desk)
    await reached(desk, intent_id, IntentState.AWAITING_APPROVAL)
    for _ in range(2):
        answer = await desk.decide(intent_id, approve=True, by="owner", idempotency_key="key")
        assert answer == "approved"
    await reached(desk, intent_id, IntentState.FILLED)


async def test_order_when_there_is_nothing_to_decide_then_it_says_so(desk: Desk, layers: ScriptedLayers) -> None:
    intent_id = await place(desk)
    await reached(desk, intent_id, IntentState.FILLED)
    with pytest.raises(DeskError):
        await desk.decide(intent_id, approve=True, by="owner")
    with pytest.raises(DeskNotFound, match="daybook orders"):
        await desk.decide("never-heard-of", approve=True, by="owner")
    with pytest.raises(DeskNotFound, match="daybook orders"):
        await desk.order_state("never-heard-of")


async def test_order_when_a_person_names_it_then_it_is_adopted(desk: Desk, layers: ScriptedLayers) -> None:
    layers.script(SUBMIT_ORDER, SubmitOutcome(outcome=AttemptOutcome.UNKNOWN))
    layers.script(FIND_ORDER, FoundOrder(result=FindResult.AMBIGUOUS, text="two"))
    intent_id = await place(desk)
    await reached(desk, intent_id, IntentState.NEEDS_HUMAN)
    order = BrokerOrderId(branch="06010", number="0000000777")

    async def resolved() -> str:
        try:
            return await desk.resolve(intent_id, by="owner", order=order)
        except DeskError:
            return ""

    assert await eventually(resolved) == "adopted 0000000777"


# --- reaching the server --------------------------------------------------------------------------------------


async def test_layers_when_workers_run_then_they_are_seen_polling(desk: Desk, layers: ScriptedLayers) -> None:
    async def all_poll() -> bool:
        return await desk.polling_layers() == frozenset(Layer)

    await eventually(all_poll)
    assert layers.count(OBSERVE) == 0


async def test_desk_when_no_server_listens_then_it_says_what_to_start(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"temporal": TemporalSettings(address="127.0.0.1:1")})
    with pytest.raises(DeskUnreachable, match="daybook up"):
        await Desk.connect(nowhere, timeout_s=2)


async def test_desk_when_a_server_listens_then_it_connects(settings: Settings) -> None:
    connected = await Desk.connect(settings)
    assert connected.client.namespace == "default"
