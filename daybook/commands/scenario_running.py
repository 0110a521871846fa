"""``daybook scenario run``: on the desk, or in this process."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from daybook.commands.support import (
    AsJson,
    client_settings,
    fail,
    first_line,
    ledger,
    note,
    person,
    print_json,
    print_text,
    settings,
    with_desk,
)
from daybook.contracts.base import KST
from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import ScenarioResult
from daybook.contracts.scenario_run import RunProgress, ScenarioRunInput
from daybook.front.desk import Desk
from daybook.front.errors import DeskNoAnswer, DeskUnreachable
from daybook.front.news import new_run_id
from daybook.front.scenario import cancel_scenario, follow_scenario, start_scenario
from daybook.settings import Settings
from daybook.storage.database import Database
from daybook.storage.scenario_runs import ScenarioRunStore

_MOST_THREADS = 8

Tell = Callable[[str, float], None]


def run(
    name: Annotated[str, typer.Argument(help="A scenario's name; see: daybook scenario list")],
    preview: Annotated[bool, typer.Option("--preview", help="1,000 paths, no curves: an answer in a second.")] = False,
    level: Annotated[int | None, typer.Option(min=0, max=5, help="Another threat level, this time.")] = None,
    budget: Annotated[int | None, typer.Option(metavar="KRW", help="Another budget in won, this time.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Another seed, this time.")] = None,
    local: Annotated[bool, typer.Option("--local", help="In this process, without a desk; the same bits.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a scenario on the desk and show what came of it; Ctrl-C cancels the run.

    A run survives the end of its workers. Equal scenarios on equal data give equal results, bit by bit.
    """
    configured = settings()
    wanted = ScenarioRunInput(
        run_id=new_run_id(datetime.now(KST), "s"),
        scenario=_changed(_scenario(configured, name), level, budget, seed),
        asked_by=person(),
        preview=preview,
    )
    with _bar(as_json) as tell:
        result = _here(configured, wanted, tell) if local else _on_the_desk(name, wanted, tell)
    if as_json:
        print_json(result.model_dump(mode="json"))
        return
    from daybook.commands.scenario_view import result_lines

    print_text("\n".join(result_lines(result)))
    print_text(f"\nthe whole report: daybook scenario export {result.run_id} --format html")


def cancel(run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id.")]) -> None:
    """Cancel a run; it ends within two seconds and stays in the list as cancelled."""
    configured = client_settings()

    async def action(desk: Desk) -> None:
        await cancel_scenario(desk, run_id, address=configured.temporal.address)

    with_desk(action, using=configured)
    print_text(f"run {run_id} is being cancelled")


def _scenario(configured: Settings, name: str) -> Scenario:
    from daybook.scenario_desk.files import ScenarioFiles

    return ScenarioFiles(configured.home).read(name)


def _changed(scenario: Scenario, level: int | None, budget: int | None, seed: int | None) -> Scenario:
    """Return the scenario with what the command line asks for."""
    from pydantic import ValidationError

    from daybook.scenario_desk.problems import scenario_error

    content: dict[str, Any] = {field: getattr(scenario, field) for field in Scenario.model_fields}
    if level is not None:
        content["threat_level"] = level
    if seed is not None:
        content["seed"] = seed
    if budget is not None:
        content["budget"] = scenario.budget.model_dump() | {"total_krw": budget}
    try:
        return Scenario.model_validate(content)
    except ValidationError as error:
        raise scenario_error(error, content) from error


def _on_the_desk(name: str, wanted: ScenarioRunInput, tell: Tell) -> ScenarioResult:
    configured = client_settings()
    address = configured.temporal.address

    def told(progress: RunProgress) -> None:
        tell(f"{progress.stage} {progress.detail}".strip(), progress.done_share)

    async def action(desk: Desk) -> None:
        await start_scenario(desk, wanted, address=address)
        try:
            await follow_scenario(desk, wanted.run_id, address=address, tell=told)
        except asyncio.CancelledError:
            await cancel_scenario(desk, wanted.run_id, address=address)
            note(f"daybook: run {wanted.run_id} is being cancelled")
            raise

    try:
        with_desk(action, using=configured)
    except (DeskUnreachable, DeskNoAnswer) as error:
        fail(f"{first_line(str(error))}; or run it here, with the same result: daybook scenario run {name} --local")
    with ledger(configured) as database:
        return ScenarioRunStore(database).result(wanted.run_id)


def _here(configured: Settings, wanted: ScenarioRunInput, tell: Tell) -> ScenarioResult:
    from daybook.scenario_desk.local import run_locally

    configured.home.mkdir(parents=True, exist_ok=True)
    with Database(configured.ledger_url) as database:
        database.upgrade()
        return run_locally(
            database,
            wanted,
            progress=tell,
            now=lambda: datetime.now(KST),
            threads=max(1, min(_MOST_THREADS, os.cpu_count() or 1)),
        )


@contextmanager
def _bar(quiet: bool) -> Iterator[Tell]:
    """Show a progress bar on a terminal's standard error; elsewhere nothing."""
    screen = Console(stderr=True, highlight=False)
    if quiet or not screen.is_terminal:
        yield lambda stage, share: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("starting", total=1.0)
        yield lambda stage, share: progress.update(task, description=stage[:50], completed=share)
