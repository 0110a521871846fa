"""The filled orders of a backtest, column by column."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daybook.backtest.arrays import Flags, Ints, Numbers


@dataclass(frozen=True, slots=True)
class Orders:
    """Filled orders, one place each in all arrays, by symbol and then by session.

    Attributes:
        session: the row of the price table at whose open it filled.
        symbol: the column of the price table.
        is_buy: whether it bought.
        shares: how many.
        price_krw: at which price.
        commission_krw: its commission.
        tax_krw: its tax; 0 for a buy.
    """

    session: Ints
    symbol: Ints
    is_buy: Flags
    shares: Ints
    price_krw: Ints
    commission_krw: Numbers
    tax_krw: Numbers

    def __len__(self) -> int:
        return len(self.session)

    @property
    def amount_krw(self) -> Ints:
        """Shares times price."""
        return self.shares * self.price_krw

    @property
    def cash_change_krw(self) -> Numbers:
        """What each order did to the cash."""
        signed = np.where(self.is_buy, -self.amount_krw, self.amount_krw)
        return signed - self.commission_krw - self.tax_krw

    @property
    def share_change(self) -> Ints:
        """What each order did to the position."""
        return np.where(self.is_buy, self.shares, -self.shares)


@dataclass(frozen=True, slots=True)
class Batch:
    """Orders that were found together, by cell (``session * symbols + symbol``)."""

    cells: Ints
    is_buy: bool
    shares: Ints
    prices_krw: Ints
    commission_krw: Numbers
    tax_krw: Numbers


def collect(batches: Sequence[Batch], sessions: int, symbols: int, dtype: type[np.generic]) -> Orders:
    """Put batches together and sort their orders by symbol and session."""

    def joined(parts: list[Numbers], kind: type[np.generic]) -> Numbers:
        return np.concatenate(parts) if parts else np.empty(0, dtype=kind)

    cells = joined([batch.cells for batch in batches], np.int64)
    session, symbol = np.divmod(cells, symbols)
    order = np.argsort(symbol * sessions + session, kind="stable")
    sides = joined([np.full(len(batch.cells), batch.is_buy) for batch in batches], np.bool_)
    return Orders(
        session=session[order],
        symbol=symbol[order],
        is_buy=sides[order],
        shares=joined([batch.shares for batch in batches], np.int64)[order],
        price_krw=joined([batch.prices_krw for batch in batches], np.int64)[order],
        commission_krw=joined([batch.commission_krw for batch in batches], dtype)[order],
        tax_krw=joined([batch.tax_krw for batch in batches], dtype)[order],
    )
