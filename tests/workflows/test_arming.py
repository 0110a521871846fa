from temporalio.client import Client

from daybook.contracts.base import TradingState
from daybook.contracts.calls import CHANGE_STATE
from daybook.contracts.state import StateAction, StateChangeInput, StateChangeRequest, StateChangeResult
from tests.workflows import facts
from tests.workflows.scripted_layers import ScriptedLayers, unique
from workflows.state_change import StateChange
from workflows.trading_day import TradingDay


async def test_arming_when_a_day_runs_then_the_day_keeps_its_state(control: Client, layers: ScriptedLayers) -> None:
    day_id = unique("trading-day")
    day = await control.start_workflow(
        TradingDay.run, facts.day_input(facts.clock_at("08:50"), unique("a")), id=day_id, task_queue="control"
    )
    layers.script(CHANGE_STATE, StateChangeResult(state=TradingState.HALTED, accepted=True, text="armed", token="t"))
    request = StateChangeRequest(action=StateAction.REQUEST_ARM, by="owner")
    result: StateChangeResult = await control.execute_workflow(
        StateChange.run,
        StateChangeInput(request=request, day_workflow_id=day_id),
        id=unique("state-change"),
        task_queue="control",
    )
    assert (result.token, (await day.query(TradingDay.status)).state) == ("t", TradingState.ACTIVE)
