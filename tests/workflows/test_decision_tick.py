import hashlib
import json
from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError

from daybook.contracts.advice import Position
from daybook.contracts.base import Mode, Side, TradingState
from daybook.contracts.calls import CHANGE_STATE, OBSERVE, RECORD_DECISION, SUBMIT_ORDER
from daybook.contracts.day import TickInput, TickResult
from daybook.contracts.execution import OrderSummary
from daybook.contracts.orders import IntentState
from daybook.contracts.risk import BreakerInputs
from daybook.contracts.state import StateAction, StateChangeResult
from tests.risk import facts as risk_facts
from tests.workflows import facts
from tests.workflows.scripted_layers import ScriptedLayers, eventually, unique
from workflows.decision_tick import DecisionTick


def tick(**changes: Any) -> TickInput:
    return facts.tick(facts.clock_at("10:00"), unique("a"), **changes)


async def decide(client: Client, tick_input: TickInput) -> TickResult:
    result: TickResult = await client.execute_workflow(
        DecisionTick.run, tick_input, id=unique("tick"), task_queue="control"
    )
    return result


def seeing(**changes: Any) -> Any:
    return lambda request: facts.observation(request, **changes)


def tripping(**changes: Any) -> BreakerInputs:
    return BreakerInputs(**{"equity_krw": 10_000_000, "previous_close_equity_krw": 10_000_000, **changes})


def outputs(layers: ScriptedLayers) -> Any:
    return json.loads(layers.requests(RECORD_DECISION)[0].outputs)


async def test_tick_when_a_ranked_symbol_can_be_bought_then_its_order_is_started_and_filled(
    control: Client, layers: ScriptedLayers
) -> None:
    tick_input = tick()
    result = await decide(control, tick_input)
    handle = control.get_workflow_handle(f"order-{result.started[0]}", result_type=OrderSummary)
    summary = await handle.result()
    ticket = layers.requests(SUBMIT_ORDER)[0].ticket
    assert (len(result.started), summary.state) == (1, IntentState.FILLED)
    assert (ticket.side, ticket.symbol, ticket.account) == (Side.BUY, facts.SYMBOL, tick_input.desk.account)
    assert ticket.decision_id == layers.requests(RECORD_DECISION)[0].decision_id
    assert facts.market("10:10") <= ticket.valid_until <= facts.market("10:11")


async def test_tick_when_made_again_then_the_same_order_is_not_started_twice(
    control: Client, layers: ScriptedLayers
) -> None:
    tick_input = tick()
    first = await decide(control, tick_input)
    await control.get_workflow_handle(f"order-{first.started[0]}").result()
    second = await decide(control, tick_input)
    assert (len(first.started), second.started, layers.count(SUBMIT_ORDER)) == (1, (), 1)


async def test_tick_when_decided_then_inputs_and_digest_are_recorded_before_any_order(
    control: Client, layers: ScriptedLayers
) -> None:
    result = await decide(control, tick())
    await control.get_workflow_handle(f"order-{result.started[0]}").result()
    record = layers.requests(RECORD_DECISION)[0]
    assert record.inputs_digest == hashlib.sha256(record.inputs.encode()).hexdigest()
    assert set(json.loads(record.inputs)) == {"observation", "recommendations", "strategy", "limits", "threat_level"}
    assert [order["symbol"] for order in outputs(layers)["proposed"]] == [facts.SYMBOL]
    assert layers.order.index(RECORD_DECISION.name) < layers.order.index(SUBMIT_ORDER.name)


async def test_tick_when_halted_then_nothing_is_proposed(control: Client, layers: ScriptedLayers) -> None:
    layers.script(OBSERVE, seeing(state=TradingState.HALTED, state_reason="by hand"))
    result = await decide(control, tick())
    assert (result.started, result.state, result.state_reason) == ((), TradingState.HALTED, "by hand")
    assert outputs(layers)["left_alone"] == [{"symbol": "*", "code": "halted", "text": "by hand"}]


async def test_tick_when_only_reducing_then_a_stop_sells_and_nothing_is_bought(
    control: Client, layers: ScriptedLayers
) -> None:
    held = Position(symbol=risk_facts.HELD, shares=10, sellable_shares=10, average_price_krw=60_000, held_sessions=1)
    account = risk_facts.account()
    layers.script(
        OBSERVE,
        seeing(
            state=TradingState.REDUCING,
            state_reason="daily loss",
            positions=(held,),
            account=account,
            quotes=(risk_facts.quote(), risk_facts.held_quote()),
        ),
    )
    result = await decide(control, tick())
    await control.get_workflow_handle(f"order-{result.started[0]}").result()
    assert [request.ticket.side for request in layers.requests(SUBMIT_ORDER)] == [Side.SELL]
    assert [order["reason"] for order in outputs(layers)["proposed"]] == ["stop_loss"]


