"""``daybook status``: the whole desk on one screen, also when parts of it are down."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from temporalio.service import RPCError

from daybook.commands.day import day_lines
from daybook.commands.failures import one_line
from daybook.commands.orders import WAITING
from daybook.commands.screen import labelled
from daybook.commands.state import state_lines, trading_state
from daybook.commands.support import AsJson, CommandError, client_settings, ledger, print_json, print_text
from daybook.contracts.base import Mode
from daybook.contracts.calls import Layer
from daybook.contracts.day import DayState
from daybook.contracts.orders import IntentState
from daybook.execution.kill_switch import KillSwitch
from daybook.front import running
from daybook.front.desk import DeskError
from daybook.front.located import connect
from daybook.front.schedules import list_schedules
from daybook.settings import Settings
from daybook.storage import DayStore, IntentStore, StorageError

R = TypeVar("R")

_PATIENCE_S = 6.0
_DAYS_LOOKED_BACK = 30


@dataclass
class _Server:
    """What the server said; ``complaint`` when it said nothing."""

    complaint: str = ""
    layers: dict[str, bool] | None = None
    running_day: str = ""
    day: DayState | None = None
    schedules: list[tuple[str, str, str]] | None = None


@dataclass
class _Books:
    """What the ledger said; ``complaint`` when it said nothing."""

    complaint: str = ""
    state: dict[str, Any] | None = None
    waiting: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    report: dict[str, str] | None = None


def status(as_json: AsJson = False) -> None:
    """Show the whole desk on one screen; what is down is marked, the rest is shown."""
    configured = client_settings()
    server = asyncio.run(_ask_server(configured))
    books = _ask_ledger(configured)
    if as_json:
        print_json(_facts(configured, server, books))
    else:
        print_text("\n".join(_lines(configured, server, books)))


async def _ask_server(configured: Settings) -> _Server:
    try:
        desk = await connect(configured)
    except DeskError:
        return _Server(complaint="UNREACHABLE" if configured.temporal.address else "NOT RUNNING: daybook up")
    layers, day_id, schedules = await asyncio.gather(
        _or_none(desk.polling_layers()), _or_none(desk.running_day()), _or_none(list_schedules(desk.client))
    )
    if layers is None and day_id is None and schedules is None:
        return _Server(complaint=f"reached, but namespace {configured.temporal.namespace} DOES NOT ANSWER")
    return _Server(
        layers={layer.value: layer in layers for layer in Layer} if layers is not None else None,
        running_day=day_id or "",
        day=await _or_none(desk.day_state(_date_of(day_id))) if day_id else None,
        schedules=schedules,
    )


async def _or_none(question: Awaitable[R]) -> R | None:
    """Return the answer; None when none comes, which the screen says in its place."""
    try:
        return await asyncio.wait_for(question, _PATIENCE_S)
    except (DeskError, RPCError, TimeoutError, ValueError):
        return None


def _date_of(day_workflow_id: str) -> date:
    return date.fromisoformat(day_workflow_id[-len("2026-03-06") :])


def _ask_ledger(configured: Settings) -> _Books:
    try:
        with ledger(configured) as database:
            open_intents = IntentStore(database).open_intents(configured.account)
            days = DayStore(database).recent(_DAYS_LOOKED_BACK, account=configured.account)
            reported = next((row for row in days if row.report_path), None)
            return _Books(
                state=trading_state(configured, database),
                waiting=[row.intent_id for row in open_intents if row.state in WAITING],
                unknown=[row.intent_id for row in open_intents if row.state is IntentState.UNKNOWN],
                report={"day": reported.day.isoformat(), "path": reported.report_path} if reported else None,
            )
    except (CommandError, StorageError, OSError) as error:
        return _Books(complaint=one_line(error) or str(error))


def _lines(configured: Settings, server: _Server, books: _Books) -> list[str]:
    flag = "" if configured.mode is not Mode.LIVE else " REAL MONEY"
    switch = KillSwitch(configured.kill_switch_path)
    return [
        labelled("mode", f"{configured.mode.value}{flag}, account {configured.account}"),
        labelled("home", str(configured.home)),
        labelled("server", f"{configured.temporal.address} {server.complaint or 'reachable'}".strip()),
        labelled("workers", _workers(server)),
        *(state_lines(books.state) if books.state else [labelled("ledger", f"NOT READABLE: {books.complaint}")]),
        *_switch_line(switch, books),
        *_day_lines(server),
        labelled("orders waiting", _waiting(books)),
        labelled("last report", _report(books)),
        *_schedule_lines(server),
    ]


def _switch_line(switch: KillSwitch, books: _Books) -> list[str]:
    if not switch.is_on():
        return [labelled("kill switch", "off")]
    return [] if books.state else [labelled("kill switch", f"ON {switch.path} {switch.reason()}")]


def _workers(server: _Server) -> str:
    if server.layers is None:
        return "not known"
    return ", ".join(f"{name} {'ok' if polls else 'SILENT'}" for name, polls in server.layers.items())


def _day_lines(server: _Server) -> list[str]:
    if server.complaint:
        return [labelled("running day", "not known")]
    if not server.running_day:
        return [labelled("running day", "none")]
    if server.day is None:
        return [labelled("running day", f"{server.running_day} DOES NOT ANSWER")]
    first, *rest = [line for line in day_lines(server.day) if not line.startswith("trading state")]
    return [labelled("running day", first.removeprefix("day").strip()), *rest]


def _waiting(books: _Books) -> str:
    if books.state is None:
        return "not known"
    parts = []
    if books.waiting:
        parts.append(f"{len(books.waiting)} FOR YOU: daybook orders --waiting")
    if books.unknown:
        parts.append(f"{len(books.unknown)} of unknown outcome, being looked for")
    return "; ".join(parts) or "none"


def _report(books: _Books) -> str:
    if books.state is None:
        return "not known"
    return f"{books.report['day']}: daybook day report {books.report['day']}" if books.report else "none yet"


def _schedule_lines(server: _Server) -> list[str]:
    if server.schedules is None:
        return [labelled("next run", "not known")]
    if not server.schedules:
        return [labelled("next run", "NOTHING SCHEDULED: daybook schedule apply")]
    return [labelled("next run", f"{name} {when} KST ({remark})") for name, when, remark in server.schedules]


def _facts(configured: Settings, server: _Server, books: _Books) -> dict[str, Any]:
    switch = KillSwitch(configured.kill_switch_path)
    found = running.find(configured.home)
    return {
        "mode": configured.mode.value,
        "account": configured.account,
        "home": str(configured.home),
        "server": {
            "address": configured.temporal.address or None,
            "reachable": not server.complaint,
            "complaint": server.complaint,
        },
        "supervisor_pid": found.pid if found else None,
        "layers_polling": server.layers,
        "running_day": server.running_day or None,
        "day": server.day.model_dump(mode="json") if server.day else None,
        "kill_switch": {"engaged": switch.is_on(), "path": str(switch.path)},
        "ledger": {"readable": books.state is not None, "complaint": books.complaint},
        "trading_state": books.state,
        "orders_waiting": books.waiting if books.state else None,
        "orders_unknown": books.unknown if books.state else None,
        "last_report": books.report,
        "schedules": [{"schedule": name, "next_kst": when, "note": remark} for name, when, remark in server.schedules]
        if server.schedules is not None
        else None,
    }
