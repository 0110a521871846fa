"""``daybook day run | status | report | list``."""

import asyncio
from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.table import Table

from daybook.commands.support import console, fail, ledger, parse_day, settings, with_desk
from daybook.contracts.day import DayPhase
from daybook.front.desk import Desk
from daybook.krx.calendar import session_on
from daybook.storage import DayStore, RecordNotFound

app = typer.Typer(help="Trading days.", no_args_is_help=True)
DayArgument = Annotated[str, typer.Argument(help="YYYY-MM-DD or today.")]


@app.command()
def run(
    day: DayArgument = "today",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the day to end.")] = False,
) -> None:
    """Start a trading day now, in real time."""
    date_ = parse_day(day)
    session = session_on(date_)
    if not session.is_open:
        fail(f"{date_} has no session: {session.reason}")

    async def start(desk: Desk) -> None:
        workflow_id = await desk.start_day(date_)
        console.print(f"started {workflow_id}; watch it: {settings().temporal.ui_url}/namespaces/default/workflows")
        if wait:
            result = await desk.day_result(date_)
            console.print(result.model_dump_json(indent=2), markup=False)
            if result.phase is not DayPhase.DONE or not result.signed_off:
                fail(f"{date_} ended {result.phase.value}: {result.reason or 'ledger and broker differ'}")

    with_desk(start)


@app.command()
def status(day: DayArgument = "today") -> None:
    """Show how far a day is."""
    date_ = parse_day(day)
    state = asyncio.run(_state(date_.isoformat()))
    console.print(f"{state.day} {state.phase.value}, trading state {state.state.value} {state.state_reason}".rstrip())
    console.print(
        f"equity {state.equity_krw:,} KRW ({state.equity_krw - state.opening_equity_krw:+,}), cash {state.cash_krw:,}"
    )
    console.print(
        f"decisions {state.ticks} ({state.missed_ticks} missed); orders {state.orders_started} started, "
        f"{state.orders_filled} filled, {state.orders_denied} denied, {len(state.open_orders)} open"
    )
    for intent_id in state.pending_approvals:
        console.print(f"waits for a person: daybook approve {intent_id}  |  daybook reject {intent_id}")
    if state.note:
        console.print(state.note)


async def _state(day: str):  # type: ignore[no-untyped-def]
    desk = await Desk.connect(settings())
    return await desk.day_state(parse_day(day))


@app.command()
def report(day: DayArgument = "today", path: Annotated[bool, typer.Option("--path")] = False) -> None:
    """Print a day's report, or with --path where it is."""
    configured = settings()
    file = configured.reports_path / parse_day(day).isoformat() / "report.md"
    if not file.is_file():
        fail(f"there is no report of {day}; it is written after the close")
    console.print(str(file) if path else Markdown(file.read_text(encoding="utf-8")))


@app.command("list")
def list_days(count: Annotated[int, typer.Option(min=1, max=1000)] = 20) -> None:
    """List recent days."""
    configured = settings()
    try:
        days = DayStore(ledger(configured)).recent(count, account=configured.account)
    except RecordNotFound:
        days = []
    if not days:
        console.print("no day has been started yet")
        return
    table = Table("day", "mode", "session", "phase", "equity", "report")
    for row in days:
        summary = row.summary_value or {}
        equity = summary.get("closing_equity_krw")
        table.add_row(
            row.day.isoformat(),
            row.mode.value,
            row.session_kind,
            row.phase,
            f"{equity:,}" if equity is not None else "",
            row.report_path,
        )
    console.print(table)
