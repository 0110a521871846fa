"""Positions as the strategy sees them."""

from collections.abc import Mapping

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.advice import Position


def positions_of(account: AccountSnapshot, held_sessions: Mapping[str, int]) -> tuple[Position, ...]:
    """Return the account's positions with their ages in sessions; an age the ledger does not know stays None."""
    return tuple(
        Position(
            symbol=holding.symbol,
            shares=holding.shares,
            sellable_shares=holding.sellable_shares,
            average_price_krw=holding.average_price_krw,
            held_sessions=held_sessions.get(holding.symbol),
        )
        for holding in account.holdings
        if holding.shares > 0
    )
