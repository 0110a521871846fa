"""Daily prices of several symbols on one calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from daybook.backtest.arrays import Flags, Ints
from daybook.backtest.errors import BacktestError
from daybook.contracts.market import DailyBar


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices in won and volume in shares, arrays of sessions x symbols, oldest session first.

    A symbol that did not trade on a session (not listed, halted) has zeros there: it cannot be bought or sold, and a
    position in it keeps its last close. Raises ``BacktestError`` for shapes that differ, days out of order or
    negative numbers.
    """

    symbols: tuple[str, ...]
    days: tuple[date, ...]
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints

    def __post_init__(self) -> None:
        shape = (len(self.days), len(self.symbols))
        for name in ("open", "high", "low", "close", "volume"):
            column = getattr(self, name)
            if column.shape != shape or column.dtype != np.int64:
                raise BacktestError(f"{name} must be int64 of {shape}, not {column.dtype} of {column.shape}")
            if column.size and column.min() < 0:
                raise BacktestError(f"{name} holds a negative number")
        if 0 in shape:
            raise BacktestError("a price table needs at least one session and one symbol")
        if any(later <= earlier for earlier, later in zip(self.days, self.days[1:], strict=False)):
            raise BacktestError("the days of a price table must be in order, each once")

    @classmethod
    def from_bars(cls, history: Mapping[str, Sequence[DailyBar]]) -> "PriceTable":
        """Return the table of all days any symbol has a bar of; raises ``BacktestError`` without any bar."""
        days = sorted({bar.day for bars in history.values() for bar in bars})
        row_of = {day: row for row, day in enumerate(days)}
        cells = np.zeros((5, len(days), len(history)), dtype=np.int64)
        for column, bars in enumerate(history.values()):
            for bar in bars:
                if bar.open_krw > 0 and bar.volume_shares > 0:
                    cells[:, row_of[bar.day], column] = (
                        bar.open_krw,
                        bar.high_krw,
                        bar.low_krw,
                        bar.close_krw,
                        bar.volume_shares,
                    )
        return cls(tuple(history), tuple(days), *cells)

    @property
    def traded(self) -> Flags:
        """Where a symbol had an opening price."""
        return self.open > 0

    def since(self, row: int) -> "PriceTable":
        """Return the table from a row on."""
        columns = (self.open, self.high, self.low, self.close, self.volume)
        return PriceTable(self.symbols, self.days[row:], *(column[row:] for column in columns))

    def marks(self) -> Ints:
        """Return the last close known at each session's end, 0 before the first one."""
        if (self.close > 0).all():
            return self.close
        rows = np.where(self.close > 0, np.arange(len(self.days))[:, np.newaxis], 0)
        return np.take_along_axis(self.close, np.maximum.accumulate(rows, axis=0), axis=0)
