"""The part of the recorded scenario in which market data is collected and a threat scenario is run."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from recorded_questions import Recording, scheduled, stopped

from daybook.contracts.collection import CollectionState, CollectMarketDataInput
from daybook.contracts.scenario import DataSource
from daybook.contracts.scenario_run import RunStatus, ScenarioRunInput, ScenarioRunRow
from daybook.front.calls import CONTROL_QUEUE
from daybook.front.desk import Desk
from daybook.scenario.threats.catalogue import default_scenario
from daybook.stack.local import LocalStack

Until = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]


async def runs(stack: LocalStack, desk: Desk, recorder: Recording, until: Until) -> None:
    """Record a collection and a scenario, each while it waits for a layer and when it is done."""
    await collection(stack, desk, recorder, until)
    await scenario_run(stack, desk, recorder, until)


async def collection(stack: LocalStack, desk: Desk, recorder: Recording, until: Until) -> None:
    """Record a collection of two symbols."""
    wanted = CollectMarketDataInput(
        run_id="recorded", symbols=("005930", "000660"), sessions=60, until=date(2026, 3, 5)
    )
    with stopped(stack, "pipeline"):
        handle = await desk.client.start_workflow(
            "CollectMarketData", wanted, id="collect-recorded", task_queue=CONTROL_QUEUE, result_type=CollectionState
        )
        await until(lambda: scheduled(desk.client, handle.id, "pipeline.archive_series"))
        await recorder.record("CollectMarketData", "archive-suspended", handle.id)
    state: CollectionState = await handle.result()
    problems = [report.problem for report in state.done if report.problem]
    if problems or len(state.done) != state.total:
        raise SystemExit(f"the collection has problems: {problems}")
    await recorder.record("CollectMarketData", "completed", handle.id)


async def scenario_run(stack: LocalStack, desk: Desk, recorder: Recording, until: Until) -> None:
    """Record a small run of the default scenario on simulated prices."""
    scenario = default_scenario()
    universe = scenario.universe.model_copy(update={"source": DataSource.FIXTURE})
    scenario = scenario.model_copy(update={"universe": universe, "scenarios": 500})
    wanted = ScenarioRunInput(run_id="recorded", scenario=scenario, asked_by="owner", use_model=False)
    handle = await desk.client.start_workflow(
        "ScenarioRun", wanted, id="scenario-recorded", task_queue=CONTROL_QUEUE, result_type=ScenarioRunRow
    )
    await until(lambda: scheduled(desk.client, handle.id, "pipeline.run_scenario_stage"))
    with stopped(stack, "pipeline"):
        await recorder.record("ScenarioRun", "stages-suspended", handle.id)
    row: ScenarioRunRow = await handle.result()
    if row.status is not RunStatus.DONE:
        raise SystemExit(f"the scenario ended {row.status.value}: {row.problem}")
    await recorder.record("ScenarioRun", "completed", handle.id)
