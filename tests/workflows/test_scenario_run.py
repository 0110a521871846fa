import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.scenario import ScenarioActivities
from activities.serving import served_by
from daybook.contracts.base import KST
from daybook.contracts.layers import Layer
from daybook.contracts.scenario import Scenario, Universe
from daybook.contracts.scenario_result import ScenarioResult
from daybook.contracts.scenario_run import (
    LoadedScenario,
    RunProgress,
    RunStatus,
    ScenarioRunInput,
    ScenarioRunRow,
    StageDone,
    StageTask,
)
from daybook.front.desk import Desk
from daybook.front.errors import DeskError
from daybook.front.scenario import follow_scenario, start_scenario
from daybook.scenario.engine.run import run_scenario
from daybook.scenario_desk.desk import ScenarioDesk
from daybook.scenario_desk.history import simulated_history
from daybook.settings import Settings
from daybook.storage.database import Database
from daybook.storage.object_book import ObjectBook
from daybook.storage.objects import ObjectStore
from daybook.storage.scenario_runs import ScenarioRunStore
from tests.scenario_desk.facts import small_scenario
from tests.workflows.scripted_layers import eventually, unique
from workers.hosting import worker_options
from workflows.scenario_run import ScenarioRun


@dataclass
class House:
    """A desk with a database and objects of its own, and a client of its workers."""

    client: Client
    runs: ScenarioRunStore

    async def start(self, scenario: Scenario, *, preview: bool = False) -> WorkflowHandle[Any, ScenarioRunRow]:
        run_id = unique("run").lower()
        wanted = ScenarioRunInput(run_id=run_id, scenario=scenario, asked_by="test", preview=preview, use_model=False)
        return await self.client.start_workflow(
            ScenarioRun.run, wanted, id=f"scenario-{run_id}", task_queue=Layer.CONTROL.value
        )


@pytest.fixture
async def house(temporal: Client, tmp_path: Path) -> AsyncIterator[House]:
    control = worker_options(Layer.CONTROL) | {"workflow_runner": UnsandboxedWorkflowRunner()}
    with (
        Database(f"sqlite:///{tmp_path / 'daybook.db'}") as database,
        ThreadPoolExecutor(max_workers=8) as pool,
    ):
        database.upgrade()
        objects = ObjectBook(database, ObjectStore.in_folder(tmp_path / "objects"))
        desk = ScenarioDesk(database, objects, None, lambda: datetime.now(KST))
        async with (
            Worker(temporal, workflows=[ScenarioRun], max_cached_workflows=0, **control),
            Worker(
                temporal,
                activities=served_by(ScenarioActivities(desk)),
                activity_executor=pool,
                **worker_options(Layer.PIPELINE),
            ),
        ):
            yield House(temporal, ScenarioRunStore(database))


def without_words(result: ScenarioResult) -> ScenarioResult:
    return result.model_copy(update={"run_id": "", "explanation": None})


async def test_run_when_nothing_disturbs_it_then_its_bits_are_those_of_one_process_and_its_history_is_small(
    house: House,
) -> None:
    scenario = small_scenario()
    handle = await house.start(scenario)
    row = await handle.result()
    assert (row.status, row.name, row.asked_by) == (RunStatus.DONE, "small", "test")
    result = house.runs.result(row.run_id)
    alone = run_scenario(scenario, simulated_history(scenario), run_id="alone")
    assert without_words(result) == without_words(alone)
    assert result.explanation is not None
    assert result.explanation.source == "template"
    assert result.identity_gap_krw() == 0
    progress: RunProgress = await handle.query(ScenarioRun.progress)
    assert (progress.status, progress.done_share) == (RunStatus.DONE, 1.0)
    history = await handle.fetch_history()
    assert len(history.to_json()) < 400_000
    largest = max(len(str(event)) for event in history.events[2:])
    assert largest < 40_000


