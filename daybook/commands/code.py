"""``daybook code``: scripts that models write: list, show, approve, run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import JsonValue

from daybook.code.gate import check_script
from daybook.code.writer import tools_digest
from daybook.commands.code_view import card, facts, listing, result_lines
from daybook.commands.support import (
    LEDGER_LOCK_WAIT_S,
    AsJson,
    client_settings,
    fail,
    ledger,
    note,
    person,
    print_json,
    print_text,
    settings,
    with_desk,
)
from daybook.contracts.code import LONGEST_SCRIPT, CodeOutcome, CodeRunResult
from daybook.front.code import run_code
from daybook.front.desk import Desk
from daybook.routing.normalise import language_of
from daybook.skills.registry import registry
from daybook.storage.code_runs import CodeRunStore
from daybook.storage.database import Database
from daybook.storage.scripts import ScriptRecord, ScriptStatus, ScriptStore

app = typer.Typer(help="Scripts that models write: list, show, approve, run.", no_args_is_help=True)

ScriptId = Annotated[str, typer.Argument(help="A script's id or its beginning; see: daybook code list")]
_MOST_LISTED = 200


@app.command("list", short_help="List kept scripts, newest first.")
def list_scripts(
    status: Annotated[
        ScriptStatus | None, typer.Option(metavar="STATUS", help="Only candidate, approved or stale ones.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the scripts that can be used again, or could be once you approve them, with their runs."""
    with ledger() as database:
        records = ScriptStore(database).newest(_MOST_LISTED, status)
    if as_json:
        print_json([facts(record, _is_current(record)) for record in records])
    elif records:
        print_text("\n".join(listing(records)))
    else:
        print_text("no script is kept yet; a model's script is kept when its run gives a valid result")


@app.command(short_help="Show a script: code, tools, effect, digests.")
def show(script_id: ScriptId, as_json: AsJson = False) -> None:
    """Show a kept script: what it serves, what it can reach, its digests, its runs and its code."""
    with ledger() as database:
        record = ScriptStore(database).get(script_id)
        runs = CodeRunStore(database).newest(5, record.script_id)
    verdict = check_script(record.code, registry().tools)
    if as_json:
        more = {"effect": verdict.max_effect.value, "problems": [one.message for one in verdict.problems]}
        print_json(facts(record, _is_current(record)) | more | {"code": record.code})
        return
    print_text("\n".join(card(record, verdict, runs, is_current=_is_current(record))))


@app.command(short_help="Approve a script for reuse without a model.")
def approve(script_id: ScriptId, as_json: AsJson = False) -> None:
    """Approve a script you have read: the same task, also with other securities, runs it without a model.

    A script whose tools have changed since it ran is refused.
    """
    with _books() as database:
        store = ScriptStore(database)
        record = store.get(script_id)
        problems = check_script(record.code, registry().tools).problems
        digest = tools_digest(record.tools, registry().tools)
        if problems and digest == record.stub_digest:
            fail(f"script {record.script_id[:12]} does not pass the gate any more: {problems[0].message}")
        approved = store.approve(record.script_id, digest, person())
    if as_json:
        print_json(facts(approved, True))
        return
    print_text(f"approved {approved.script_id[:12]}: its task now runs without a model, until a tool it uses changes")


@app.command(short_help="Run a task, or a script of your own.")
def run(
    target: Annotated[
        list[str] | None, typer.Argument(metavar="TASK|FILE.py", help="A task in words, or a file with a script.")
    ] = None,
    inputs: Annotated[str, typer.Option(help='Values for the script, as JSON: {"symbols": ["005930"]}.')] = "",
    script: Annotated[str, typer.Option(help="Run this kept script instead.")] = "",
    tools: Annotated[str, typer.Option(help="Tools it may call, separated by commas; the router chooses else.")] = "",
    model: Annotated[str, typer.Option(help="Let this model of the catalogue write it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let a model write a script for a task and run it in the sandbox, or run a script of your own there.

    Nothing is ordered: what a script proposes waits for your approval. Exit code 1 when there is no result.
    """
    words = target or []
    if not words and not script:
        fail('write a task or name a file, as in: daybook code run "최근 1주일 삼성전자, SK하이닉스 뉴스 감성 비교"')
    is_file = len(words) == 1 and words[0].endswith(".py")
    if script and is_file:
        fail("give a file or --script, not both")
    code = _read(Path(words[0])) if is_file else ""
    task = "" if is_file else " ".join(words)
    values = _inputs(inputs)
    configured = client_settings()

    async def action(desk: Desk) -> CodeRunResult:
        return await run_code(
            desk,
            configured,
            by=person(),
            task=task,
            code=code,
            script_id=script,
            inputs=values,
            tools=[name.strip() for name in tools.split(",") if name.strip()],
            model=model,
            language=language_of(task) if task else "ko",
        )

    result = with_desk(action, using=configured)
    if as_json:
        print_json(result.model_dump(mode="json"))
    elif result.outcome is CodeOutcome.DONE:
        print_text(_printable(result_lines(result)))
    else:
        note(f"daybook: {_one_line(result)}")
    if result.outcome is not CodeOutcome.DONE:
        raise typer.Exit(1)


def _one_line(result: CodeRunResult) -> str:
    reason = f"{result.reason.value}: " if result.reason else ""
    text = " ".join((result.message or result.explanation).split())
    return "".join(sign for sign in f"{reason}{text}" if sign.isprintable())[:1_000]


def _printable(lines: list[str]) -> str:
    """Leave out what moves a terminal's cursor: results may hold text from outside."""
    return "\n".join("".join(sign for sign in line if sign.isprintable()) for line in lines)


def _read(path: Path) -> str:
    if not path.exists():
        fail(f"there is no {path}; name a file with a script, or write the task in words")
    if not path.is_file():
        fail(f"{path} is no file; name a file with a script")
    try:
        code = path.read_text("utf-8")
    except UnicodeDecodeError:
        fail(f"{path} is not UTF-8 text; save it as UTF-8")
    if not code.strip():
        fail(f"{path} is empty; write a script that sets result")
    if len(code) > LONGEST_SCRIPT:
        fail(f"{path} has {len(code):,} characters; at most {LONGEST_SCRIPT:,} are run")
    return code


def _inputs(text: str) -> dict[str, JsonValue]:
    if not text:
        return {}
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        fail(f"--inputs is no JSON: {error}")
    if not isinstance(value, dict):
        fail('--inputs must be one JSON object, as in {"symbols": ["005930"], "days": 7}')
    return value


def _is_current(record: ScriptRecord) -> bool:
    return tools_digest(record.tools, registry().tools) == record.stub_digest


@contextmanager
def _books() -> Iterator[Database]:
    """Open the ledger for writing, after the checks that reading it makes."""
    configured = settings()
    with ledger(configured):
        pass
    with Database(configured.ledger_url, lock_wait_s=LEDGER_LOCK_WAIT_S) as database:
        yield database
