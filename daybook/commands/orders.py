"""``daybook orders | why | approve | reject | resolve``."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from daybook.commands.screen import aligned, labelled, wrapped
from daybook.commands.support import (
    AsJson,
    console,
    fail,
    ledger,
    parse_day,
    parse_order,
    person,
    print_json,
    print_text,
    settings,
    with_desk,
)
from daybook.contracts.orders import BrokerOrderId, IntentState
from daybook.report.why import explain_order, find_order, render_explanation
from daybook.storage import IntentStore
from daybook.storage.intents import IntentRecord

IntentArgument = Annotated[str, typer.Argument(help="The order's id, or the beginning of one.")]
WAITING = (IntentState.AWAITING_APPROVAL, IntentState.NEEDS_HUMAN)
_NUMBER = re.compile(r"[0-9]{1,20}", re.ASCII)
_BRANCH = re.compile(r"[0-9]{0,10}", re.ASCII)


def orders(
    day: Annotated[str, typer.Option(help="YYYY-MM-DD or today.")] = "today",
    waiting: Annotated[bool, typer.Option("--waiting", help="Only orders that wait for a person, of any day.")] = False,
    as_json: AsJson = False,
) -> None:
    """List a day's orders. The shown beginning of an id is enough for the other commands."""
    date_, configured = parse_day(day), settings()
    with ledger(configured) as database:
        store = IntentStore(database)
        if waiting:
            records = [row for row in store.open_intents(configured.account) if row.state in WAITING]
        else:
            records = store.for_day(date_, account=configured.account)
    if as_json:
        print_json([order_row(row) for row in records])
    elif not records:
        print_text("no order waits for a person" if waiting else f"no orders on {date_}")
    else:
        print_text("\n".join(_lines(records)))


def _lines(records: Sequence[IntentRecord]) -> list[str]:
    names = short_names([row.intent_id for row in records])
    lines = aligned(
        ["order", "side", "shares", "limit", "filled", "state"],
        [
            [
                name if row.ticket.symbol in name else f"{name} {row.ticket.symbol}",
                row.ticket.side.value,
                f"{row.ticket.shares:,}",
                f"{row.ticket.limit_price_krw:,}" if row.ticket.limit_price_krw else "market",
                f"{row.filled_shares:,}",
                row.state.value,
            ]
            for name, row in zip(names, records, strict=True)
        ],
        right={2, 3, 4},
    )
    listed = [lines[0]]
    for line, row in zip(lines[1:], records, strict=True):
        listed.append(line)
        if row.detail and row.state is not IntentState.FILLED:
            listed.append(labelled("", row.detail, indent=4))
    return listed


def short_names(ids: Sequence[str]) -> list[str]:
    """Return the shortest beginnings, cut at hyphens, that tell the ids of one listing apart."""
    names = []
    for intent_id in ids:
        parts = intent_id.split("-")
        beginnings = ("-".join(parts[:length]) for length in range(3, len(parts)))
        alone = (start for start in beginnings if sum(other.startswith(start) for other in ids) == 1)
        names.append(next(alone, intent_id))
    return names


def order_row(row: IntentRecord) -> dict[str, Any]:
    """Return an order for JSON."""
    ticket = row.ticket
    return {
        "intent_id": row.intent_id,
        "day": ticket.day.isoformat(),
        "account": ticket.account,
        "mode": ticket.mode.value,
        "symbol": ticket.symbol,
        "side": ticket.side.value,
        "kind": ticket.kind.value,
        "shares": ticket.shares,
        "limit_price_krw": ticket.limit_price_krw,
        "state": row.state.value,
        "detail": row.detail,
        "duplicate_of": row.duplicate_of,
        "broker_order": row.order.model_dump(mode="json") if row.order else None,
        "filled_shares": row.filled_shares,
        "filled_amount_krw": row.filled_amount_krw,
        "costs_krw": row.costs_krw,
        "recorded_at": row.recorded_at.isoformat(),
        "submitted_at": row.submitted_at.isoformat() if row.submitted_at else None,
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
    }


def why(order: IntentArgument, as_json: AsJson = False) -> None:
    """Explain an order: decision, checks, approval, attempts, fills."""
    name = parse_order(order)
    with ledger() as database:
        explanation = explain_order(database, name)
    if as_json:
        print_json(explanation.model_dump(mode="json"))
        return
    text = render_explanation(explanation)
    print_text(wrapped(text) if console.is_terminal else text)


def approve(order: IntentArgument) -> None:
    """Approve a waiting order."""
    _decide(order, approve_it=True)


def reject(order: IntentArgument) -> None:
    """Reject a waiting order."""
    _decide(order, approve_it=False)


def resolve(
    order: IntentArgument,
    number: Annotated[str, typer.Option(help="The broker's order number it became.")] = "",
    branch: Annotated[str, typer.Option(help="The broker's branch number.")] = "",
    absent: Annotated[bool, typer.Option("--absent", help="No such order exists at the broker.")] = False,
) -> None:
    """Tell what became of an order of unknown outcome. Look at the broker first: the desk believes you."""
    if bool(number) == absent:
        fail("say either --number NUMBER or --absent")
    if number and not _NUMBER.fullmatch(number):
        fail(f"{number!r} is not an order number; copy its digits from the broker")
    if not _BRANCH.fullmatch(branch):
        fail(f"{branch!r} is not a branch number; copy its digits from the broker")
    found = BrokerOrderId(branch=branch, number=number) if number else None
    intent_id = _one(order)
    print_text(with_desk(lambda desk: desk.resolve(intent_id, by=person(), order=found)))


def _decide(order: str, *, approve_it: bool) -> None:
    intent_id = _one(order)
    print_text(with_desk(lambda desk: desk.decide(intent_id, approve=approve_it, by=person())))


def _one(prefix: str) -> str:
    """Return the full id of a unique beginning."""
    name = parse_order(prefix)
    with ledger() as database:
        return find_order(database, name).intent_id
