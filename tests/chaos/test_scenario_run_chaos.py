"""A scenario run whose pipeline worker is killed in the middle: it ends, and every bit is that of a calm run.

Control and pipeline workers are the desk's own processes.
"""

import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client

from daybook.contracts.scenario_run import RunProgress, RunStatus, ScenarioRunInput, ScenarioRunRow
from daybook.scenario.engine.run import run_scenario
from daybook.scenario_desk.history import simulated_history
from daybook.stack.processes import ManagedProcess, Supervisor
from daybook.storage.database import Database
from daybook.storage.scenario_runs import ScenarioRunStore
from tests.scenario_desk.facts import small_scenario
from tests.temporal_environment import TemporalServer
from tests.workflows.scripted_layers import eventually, unique

ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def workers_of(server: TemporalServer, home: Path) -> AsyncIterator[dict[str, ManagedProcess]]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DAYBOOK_")} | {
        "DAYBOOK_HOME": str(home),
        "DAYBOOK_TEMPORAL__ADDRESS": server.address,
        "PYTHONPATH": str(ROOT),
    }
    supervisor = Supervisor()
    try:
        for name in ("control", "pipeline"):
            command = [sys.executable, "-m", f"workers.{name}"]
            supervisor.start(ManagedProcess(name, command, environment, home / f"{name}.log"))
        yield {process.name: process for process in supervisor.processes}
    finally:
        supervisor.stop()


async def test_run_when_its_worker_is_killed_in_the_middle_then_it_ends_with_the_bits_of_a_calm_run(
    temporal_server: TemporalServer, temporal: Client, tmp_path: Path
) -> None:
    scenario = small_scenario(scenarios=2_000, horizon_days=30)
    run_id = unique("killed")
    wanted = ScenarioRunInput(run_id=run_id, scenario=scenario, use_model=False)
    async with workers_of(temporal_server, tmp_path) as workers:
        handle = await temporal.start_workflow(
            "ScenarioRun", wanted, id=f"scenario-{run_id}", task_queue="control", result_type=ScenarioRunRow
        )

        async def is_in_the_middle() -> bool:
            progress: RunProgress = await handle.query("progress", result_type=RunProgress)
            assert progress.status is RunStatus.RUNNING
            return progress.done_share > 0.3

        await eventually(is_in_the_middle, 60)
        os.killpg(workers["pipeline"].pid, signal.SIGKILL)
        row = await handle.result()
        assert workers["pipeline"].starts == 2
    assert row.status is RunStatus.DONE
    with Database(f"sqlite:///{tmp_path / 'daybook.db'}", read_only=True) as database:
        result = ScenarioRunStore(database).result(run_id)
    calm = run_scenario(scenario, simulated_history(scenario), run_id=run_id)
    assert result.model_copy(update={"explanation": None}) == calm
    history = await handle.fetch_history()
    started = [event.activity_task_started_event_attributes for event in history.events]
    assert max(event.attempt for event in started) > 1
