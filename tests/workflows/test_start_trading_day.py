from datetime import UTC, datetime, timedelta

from temporalio.client import Client, WorkflowExecutionStatus

from daybook.contracts.base import KST
from daybook.contracts.calls import BEGIN_DAY
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayPhase, DayResult, TradingDayInput
from tests.workflows import facts
from tests.workflows.scripted_layers import ScriptedLayers, unique
from workflows.start_trading_day import StartTradingDay


async def start(client: Client, day_input: TradingDayInput) -> str:
    workflow_id: str = await client.execute_workflow(
        StartTradingDay.run, day_input, id=unique("start"), task_queue="control"
    )
    return workflow_id


async def test_start_when_scheduled_then_the_day_of_the_market_date_runs_under_its_own_id(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(BEGIN_DAY, lambda begun: facts.closed(begun.day))
    account = unique("a")
    today = datetime.now(UTC).astimezone(KST).date()
    workflow_id = await start(control, TradingDayInput(clock=MarketClock.real_time(), desk=facts.desk(account=account)))
    result = await control.get_workflow_handle(workflow_id, result_type=DayResult).result()
    assert workflow_id == f"trading-day-{account}-{today}"
    assert (result.day, result.phase) == (today, DayPhase.SKIPPED)


async def test_start_when_the_day_runs_already_then_it_is_left_alone(control: Client, layers: ScriptedLayers) -> None:
    day_input = facts.day_input(facts.clock_at("08:00"), unique("a"))
    first = await start(control, day_input)
    before = await control.get_workflow_handle(first).describe()
    second = await start(control, day_input)
    after = await control.get_workflow_handle(second).describe()
    assert (first, before.run_id, after.status) == (second, after.run_id, WorkflowExecutionStatus.RUNNING)


async def test_start_when_the_starter_has_ended_then_the_day_lives_on_with_its_own_time_limit(
    control: Client, layers: ScriptedLayers
) -> None:
    workflow_id = await start(control, facts.day_input(facts.clock_at("08:00"), unique("a")))
    description = await control.get_workflow_handle(workflow_id).describe()
    config = description.raw_description.execution_config
    assert config.workflow_execution_timeout.ToTimedelta() == timedelta(hours=20)
    assert description.status is WorkflowExecutionStatus.RUNNING
