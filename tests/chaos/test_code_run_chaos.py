"""A script of many calls while its workers are killed: every call has its effect once, and the result is the same.

Sandbox and control workers are the desk's own processes with the real jail. The pipeline worker is a process of the
test, whose tool writes down what it does. It is killed between the beginning of a call and its effect; a tool killed
between its effect and its report would run again, which is why a script may only call tools that change nothing.
"""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import Client

from daybook.contracts.code import CodeOutcome, CodeRunInput, CodeRunResult
from daybook.stack.processes import ManagedProcess, Supervisor
from sandbox.engine import JailEngine
from tests.chaos.counting_tools import FOLDER_VARIABLE, PAUSE_VARIABLE
from tests.temporal_environment import TemporalServer
from tests.workflows.scripted_layers import eventually, unique

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
total, waste = 0, 0
for number in range({calls}):
    waste += sum(range(500_000))
    answer = await count_up(number)
    total += answer["square"]
result = {{"total": total, "waste": waste}}
"""
PAUSE_S = 0.4


class Workers:
    """The three workers as processes, and what the tool wrote down."""

    def __init__(self, supervisor: Supervisor, folder: Path) -> None:
        self._supervisor = supervisor
        self._folder = folder

    def lines(self, what: str, run_id: str) -> list[int]:
        """Return the numbers that were begun or done, in the order in which it happened."""
        path = self._folder / what
        rows = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
        return [int(number) for run, number in rows if run == run_id]

    def kill(self, name: str) -> None:
        """Kill a worker; the supervisor starts it again."""
        process = self._process(name)
        os.killpg(process.pid, signal.SIGKILL)

    def starts(self, name: str) -> int:
        return self._process(name).starts

    def log(self, name: str) -> str:
        return self._process(name).log_path.read_text(errors="replace")

    def _process(self, name: str) -> ManagedProcess:
        return next(process for process in self._supervisor.processes if process.name == name)


@asynccontextmanager
async def workers_of(server: TemporalServer, home: Path) -> AsyncIterator[Workers]:
    with JailEngine(idle_children=0, packages=()) as engine:
        report = engine.probe()
    if not report.runs_code:
        pytest.skip(report.refusal)
    supervisor, folder = Supervisor(), home / "counted"
    folder.mkdir(parents=True)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("DAYBOOK_")} | {
        "DAYBOOK_HOME": str(home),
        "DAYBOOK_TEMPORAL__ADDRESS": server.address,
        FOLDER_VARIABLE: str(folder),
        PAUSE_VARIABLE: str(PAUSE_S),
        "PYTHONPATH": str(ROOT),
    }
    modules = {"control": "workers.control", "sandbox": "workers.sandbox", "pipeline": "tests.chaos.counting_tools"}
    try:
        for name, module in modules.items():
            supervisor.start(ManagedProcess(name, [sys.executable, "-m", module], environment, home / f"{name}.log"))
        yield Workers(supervisor, folder)
    finally:
        supervisor.stop()


async def run_script(client: Client, calls: int, run_id: str) -> CodeRunResult:
    run = CodeRunInput(run_id=run_id, code=SCRIPT.format(calls=calls), asked_at=datetime.now(UTC))
    handle = await client.start_workflow(
        "CodeRun", run, id=f"code-{run_id}", task_queue="control", result_type=CodeRunResult
    )
    return await handle.result()


async def disturbed(
    client: Client, workers: Workers, calls: int, kills: dict[int, str]
) -> tuple[CodeRunResult, str, float]:
    """Run a script and kill a worker when its call has begun, one after the other."""
    run_id = unique("disturbed")
    started = time.monotonic()
    running = asyncio.create_task(run_script(client, calls, run_id))
    try:
        for number, name in kills.items():
            await eventually(lambda number=number: number in workers.lines("begun", run_id) or running.done(), 60)
            workers.kill(name)
        result = await asyncio.wait_for(running, 150)
    finally:
        running.cancel()
    return result, run_id, time.monotonic() - started


def expected(calls: int) -> dict[str, int]:
    return {"total": sum(number**2 for number in range(calls)), "waste": calls * sum(range(500_000))}


async def test_script_when_its_sandbox_worker_is_killed_then_each_call_is_made_once(
    temporal_server: TemporalServer, temporal: Client, tmp_path: Path
) -> None:
    async with workers_of(temporal_server, tmp_path) as workers:
        result, run_id, _ = await disturbed(temporal, workers, 4, {1: "sandbox"})
        assert (result.outcome, result.result, result.reason) == (CodeOutcome.DONE, expected(4), None)
        assert workers.lines("done", run_id) == [0, 1, 2, 3]
        assert workers.starts("sandbox") == 2


@pytest.mark.chaos
async def test_script_of_twenty_calls_when_every_worker_is_killed_in_turn_then_its_result_is_the_undisturbed_one(
    temporal_server: TemporalServer, temporal: Client, tmp_path: Path
) -> None:
    async with workers_of(temporal_server, tmp_path) as workers:
        calm, calm_id = time.monotonic(), unique("calm")
        undisturbed = await run_script(temporal, 20, calm_id)
        calm = time.monotonic() - calm
        kills = {2: "sandbox", 5: "pipeline", 8: "control", 11: "sandbox", 14: "pipeline", 17: "control"}
        result, run_id, took_s = await disturbed(temporal, workers, 20, kills)
        begun = Counter(workers.lines("begun", run_id))
        twice = sorted(begun - Counter(range(20)))
        print(f"20 calls: undisturbed {calm:.1f} s, with six kills {took_s:.1f} s; begun twice: {twice}")
        assert undisturbed.result == result.result == expected(20)
        assert [record.arguments for record in result.calls] == [record.arguments for record in undisturbed.calls]
        for name in (calm_id, run_id):
            assert workers.lines("done", name) == list(range(20))
        assert begun == Counter(range(20)) + Counter({5: 1, 14: 1})
        assert {name: workers.starts(name) for name in ("sandbox", "pipeline", "control")} == dict.fromkeys(
            ("sandbox", "pipeline", "control"), 3
        )