async def test_run_when_a_preview_then_it_has_no_curves_and_says_so(house: House) -> None:
    row = await (await house.start(small_scenario(), preview=True)).result()
    result = house.runs.result(row.run_id)
    assert result.budget_curve == ()
    assert any(warning.startswith("preview") for warning in result.warnings)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"universe": Universe(codes=("005930", "999999"))}, "universe.codes"),
        ({"objective": "min_cvar", "constraints": {"min_expected_return": 0.9}}, "constraints.min_expected_return"),
    ],
    ids=["unknown stock", "impossible constraints"],
)
async def test_run_when_it_cannot_be_done_then_it_is_kept_as_failed_with_the_field_named(
    changes: dict[str, Any], field: str, house: House
) -> None:
    handle = await house.start(small_scenario(**changes))
    with pytest.raises(WorkflowFailureError) as failure:
        await handle.result()
    assert isinstance(failure.value.cause, ApplicationError)
    row = house.runs.row(handle.id.removeprefix("scenario-"))
    assert row.status is RunStatus.FAILED
    assert row.problem.startswith(f"{field}: ")
    assert "\n" not in row.problem
    assert failure.value.cause.message == row.problem


async def test_run_when_cancelled_then_it_ends_within_two_seconds_and_is_kept_as_cancelled(house: House) -> None:
    handle = await house.start(small_scenario(scenarios=20_000, horizon_days=60))

    async def is_planning() -> bool:
        return (await handle.query(ScenarioRun.progress)).stage == "plan"

    await eventually(is_planning, 30)
    await asyncio.sleep(0.3)
    began = time.monotonic()
    await handle.cancel()
    with pytest.raises(WorkflowFailureError) as failure:
        await handle.result()
    assert time.monotonic() - began < 2.0
    assert isinstance(failure.value.cause, CancelledError)
    assert house.runs.row(handle.id.removeprefix("scenario-")).status is RunStatus.CANCELLED


async def test_front_when_a_run_is_followed_then_its_progress_rises_to_the_end_and_a_failure_is_told(
    house: House, tmp_path: Path
) -> None:
    desk = Desk(house.client, Settings(home=tmp_path))
    address = "127.0.0.1:1"

    async def followed(scenario: Scenario) -> list[RunProgress]:
        wanted = ScenarioRunInput(run_id=unique("front"), scenario=scenario, use_model=False)
        told: list[RunProgress] = []
        await start_scenario(desk, wanted, address=address)
        await follow_scenario(desk, wanted.run_id, address=address, tell=told.append)
        return told

    told = await followed(small_scenario())
    shares = [progress.done_share for progress in told]
    assert shares == sorted(shares)
    assert told[-1].status is RunStatus.DONE
    with pytest.raises(DeskError, match=r"^universe\.codes: no prices of 999999"):
        await followed(small_scenario(universe=Universe(codes=("005930", "999999"))))


async def test_stage_when_repeated_on_another_desk_then_it_gives_the_same_object(tmp_path: Path) -> None:
    wanted = ScenarioRunInput(run_id="r", scenario=small_scenario(), use_model=False)
    found: list[tuple[LoadedScenario, StageDone, StageDone]] = []
    for name in ("one", "two"):
        with Database(f"sqlite:///{tmp_path / name}.db") as database:
            database.upgrade()
            objects = ObjectBook(database, ObjectStore.in_folder(tmp_path / name))
            desk = ScenarioDesk(database, objects, None, lambda: datetime.now(KST), threads=len(found) + 1)
            loaded = desk.load(wanted)
            assert desk.load(wanted) == loaded
            task = StageTask(run_id="r", scenario=loaded.scenario, history=loaded.history, name="plan")
            plan = desk.stage(task)
            judged = desk.stage(task.model_copy(update={"name": "judge-0", "earlier": (plan,)}))
            assert desk.stage(task) == plan
            found.append((loaded, plan, judged))
    assert found[0] == found[1]
