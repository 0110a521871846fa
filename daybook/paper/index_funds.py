"""Funds that promise a multiple of KOSPI200's return of each day: the index's moves, and what a fund makes of them.

All listed KOSPI stocks are fewer than 200, so the index is the capitalisation-weighted sum of all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]

INDEX_RANGE_SHARE = 0.4
"""How much of its members' weighted excess over open and close an index's own high and low keep."""


@dataclass(frozen=True, slots=True)
class IndexMoves:
    """Simple returns of the index from the close before to the open and to the close, each (days,)."""

    to_open: _Floats
    to_close: _Floats


def index_moves(level: _Floats, log_close: _Floats, gap: _Floats, shares: _Floats) -> IndexMoves:
    """Return the moves of an index of stocks with log price ``level`` before the first day; zero without stocks.

    ``level`` and ``shares`` are (stocks,); log closes and overnight log gaps are (days, stocks).
    """
    days = len(log_close)
    if not len(shares):
        return IndexMoves(np.zeros(days), np.zeros(days))
    log_before = np.concatenate([level[None, :], log_close[:-1]])
    before = (np.exp(log_before) * shares).sum(axis=1)
    opened = (np.exp(log_before + gap) * shares).sum(axis=1)
    closed = (np.exp(log_close) * shares).sum(axis=1)
    return IndexMoves(opened / before - 1, closed / before - 1)


def followed(moves: IndexMoves, multiple: int, tracking_error: _Floats, largest_move: float) -> tuple[_Floats, _Floats]:
    """Return a fund's daily log returns and overnight log gaps, each (days,): ``multiple`` times the index's.

    The tracking error adds to the day's log return; no move is larger than ``largest_move``, a ratio.
    """
    lowest, highest = np.log1p([-largest_move, largest_move])
    opening = np.log1p(np.clip(multiple * moves.to_open, -largest_move, largest_move))
    close = np.log1p(np.clip(multiple * moves.to_close, -largest_move, largest_move)) + tracking_error
    return np.clip(close, lowest, highest), opening


def index_range(log_prices: Sequence[_Floats], shares: _Floats) -> tuple[_Floats, _Floats]:
    """Return the index's low and high as simple returns from its close before, each (days,); zero without stocks.

    ``log_prices`` are base, open, high, low and close, each (days, stocks); high and low may not yet contain open and
    close.
    """
    log_base, log_open, log_high, log_low, log_close = log_prices
    if not len(shares):
        return np.zeros(len(log_base)), np.zeros(len(log_base))
    before, opened, closed = ((np.exp(part) * shares).sum(axis=1) for part in (log_base, log_open, log_close))
    highest = (np.exp(np.maximum(log_high, np.maximum(log_open, log_close))) * shares).sum(axis=1)
    lowest = (np.exp(np.minimum(log_low, np.minimum(log_open, log_close))) * shares).sum(axis=1)
    top, bottom = np.maximum(opened, closed), np.minimum(opened, closed)
    high = top + (highest - top) * INDEX_RANGE_SHARE
    low = bottom - (bottom - lowest) * INDEX_RANGE_SHARE
    return low / before - 1, high / before - 1


def followed_range(ranges: tuple[_Floats, _Floats], multiple: int, largest_move: float) -> tuple[_Floats, _Floats]:
    """Return a fund's low and high as log returns from its base price, each (days,)."""
    ends = [np.log1p(np.clip(multiple * part, -largest_move, largest_move)) for part in ranges]
    return np.minimum(*ends), np.maximum(*ends)
