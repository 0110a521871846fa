"""One tool, run on its layer: prices it needs are fetched first, and a failure comes back as a reply."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.calls import FILL_PRICES
    from daybook.contracts.prices import MOST_SESSIONS, MOST_SYMBOLS, FillPrices
    from daybook.contracts.tools import ToolReply, ToolRequest, ToolRow, ToolStatus, tool_call

from workflows.calling import begin

_WAIT_FOR_A_WORKER = timedelta(seconds=45)
_FEWEST_SESSIONS = 250
"""Fetched at least, so that the next question of a symbol has its year already."""
_WARM_UP_SESSIONS = 80
"""Sessions a figure needs before the first one it shows."""


async def run_tool(row: ToolRow, request: ToolRequest, *, summary: str) -> ToolReply:
    """Run a tool and return its reply; a layer that does not answer in time is a reply as well."""
    if row.price_arguments:
        await _fill_prices(row, request)
    entry = tool_call(row)
    try:
        return await begin(entry, request, summary=summary, within=entry.timeout * entry.attempts + _WAIT_FOR_A_WORKER)
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        cause = f"{error.cause or error}".partition("\n")[0]
        return ToolReply(
            tool=row.name,
            status=ToolStatus.UNAVAILABLE,
            message=f"the {row.layer.value} worker did not answer: {cause}"[:500],
            is_untrusted=row.is_untrusted,
        )


async def _fill_prices(row: ToolRow, request: ToolRequest) -> None:
    """Fetch the daily bars a tool reads; without the trading layer the tool works with what is stored."""
    symbols: list[str] = []
    for name in row.price_arguments:
        value = request.arguments.get(name)
        several = value if isinstance(value, list) else [value]
        symbols += [one for one in several if isinstance(one, str)]
    asked = request.arguments.get("sessions")
    sessions = asked if isinstance(asked, int) else row.price_sessions
    wanted_sessions = min(max(sessions, _FEWEST_SESSIONS) + _WARM_UP_SESSIONS, MOST_SESSIONS)
    try:
        wanted = FillPrices(symbols=tuple(dict.fromkeys(symbols))[:MOST_SYMBOLS], sessions=wanted_sessions)
    except ValueError:
        return  # the tool itself says what is wrong with its arguments
    if not wanted.symbols:
        return
    try:
        await begin(
            FILL_PRICES,
            wanted,
            summary=f"daily bars of {', '.join(wanted.symbols)}",
            within=FILL_PRICES.timeout + _WAIT_FOR_A_WORKER,
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("daily bars were not fetched: %s", error.cause or error)
