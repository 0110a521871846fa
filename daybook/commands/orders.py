"""``daybook orders | why | approve | reject | resolve``."""

from typing import Annotated

import typer
from rich.table import Table

from daybook.commands.support import console, fail, ledger, parse_day, person, settings, with_desk
from daybook.contracts.orders import BrokerOrderId, IntentState
from daybook.report.why import explain_order, render_explanation
from daybook.storage import IntentStore

IntentArgument = Annotated[str, typer.Argument(help="Intent id, or the beginning of one.")]


def orders(
    day: Annotated[str, typer.Option(help="YYYY-MM-DD or today.")] = "today",
    waiting: Annotated[bool, typer.Option("--waiting", help="Only orders that wait for a person.")] = False,
) -> None:
    """List a day's orders."""
    records = IntentStore(ledger()).for_day(parse_day(day))
    if waiting:
        records = [row for row in records if row.state in (IntentState.AWAITING_APPROVAL, IntentState.NEEDS_HUMAN)]
    if not records:
        console.print(f"no orders on {day}")
        return
    table = Table("intent", "side", "symbol", "shares", "limit", "filled", "state", "detail")
    for column in (3, 4, 5):
        table.columns[column].justify = "right"
    for row in records:
        table.add_row(
            row.intent_id,
            row.ticket.side.value,
            row.ticket.symbol,
            f"{row.ticket.shares:,}",
            f"{row.ticket.limit_price_krw:,}",
            f"{row.filled_shares:,}",
            row.state.value,
            row.detail[:60],
        )
    console.print(table)


def why(order: IntentArgument) -> None:
    """Explain an order: decision, checks, approval, attempts, fills."""
    console.print(render_explanation(explain_order(ledger(), order)), markup=False)


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
    """Tell what became of an order of unknown outcome."""
    if bool(number) == absent:
        fail("say either --number NUMBER or --absent")
    found = BrokerOrderId(branch=branch, number=number) if number else None
    intent_id = _one(order)
    console.print(with_desk(lambda desk: desk.resolve(intent_id, by=person(), order=found)))


def _decide(order: str, *, approve_it: bool) -> None:
    intent_id = _one(order)
    console.print(with_desk(lambda desk: desk.decide(intent_id, approve=approve_it, by=person())))


def _one(prefix: str) -> str:
    """Return the full id of a unique prefix."""
    found = IntentStore(ledger(settings())).search(prefix)
    if not found:
        fail(f"no order {prefix}; list them with: daybook orders")
    if len(found) > 1 and all(row.intent_id != prefix for row in found):
        fail(f"{prefix} fits {len(found)} orders; write more of it")
    return next((row.intent_id for row in found if row.intent_id == prefix), found[0].intent_id)
