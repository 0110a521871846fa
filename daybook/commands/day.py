"""``daybook day run | status | report | list``."""

import asyncio
from datetime import date
from typing import Annotated, Any

import typer

from daybook.commands.report_view import show_report
from daybook.commands.screen import aligned, labelled
from daybook.commands.support import (
    AsJson,
    client_settings,
    fail,
    ledger,
    note,
    parse_day,
    print_json,
    print_text,
    require_live_flag,
    settings,
    with_desk,
)
from daybook.contracts.day import DayPhase, DayState
from daybook.front.desk import Desk, DeskNoAnswer, DeskNotFound, DeskUnreachable
from daybook.krx.calendar import session_on
from daybook.settings import Settings
from daybook.storage import DayStore, RecordNotFound
from daybook.storage.days import DayRecord

app = typer.Typer(help="Trading days: run, status, report, list.", no_args_is_help=True)
DayArgument = Annotated[str, typer.Argument(help="YYYY-MM-DD or today.")]


@app.command(short_help="Start today's trading day now, in real time.")
def run(
    day: DayArgument = "today",
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the day to end.")] = False,
) -> None:
    """Start today's trading day now, in real time. The schedule does this by itself on weekdays at 08:10."""
    date_ = parse_day(day)
    configured = client_settings()
    _require_today(date_)
    require_live_flag(configured)

    async def start(desk: Desk) -> None:
        workflow_id = await desk.start_day(date_)
        print_text(f"started {workflow_id}; watch it: {configured.temporal.ui_url}/namespaces/default/workflows")
        if wait:
            result = await _result(desk, date_)
            print_text(result.model_dump_json(indent=2))
            if result.phase is not DayPhase.DONE or not result.signed_off:
                fail(f"{date_} ended {result.phase.value}: {result.reason or 'ledger and broker differ'}")

    with_desk(start, using=configured)


async def _result(desk: Desk, day: date) -> Any:
    try:
        return await desk.day_result(day)
    except asyncio.CancelledError:
        note(f"daybook: no longer waiting; the day goes on: daybook day status {day}")
        raise


def _require_today(day: date) -> None:
    now = parse_day("today")
    session = session_on(day)
    if not session.is_open:
        fail(f"{day} has no session: {session.reason}")
    if day < now:
        fail(f"{day} is over; rehearse it on the paper exchange with: daybook demo --day {day}")
    if day > now:
        fail(f"{day} has not begun in Seoul; the schedule starts it at 08:10: daybook schedule list")


@app.command(short_help="Show how far a day is.")
def status(day: DayArgument = "today", as_json: AsJson = False) -> None:
    """Show how far a day is. Without a server, what the ledger knows of it."""
    date_, configured = parse_day(day), client_settings()
    state, row, complaint = _look(date_, configured)
    if as_json:
        print_json(
            {
                "day": date_.isoformat(),
                "source": "workflow" if state else "ledger",
                "state": state.model_dump(mode="json") if state else None,
                "row": day_row(row) if row else None,
                "note": complaint,
            }
        )
        return
    print_text("\n".join(day_lines(state) if state else _row_lines(row) if row else []))
    if complaint:
        note(f"daybook: {complaint} (this is what the ledger knows)")


def _look(day: date, configured: Settings) -> tuple[DayState | None, DayRecord | None, str]:
    """Return a day from its workflow, else from the ledger with the reason why."""
    try:
        return with_desk(lambda desk: desk.day_state(day), using=configured), None, ""
    except (DeskUnreachable, DeskNoAnswer, DeskNotFound) as error:
        if not configured.database_url.get_secret_value() and not (configured.home / "daybook.db").exists():
            raise
        with ledger(configured) as database:
            try:
                return None, DayStore(database).get(day, configured.account), str(error)
            except RecordNotFound:
                raise error from None


def day_lines(state: DayState) -> list[str]:
    """Return a day's state as lines of 80 columns."""
    lines = [
        labelled("day", f"{state.day} {state.phase.value}"),
        labelled("trading state", f"{state.state.value} {state.state_reason}".rstrip()),
        labelled("equity", f"{state.equity_krw:,} KRW ({state.equity_krw - state.opening_equity_krw:+,} today)"),
        labelled("cash", f"{state.cash_krw:,} KRW"),
        labelled("decisions", f"{state.ticks}, {state.missed_ticks} missed"),
        labelled(
            "orders",
            f"{state.orders_started} started, {state.orders_filled} filled, {state.orders_denied} denied, "
            f"{len(state.open_orders)} open",
        ),
    ]
    for intent_id in state.pending_approvals:
        lines += [
            labelled("WAITS FOR YOU", f"daybook approve {intent_id}"),
            labelled("", f"daybook reject {intent_id}"),
        ]
    if state.note:
        lines.append(labelled("last", state.note))
    return lines


def _row_lines(row: DayRecord) -> list[str]:
    lines = [labelled("day", f"{row.day} {row.phase} ({row.mode.value}, {row.session_kind} session)")]
    opening, closing = _equity(row)
    if closing is not None:
        change = f" ({closing - opening:+,} that day)" if opening is not None else ""
        lines.append(labelled("equity", f"{closing:,} KRW{change}"))
    if row.report_path:
        lines.append(labelled("report", f"daybook day report {row.day}"))
    return lines


def _equity(row: DayRecord) -> tuple[int | None, int | None]:
    summary = row.summary_value if isinstance(row.summary_value, dict) else {}
    return summary.get("opening_equity_krw"), summary.get("closing_equity_krw")


@app.command(short_help="Print a day's report.")
def report(
    day: DayArgument = "today",
    path: Annotated[bool, typer.Option("--path", help="Print where the report is instead.")] = False,
) -> None:
    """Print a day's report, or with --path where it is."""
    date_ = parse_day(day)
    file = settings().reports_path / date_.isoformat() / "report.md"
    if not file.is_file():
        fail(f"there is no report of {date_} in {file.parent}; it is written after the close: daybook day list")
    if path:
        print_text(str(file))
    else:
        show_report(file)


@app.command("list", short_help="List recent days.")
def list_days(
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20, as_json: AsJson = False
) -> None:
    """List recent days, newest first."""
    configured = settings()
    with ledger(configured) as database:
        days = DayStore(database).recent(count, account=configured.account)
    if as_json:
        print_json([day_row(row) for row in days])
        return
    if not days:
        print_text("no day has been started yet")
        return
    rows = []
    for row in days:
        opening, closing = _equity(row)
        rows.append(
            [
                row.day.isoformat(),
                row.mode.value,
                row.session_kind,
                row.phase,
                f"{closing:,}" if closing is not None else "",
                f"{closing - opening:+,}" if closing is not None and opening is not None else "",
                "yes" if row.report_path else "",
            ]
        )
    headers = ["day", "mode", "session", "phase", "equity KRW", "change", "report"]
    print_text("\n".join(aligned(headers, rows, right={4, 5})))


def day_row(row: DayRecord) -> dict[str, Any]:
    """Return a day of the ledger for JSON."""
    return {
        "day": row.day.isoformat(),
        "account": row.account,
        "mode": row.mode.value,
        "session_kind": row.session_kind,
        "phase": row.phase,
        "began_at": row.began_at.isoformat(),
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
        "report_path": row.report_path,
        "summary": row.summary_value,
    }
