"""Positions as they stood after a day, replayed from the ledger's entries and fills.

The ledger's own position rows are those of now. A report written again later must show those of its day.
"""

from collections.abc import Sequence
from datetime import datetime

from daybook.contracts.base import Side
from daybook.storage.cost_basis import Holding, trade
from daybook.storage.ledger_records import FillRecord, LedgerEntry

_FLAT = Holding(0, 0)


def holdings_after(entries: Sequence[LedgerEntry], fills: Sequence[FillRecord]) -> dict[str, Holding]:
    """Return shares and cost basis by symbol after all given entries and fills; flat symbols are left out.

    Both sequences are in the order of booking; between them the time of booking decides.
    """
    events: list[tuple[datetime, LedgerEntry | FillRecord]] = [(entry.at, entry) for entry in entries]
    events += [(fill.at, fill) for fill in fills]
    holdings: dict[str, Holding] = {}
    for _, event in sorted(events, key=lambda item: item[0]):
        if event.symbol is None:
            continue
        before = holdings.get(event.symbol, _FLAT)
        holdings[event.symbol] = _entered(before, event) if isinstance(event, LedgerEntry) else _filled(before, event)
    return {symbol: holding for symbol, holding in sorted(holdings.items()) if holding.shares}


def _entered(before: Holding, entry: LedgerEntry) -> Holding:
    return Holding(before.shares + entry.shares, before.cost_basis_krw + entry.cost_basis_krw)


def _filled(before: Holding, fill: FillRecord) -> Holding:
    if fill.shares:
        signed = fill.shares if fill.side is Side.BUY else -fill.shares
        return trade(before, signed, fill.amount_krw).holding
    # A correction of the amount alone changes the cost of shares still held; of shares sold it is result.
    if fill.side is Side.BUY and before.shares > 0:
        return trade(before, 0, fill.amount_krw).holding
    return before
