"""``daybook scenario``: make scenarios, run them, look at their results, compare and export them."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from daybook.commands.scenario_running import cancel, run
from daybook.commands.support import AsJson, fail, first_line, ledger, print_json, print_text, settings
from daybook.contracts.scenario_run import ScenarioRunRow
from daybook.scenario.errors import ScenarioError
from daybook.storage.scenario_runs import ScenarioRunStore

app = typer.Typer(help="Threat scenarios: make, run, compare, export.", no_args_is_help=True)
app.command(short_help="Run a scenario and show what came of it.")(run)
app.command(short_help="Cancel a run that is under way.")(cancel)

Name = Annotated[str, typer.Argument(help="A scenario's name; see: daybook scenario list")]
_EDITORS = ("VISUAL", "EDITOR")
_LISTED = 20


@app.command(short_help="Make a scenario from a preset.")
def new(
    name: Name,
    preset: Annotated[
        str, typer.Option(help="default, 2008, 2020-03, 2024-08, holding_breach, broker_outage or account_takeover.")
    ] = "default",
) -> None:
    """Write a scenario file into the desk's home; it is yours to edit."""
    from daybook.scenario_desk.files import ScenarioFiles

    path = ScenarioFiles(settings().home).create(name, preset)
    print_text(f"made {path}\nchange it with: daybook scenario edit {name}\nrun it with: daybook scenario run {name}")


@app.command(short_help="Change a scenario.")
def edit(
    name: Name,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="As in budget.total_krw=50000000; may stand several times."),
    ] = None,
) -> None:
    """Set fields of a scenario, or open it in your editor; a scenario that could not be run is never written.

    Threats and controls are named by their id: --set threats.T07_account_takeover.direct_loss.high=0.3
    """
    from daybook.scenario_desk.files import ScenarioFiles

    files = ScenarioFiles(settings().home)
    if assignments:
        files.change(name, assignments)
        print_text(f"changed {files.path(name)}")
        return
    files.text(name)
    command = next((os.environ[key] for key in _EDITORS if os.environ.get(key)), "")
    if not command:
        fail(f"set EDITOR to open {files.path(name)}, or use --set field=value")
    try:
        subprocess.run([*shlex.split(command), str(files.path(name))], check=True)  # noqa: S603 - their own editor
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        fail(f"the editor {command!r} did not work: {first_line(str(error))}; use --set field=value")
    files.read(name)
    print_text(f"{files.path(name)} can be run")


@app.command("list", short_help="List scenarios and their last runs.")
def list_scenarios(
    count: Annotated[int, typer.Option(min=1, max=500, help="How many runs.")] = _LISTED, as_json: AsJson = False
) -> None:
    """List the scenarios of the desk's home, the presets, and the last runs."""
    from daybook.commands.scenario_view import run_lines
    from daybook.scenario.threats.catalogue import preset_names
    from daybook.scenario_desk.files import ScenarioFiles

    names, rows = ScenarioFiles(settings().home).names(), _recent(count)
    if as_json:
        runs = [row.model_dump(mode="json") for row in rows]
        print_json({"scenarios": names, "presets": list(preset_names()), "runs": runs})
        return
    lines = ["scenarios:", *(f"  {name}" for name in names)] if names else ["no scenario yet"]
    lines.append(f"presets: {', '.join(preset_names())}; make one with: daybook scenario new NAME --preset PRESET")
    lines += ["runs:", *run_lines(rows)] if rows else ["no run yet; run one with: daybook scenario run NAME"]
    print_text("\n".join(lines))


@app.command(short_help="Show a scenario as it would be run, or a run's result.")
def show(
    target: Annotated[str, typer.Argument(metavar="NAME|RUN", help="A scenario, or a run's id.")],
    as_json: AsJson = False,
) -> None:
    """Show a scenario with everything the preset and your catalogue add, or what came of a run."""
    from daybook.commands.scenario_view import result_lines, run_lines, scenario_lines
    from daybook.scenario_desk.files import ScenarioFiles

    files = ScenarioFiles(settings().home)
    if files.has(target):
        scenario = files.read(target)
        if as_json:
            print_json(scenario.model_dump(mode="json"))
        else:
            print_text("\n".join(scenario_lines(target, scenario)))
        return
    with _runs(target) as runs:
        row = runs.row(target)
        if row.status.value != "done":
            if as_json:
                print_json(row.model_dump(mode="json"))
            else:
                print_text("\n".join(run_lines([row])))
            return
        result = runs.result(target)
    if as_json:
        print_json(result.model_dump(mode="json"))
        return
    words = result.explanation
    print_text("\n".join([*result_lines(result), *(["", words.text_ko] if words else [])]))


@app.command(short_help="Compare two runs.")
def compare(
    first: Annotated[str, typer.Argument(metavar="RUN", help="A run's id.")],
    second: Annotated[str, typer.Argument(metavar="RUN", help="Another run's id.")],
    as_json: AsJson = False,
) -> None:
    """Show what differs between two runs: input, data, figures, plan."""
    from dataclasses import asdict

    from daybook.commands.scenario_compare import comparison_lines
    from daybook.scenario_report.compare import compare_runs

    with _runs(first) as runs:
        scenarios = [runs.scenario(run_id) for run_id in (first, second)]
        results = [runs.result(run_id) for run_id in (first, second)]
    found = compare_runs(results[0], results[1], scenarios[0], scenarios[1])
    if as_json:
        print_json({"runs": [first, second], **asdict(found)})
    else:
        print_text("\n".join(comparison_lines(first, second, found)))


@app.command(short_help="Write a run's result to a file.")
def export(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id.")],
    kind: Annotated[str, typer.Option("--format", metavar="FORMAT", help="json, csv, html or pdf.")] = "html",
    out: Annotated[str, typer.Option(metavar="PATH", help="The file; RUN.FORMAT here when left out.")] = "",
) -> None:
    """Write a run's result as JSON, CSV, one HTML page or PDF."""
    from daybook.commands.scenario_export import FORMATS, exported, write_new

    if kind not in FORMATS:
        fail(f"there is no format {kind!r}; use one of {', '.join(FORMATS)}")
    with _runs(run_id) as runs:
        scenario, result = runs.scenario(run_id), runs.result(run_id)
    print_text(f"wrote {write_new(out or f'{run_id}.{kind}', exported(kind, scenario, result))}")


def _recent(count: int) -> list[ScenarioRunRow]:
    configured = settings()
    if not configured.database_url.get_secret_value() and not (configured.home / "daybook.db").exists():
        return []
    with ledger(configured) as database:
        return ScenarioRunStore(database).recent(count)


@contextmanager
def _runs(target: str) -> Iterator[ScenarioRunStore]:
    """Open the runs of the ledger; a name that is neither scenario nor run is told so."""
    configured = settings()
    if not configured.database_url.get_secret_value() and not (configured.home / "daybook.db").exists():
        raise ScenarioError("run", f"there is no scenario or run {target}", "see: daybook scenario list")
    with ledger(configured) as database:
        yield ScenarioRunStore(database)
