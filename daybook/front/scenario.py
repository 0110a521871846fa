"""Scenario runs on the desk: start one, follow it, cancel it."""

import asyncio
import time
from collections.abc import Callable

from daybook.contracts.layers import Layer
from daybook.contracts.scenario_run import RunProgress, RunStatus, ScenarioRunInput
from daybook.front.calls import TemporalCalls
from daybook.front.desk import Desk
from daybook.front.errors import DeskError, DeskNoAnswer

RUN_TIMEOUT_S = 3_600.0
_ASK_EVERY_S = 0.1


def scenario_workflow_id(run_id: str) -> str:
    """Return the id of a run's workflow."""
    return f"scenario-{run_id}"


async def start_scenario(desk: Desk, wanted: ScenarioRunInput, *, address: str) -> str:
    """Start a run and return its workflow's id; from then on it is made, whatever becomes of the asker.

    Raises:
        DeskUnreachable: when the server at ``address`` does not answer.
        DeskNoAnswer: when a worker it needs does not run.
    """
    calls = TemporalCalls(desk.client, address)
    await calls.require_workers(Layer.CONTROL, Layer.PIPELINE)
    scenario = wanted.scenario
    return await calls.start_once(
        "ScenarioRun",
        wanted,
        workflow_id=scenario_workflow_id(wanted.run_id),
        idempotency_key=wanted.run_id,
        body_digest="",
        static_summary=f"{scenario.name}: level {scenario.threat_level}, {scenario.budget.total_krw:,} won"[:200],
    )


async def scenario_progress(desk: Desk, run_id: str, *, address: str) -> RunProgress:
    """Return how far a run is.

    Raises:
        DeskNotFound: when there is no such run on this desk.
        DeskNoAnswer: when no worker answers.
    """
    found: RunProgress = await TemporalCalls(desk.client, address).query(
        scenario_workflow_id(run_id), "progress", RunProgress, absent=f"no scenario run {run_id} on this desk"
    )
    return found


async def follow_scenario(
    desk: Desk,
    run_id: str,
    *,
    address: str,
    tell: Callable[[RunProgress], None],
    timeout_s: float = RUN_TIMEOUT_S,
) -> RunProgress:
    """Wait until a run has ended and return its last progress; ``tell`` is given every progress.

    Raises:
        DeskNoAnswer: when it has not ended in time; it goes on.
        DeskError: when it failed or was cancelled, in its own words.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        progress = await scenario_progress(desk, run_id, address=address)
        tell(progress)
        if progress.status is RunStatus.DONE:
            return progress
        if progress.status is not RunStatus.RUNNING:
            raise DeskError(progress.detail or f"run {run_id} was {progress.status.value}")
        if time.monotonic() > deadline:
            raise DeskNoAnswer(f"run {run_id} goes on; look at it with: daybook scenario show {run_id}")
        await asyncio.sleep(_ASK_EVERY_S)


async def cancel_scenario(desk: Desk, run_id: str, *, address: str) -> None:
    """Cancel a run; it ends within two seconds.

    Raises:
        DeskNotFound: when no such run is under way.
    """
    with TemporalCalls(desk.client, address).reaching(f"no scenario run {run_id} is under way"):
        await desk.client.get_workflow_handle(scenario_workflow_id(run_id)).cancel()
