"""Orders a script proposes: read from its result, and opened as tickets that wait for a person."""

from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import JsonValue, ValidationError

    from daybook.contracts.ask import MOST_TICKETS
    from daybook.contracts.base import Side
    from daybook.contracts.code import CodeRunInput, ScriptIntent
    from daybook.contracts.orders import OrderTicket, Purpose, TicketOrigin
    from daybook.contracts.script_digest import canonical_json

from workflows import asked_tickets

INTENTS: Final = "intents"
"""The key of a result under which a script proposes orders."""

_MOST_READ: Final = 20


def read_intents(result: JsonValue) -> tuple[tuple[ScriptIntent, ...], tuple[str, ...]]:
    """Return the orders a result proposes, each once and at most ``MOST_TICKETS``, and why others are left out."""
    proposed = result.get(INTENTS) if isinstance(result, dict) else None
    if proposed is None:
        return (), ()
    if not isinstance(proposed, list):
        return (), ("intents must be a list of orders",)
    intents: list[ScriptIntent] = []
    problems: list[str] = []
    for number, item in enumerate(proposed[:_MOST_READ], start=1):
        try:
            intent = ScriptIntent.model_validate_json(canonical_json(item), strict=True)
        except ValueError as error:
            problems.append(f"intent {number}: {_first_error(error)}")
            continue
        intent = intent.model_copy(update={"rationale": _one_line(intent.rationale)})
        if intent not in intents:
            intents.append(intent)
    if len(intents) > MOST_TICKETS:
        problems.append(f"{len(intents)} orders were proposed; the first {MOST_TICKETS} became tickets")
    return tuple(intents[:MOST_TICKETS]), tuple(problems)


async def open_ticket(run: CodeRunInput, intent: ScriptIntent, number: int) -> str:
    """Open a ticket of an intent and return its id.

    Raises ``ValueError`` when the intent makes no valid ticket.
    """
    ticket = _ticket(run, intent, number)
    await asked_tickets.open_ticket(ticket, run.clock, run.desk)
    return ticket.intent_id


def _ticket(run: CodeRunInput, intent: ScriptIntent, number: int) -> OrderTicket:
    desk, now = run.desk, workflow.now()
    market_now = run.clock.market_time(now)
    return OrderTicket(
        intent_id=f"code-{run.run_id}-{number}",
        decision_id=f"code-{run.run_id}",
        account=desk.account,
        mode=desk.mode,
        day=market_now.date(),
        symbol=intent.symbol,
        side=intent.side,
        shares=intent.shares,
        limit_price_krw=intent.limit_price_krw,
        reference_price_krw=intent.limit_price_krw,
        purpose=Purpose.ENTRY if intent.side is Side.BUY else Purpose.EXIT,
        origin=TicketOrigin.SCRIPT,
        reason="script",
        rationale=f"proposed by a script for {run.by}: {intent.rationale or run.task}"[:500],
        decided_at=now,
        valid_until=asked_tickets.valid_until(market_now, run.clock, desk),
    )


def _one_line(text: str) -> str:
    """Return a text, which may quote strangers, as one line without control and direction characters."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _first_error(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)[:200]
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'the entry'}: {first['msg']}"[:200]
