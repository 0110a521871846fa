"""Price tables for tests: random walks with halts, gaps and locked opens, and plain ones by hand."""

from datetime import date, timedelta

import numpy as np

from daybook.backtest.grid import down_to_tick
from daybook.backtest.prices import PriceTable


def weekdays(count, first=date(2019, 6, 3)):
    days, day = [], first
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    return tuple(days)


def table(opens, closes=None, days=None):
    """Build a table from opens (sessions x symbols) and closes; highs and lows span both."""
    opens = np.array(opens, dtype=np.int64)
    opens = opens.reshape(len(opens), -1)
    closes = opens if closes is None else np.array(closes, dtype=np.int64).reshape(opens.shape)
    symbols = tuple(f"{number:06d}" for number in range(opens.shape[1]))
    volume = np.where(opens > 0, 1_000, 0)
    spans = np.maximum(opens, closes), np.minimum(opens, closes)
    return PriceTable(symbols, days or weekdays(len(opens)), opens, *spans, closes, volume)


def random_table(sessions, symbols, seed, halts=True, on_grid=False, first=date(2019, 6, 3)):
    """Build a table of random walks within a factor of 4.5 of their start; with ``halts`` some sessions do not trade.

    One session in fifty jumps by about 30 %, so that opens at the daily limits occur.
    """
    random = np.random.default_rng(seed)
    moves = random.normal(0.0002, 0.025, (sessions, symbols))
    jumps = random.random((sessions, symbols)) < 0.02
    moves[jumps] = random.choice([-0.3, 0.3], jumps.sum())
    levels = 1.5 - np.abs((np.cumsum(moves, axis=0) + 1.5) % 6 - 3)
    closes = np.maximum(random.integers(500, 300_000, symbols) * np.exp(levels), 100).astype(np.int64)
    opens = np.empty_like(closes)
    opens[0] = closes[0]
    opens[1:] = closes[:-1] * (1 + moves[1:] * random.choice([0.3, 1.0], (sessions - 1, symbols)))
    opens = np.maximum(opens, 50)
    if on_grid:
        opens = down_to_tick(opens)
    if halts:
        halted = random.random((sessions, symbols)) < 0.02
        opens[halted] = closes[halted] = 0
    return table(opens, closes, weekdays(sessions, first))
