from temporalio.client import Client

from daybook.contracts.base import TradingState
from daybook.contracts.calls import CHANGE_STATE, OBSERVE
from daybook.contracts.state import StateAction, StateChangeInput, StateChangeRequest, StateChangeResult
from tests.workflows import facts
from tests.workflows.scripted_layers import ScriptedLayers, eventually, unique
from workflows.state_change import StateChange
from workflows.trading_day import TradingDay

HALT = StateChangeRequest(action=StateAction.HALT, by="owner", reason="unrest")


async def change(client: Client, request: StateChangeRequest, day_workflow_id: str = "") -> StateChangeResult:
    result: StateChangeResult = await client.execute_workflow(
        StateChange.run,
        StateChangeInput(request=request, day_workflow_id=day_workflow_id),
        id=unique("state-change"),
        task_queue="control",
    )
    return result


async def test_change_when_no_day_runs_then_the_state_is_written(control: Client, layers: ScriptedLayers) -> None:
    result = await change(control, HALT)
    assert (result.state, layers.requests(CHANGE_STATE)) == (TradingState.HALTED, [HALT])


async def test_change_when_the_day_has_ended_then_it_is_made_all_the_same(
    control: Client, layers: ScriptedLayers
) -> None:
    result = await change(control, HALT, unique("no-day"))
    assert (result.accepted, layers.count(CHANGE_STATE)) == (True, 1)


async def test_change_when_a_day_runs_then_the_day_is_told_without_the_token(
    control: Client, layers: ScriptedLayers
) -> None:
    day_id = unique("trading-day")
    await control.start_workflow(
        TradingDay.run, facts.day_input(facts.clock_at("08:50"), unique("a")), id=day_id, task_queue="control"
    )
    day = control.get_workflow_handle_for(TradingDay.run, day_id)
    layers.script(
        CHANGE_STATE, StateChangeResult(state=TradingState.HALTED, accepted=True, text="confirm", token="secret-token")
    )
    result = await change(
        control, StateChangeRequest(action=StateAction.REQUEST_RESUME, by="owner", reason="calm again"), day_id
    )

    async def told() -> bool:
        return (await day.query(TradingDay.status)).state is TradingState.HALTED

    await eventually(told)
    state = await day.query(TradingDay.status)
    history = await day.fetch_history()
    assert (result.token, state.state_reason) == ("secret-token", "calm again")
    assert "secret-token" not in str(history.to_json())
    assert layers.count(OBSERVE) == 0


async def test_change_when_it_is_not_accepted_then_the_day_is_not_told(control: Client, layers: ScriptedLayers) -> None:
    day_id = unique("trading-day")
    day = await control.start_workflow(
        TradingDay.run, facts.day_input(facts.clock_at("08:50"), unique("a")), id=day_id, task_queue="control"
    )
    layers.script(CHANGE_STATE, StateChangeResult(state=TradingState.HALTED, accepted=False, text="wrong token"))
    result = await change(control, StateChangeRequest(action=StateAction.CONFIRM_RESUME, by="owner"), day_id)
    assert result.text == "wrong token"
    assert (await day.query(TradingDay.status)).state is TradingState.ACTIVE
