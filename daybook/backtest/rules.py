"""Named trading rules: each turns a table of prices into signals, or into target weights.

A rule looks at one symbol's traded sessions up to and including the row it decides on, never further.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from daybook.analysis.indicators import highest, lowest, rsi, sma
from daybook.backtest.arrays import Flags, Floats
from daybook.backtest.errors import BacktestError
from daybook.backtest.prices import PriceTable

Signals = tuple[Flags, Flags]


class SignalRule(Protocol):
    """A rule that says when to buy and when to sell."""

    @property
    def warm_up(self) -> int:
        """Sessions before its first signal."""
        ...

    def describe(self) -> str:
        """Return the rule in one English line."""
        ...

    def signals(self, prices: PriceTable) -> Signals:
        """Return entries and exits, sessions x symbols."""
        ...


@dataclass(frozen=True, slots=True)
class BuyAndHold:
    """Buy after the first session with a price, and keep."""

    @property
    def warm_up(self) -> int:
        """None."""
        return 0

    def describe(self) -> str:
        """Return the rule in one line."""
        return "buy at the first open and hold"

    def signals(self, prices: PriceTable) -> Signals:
        """Return entries on every row, of which the first that fills counts, and no exits."""
        return np.ones(prices.open.shape, dtype=bool), np.zeros(prices.open.shape, dtype=bool)


@dataclass(frozen=True, slots=True)
class SmaCross:
    """Buy when the fast mean of closes crosses above the slow one, sell when it crosses below."""

    fast: int = 20
    slow: int = 60

    def __post_init__(self) -> None:
        if not 1 <= self.fast < self.slow:
            raise BacktestError(f"the fast period must be shorter than the slow one: {self.fast}, {self.slow}")

    @property
    def warm_up(self) -> int:
        """The slow mean and a session before it."""
        return self.slow + 1

    def describe(self) -> str:
        """Return the rule in one line."""
        return f"buy when SMA {self.fast} crosses above SMA {self.slow}, sell when it crosses below"

    def signals(self, prices: PriceTable) -> Signals:
        """Return the crossings."""

        def of(high: Floats, low: Floats, close: Floats) -> Signals:
            fast, slow = sma(close, self.fast), sma(close, self.slow)
            return _crosses_up(fast - slow), _crosses_up(slow - fast)

        return _by_symbol(prices, self.warm_up, of)


@dataclass(frozen=True, slots=True)
class RsiReversion:
    """Buy when RSI falls below the lower bound, sell when it rises above the upper one."""

    period: int = 14
    lower: int = 30
    upper: int = 60

    def __post_init__(self) -> None:
        if not (self.period >= 2 and 0 < self.lower < self.upper < 100):
            raise BacktestError(f"RSI needs 2 sessions or more and 0 < lower < upper < 100: {self}")

    @property
    def warm_up(self) -> int:
        """Ten times the period: Wilder's smoothing forgets its start."""
        return 10 * self.period

    def describe(self) -> str:
        """Return the rule in one line."""
        return f"buy when RSI {self.period} falls below {self.lower}, sell when it rises above {self.upper}"

    def signals(self, prices: PriceTable) -> Signals:
        """Return the crossings of the bounds."""

        def of(high: Floats, low: Floats, close: Floats) -> Signals:
            value = rsi(close, self.period)
            return _crosses_up(self.lower - value), _crosses_up(value - self.upper)

        return _by_symbol(prices, self.period + 2, of)


@dataclass(frozen=True, slots=True)
class Breakout:
    """Buy on a close above the highest high of the sessions before, sell on one below their lowest low (Donchian)."""

    entry: int = 20
    exit: int = 10

    def __post_init__(self) -> None:
        if min(self.entry, self.exit) < 1:
            raise BacktestError(f"a breakout needs periods of 1 or more: {self.entry}, {self.exit}")

    @property
    def warm_up(self) -> int:
        """The longer window and the session that breaks out."""
        return max(self.entry, self.exit) + 1

    def describe(self) -> str:
        """Return the rule in one line."""
        return f"buy on a close above the {self.entry}-session high, sell on one below the {self.exit}-session low"

    def signals(self, prices: PriceTable) -> Signals:
        """Return the breakouts."""

        def of(high: Floats, low: Floats, close: Floats) -> Signals:
            entries, exits = np.zeros(len(close), dtype=bool), np.zeros(len(close), dtype=bool)
            entries[1:] = close[1:] > highest(high, self.entry)[:-1]
            exits[1:] = close[1:] < lowest(low, self.exit)[:-1]
            return entries, exits

        return _by_symbol(prices, self.warm_up, of)


@dataclass(frozen=True, slots=True)
class MomentumRotation:
    """Hold, equally weighted, the symbols with the highest positive return over the sessions before."""

    period: int = 60
    top: int = 3
    every: int = 20

    def __post_init__(self) -> None:
        if min(self.period, self.top, self.every) < 1:
            raise BacktestError(f"a rotation needs a period, a number of symbols and an interval of 1 or more: {self}")

    @property
    def warm_up(self) -> int:
        """The period and the session it starts from."""
        return self.period + 1

    def describe(self) -> str:
        """Return the rule in one line."""
        return (
            f"every {self.every} sessions hold the top {self.top} by {self.period}-session return, if above 0, "
            "equally weighted"
        )

    def targets(self, prices: PriceTable, first: int) -> dict[int, Floats]:
        """Return weights by row from ``first`` on; a symbol needs a close on both ends of the period."""
        marks, rows = prices.marks(), {}
        for row in range(max(first, self.period), len(prices.days), self.every):
            start, end = marks[row - self.period].astype(float), marks[row].astype(float)
            known = (start > 0) & (prices.close[row] > 0)
            score = np.where(known, end / np.where(start > 0, start, 1) - 1, -np.inf)
            best = [place for place in np.argsort(-score, kind="stable")[: self.top] if score[place] > 0]
            weights = np.zeros(len(score))
            weights[best] = 1 / self.top
            rows[row] = weights
        return rows


def _crosses_up(difference: Floats) -> Flags:
    """Return where a series turns from at or below zero to above; NaN neither is nor was anything."""
    crossed = np.zeros(len(difference), dtype=bool)
    crossed[1:] = (difference[1:] > 0) & (difference[:-1] <= 0)
    return crossed


def _by_symbol(prices: PriceTable, fewest: int, of: Callable[[Floats, Floats, Floats], Signals]) -> Signals:
    """Compute signals on each symbol's traded sessions and put them back into the table's rows."""
    entries, exits = (np.zeros(prices.open.shape, dtype=bool) for _ in range(2))
    for column in range(prices.open.shape[1]):
        rows = np.flatnonzero(prices.traded[:, column])
        if len(rows) < fewest:
            continue
        traded = (getattr(prices, name)[rows, column].astype(np.float64) for name in ("high", "low", "close"))
        entries[rows, column], exits[rows, column] = of(*traded)
    return entries, exits
