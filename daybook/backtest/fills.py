"""Which orders fill at an open, and at which price.

A session is not traded without an opening price. An open at the upper limit has buyers waiting and no sellers, so a
buy there counts as not filled; so does a sale at the lower limit. That is the careful reading: some of those orders
do trade. The limits hold against the last close before the session, at 30 %, as since 2015-06-15.
"""

from dataclasses import dataclass

import numpy as np

from daybook.backtest.arrays import Flags, Ints
from daybook.backtest.grid import down_to_tick, limits, up_to_tick
from daybook.backtest.prices import PriceTable
from daybook.backtest.settings import BacktestSettings
from daybook.contracts.base import Side


@dataclass(frozen=True, slots=True)
class Opens:
    """Opening prices of all cells; a cell is ``session * symbols + symbol``."""

    open: Ints
    base: Ints
    """The last close before each session, 0 when there is none."""
    settings: BacktestSettings

    @classmethod
    def of(cls, prices: PriceTable, marks: Ints, settings: BacktestSettings) -> "Opens":
        """Return the opens of a table whose last known closes are ``marks``."""
        base = np.concatenate((np.zeros_like(marks[:1]), marks[:-1])).ravel()
        return cls(prices.open.ravel(), base, settings)

    def fills(self, cells: Ints, side: Side) -> Flags:
        """Return whether the open of each of ``cells`` fills an order of a side."""
        opens = self.open[cells]
        fills = opens > 0
        if self.settings.limit_rule:
            fills[_locked(opens, self.base[cells], side)] = False
        return fills

    def prices(self, cells: Ints, side: Side) -> Ints:
        """Return the fill prices of all cells; only those of ``cells`` are moved to the grid."""
        if not self.settings.tick_rule:
            return self.open
        opens = self.open[cells]
        moved = up_to_tick(opens) if side is Side.BUY else down_to_tick(opens)
        if (moved == opens).all():
            return self.open
        prices = self.open.copy()
        prices[cells] = moved
        return prices


def _locked(opens: Ints, bases: Ints, side: Side) -> Ints:
    """Return the places whose open is at the limit; a plain inequality rules most places out first.

    The upper limit lies above 1.27 x base - 8 and the lower one below 0.73 x base + 8 for every base price.
    """
    if side is Side.BUY:
        near = np.flatnonzero((opens * 100 >= bases * 127 - 800) & (bases > 0))
        return near[opens[near] >= limits(bases[near])[1]]
    near = np.flatnonzero((opens * 100 <= bases * 73 + 800) & (bases > 0))
    return near[opens[near] <= limits(bases[near])[0]]