@pytest.mark.parametrize(
    ("equity_krw", "action", "state"),
    [
        (9_790_000, StateAction.REDUCE, TradingState.REDUCING),
        (9_690_000, StateAction.HALT, TradingState.HALTED),
    ],
)
async def test_tick_when_a_breaker_trips_then_the_state_is_written_before_anything_is_proposed(
    control: Client, layers: ScriptedLayers, equity_krw: int, action: StateAction, state: TradingState
) -> None:
    layers.script(OBSERVE, seeing(breaker_inputs=tripping(equity_krw=equity_krw)))
    result = await decide(control, tick())
    request = layers.requests(CHANGE_STATE)[0]
    assert (request.action, request.by, request.code) == (action, "breaker", "DAILY_LOSS")
    assert (result.state, result.started, result.trips[0].code.value) == (state, (), "DAILY_LOSS")
    assert layers.order.index(CHANGE_STATE.name) < layers.order.index(RECORD_DECISION.name)


async def test_tick_when_the_state_is_stricter_than_the_breaker_then_it_is_not_written_again(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(OBSERVE, seeing(state=TradingState.HALTED, breaker_inputs=tripping(index_change_ratio=-0.04)))
    result = await decide(control, tick())
    assert (result.state, layers.count(CHANGE_STATE)) == (TradingState.HALTED, 0)


async def test_tick_when_shares_differ_for_too_long_then_the_symbol_is_locked_and_the_desk_halted(
    control: Client, layers: ScriptedLayers
) -> None:
    inputs = tripping(unexplained_polls=2, unexplained_symbols=(facts.SYMBOL,), unexplained_position=True)
    layers.script(OBSERVE, seeing(breaker_inputs=inputs, unexplained_polls=2))
    result = await decide(control, tick())
    requests = [(request.action, request.symbols) for request in layers.requests(CHANGE_STATE)]
    assert requests == [(StateAction.LOCK_SYMBOLS, (facts.SYMBOL,)), (StateAction.HALT, ())]
    assert (result.state, result.unexplained_polls) == (TradingState.HALTED, 2)


async def test_tick_when_a_transient_breaker_is_over_then_its_reduction_is_lifted_and_buying_goes_on(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(OBSERVE, seeing(state=TradingState.REDUCING, open_reductions=("MARKET_DATA",)))
    layers.script(CHANGE_STATE, StateChangeResult(state=TradingState.ACTIVE, accepted=True))
    result = await decide(control, tick())
    request = layers.requests(CHANGE_STATE)[0]
    assert (request.action, request.codes, request.by) == (StateAction.LIFT, ("MARKET_DATA",), "breaker")
    assert (result.state, result.state_reason, len(result.started)) == (TradingState.ACTIVE, "", 1)


async def test_tick_when_a_transient_breaker_still_trips_then_nothing_is_lifted(
    control: Client, layers: ScriptedLayers
) -> None:
    inputs = tripping(index_change_ratio=-0.04)
    layers.script(OBSERVE, seeing(state=TradingState.REDUCING, open_reductions=("INDEX_FALL",), breaker_inputs=inputs))
    result = await decide(control, tick())
    assert (result.state, layers.count(CHANGE_STATE)) == (TradingState.REDUCING, 0)


async def test_tick_when_the_threat_is_high_then_less_or_nothing_is_bought(
    control: Client, layers: ScriptedLayers
) -> None:
    calm = await decide(control, tick())
    await eventually(lambda: layers.count(SUBMIT_ORDER) == 1)
    grave = await decide(control, tick(threat_level=5))
    assert (len(calm.started), grave.started) == (1, ())


async def test_tick_when_quotes_are_missing_then_it_says_so(control: Client, layers: ScriptedLayers) -> None:
    layers.script(OBSERVE, seeing(quotes=(), missing_quotes=(facts.SYMBOL,)))
    result = await decide(control, tick())
    assert (result.started, "1 quotes missing" in result.text) == ((), True)


async def test_tick_when_the_account_cannot_be_read_for_a_moment_then_it_is_asked_again(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(OBSERVE, ApplicationError("no answer", type="BrokerUnavailable"), facts.observation)
    result = await decide(control, tick())
    assert (layers.count(OBSERVE), len(result.started)) == (2, 1)


async def test_tick_when_the_layer_runs_in_another_mode_then_it_fails_at_once(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(OBSERVE, ApplicationError("wrong keys", type="Configuration"))
    with pytest.raises(WorkflowFailureError):
        await decide(control, tick(desk=facts.desk(mode=Mode.MOCK, account=unique("a"))))
    assert layers.count(OBSERVE) == 1
