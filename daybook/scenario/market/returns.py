"""Log returns of a price history, with what cannot be a return taken out."""

import math

import numpy as np

from daybook.scenario.arrays import FloatArray
from daybook.scenario.market.errors import MarketDataCode, MarketDataError
from daybook.scenario.market.history import MarketHistory

MINIMUM_RETURNS = 60
"""Days of the index a fit needs, and days of its own a stock needs not to lean on its peers."""
_SLACK = 0.01
_HIGHEST = math.log(1.3) + _SLACK
_LOWEST = math.log(0.7) - _SLACK


def check_history(history: MarketHistory) -> None:
    """Raise ``MarketDataError`` where a history cannot be fitted, naming the code or field and the way out."""
    sessions, n = len(history.days), len(history.codes)
    if n == 0:
        raise MarketDataError(
            MarketDataCode.NO_STOCKS, "universe.codes", "no stock of the universe has a price",
            "choose codes that are listed, or another source",
        )  # fmt: skip
    shapes = {
        "names": (len(history.names),), "sectors": (len(history.sectors),), "markets": (len(history.markets),),
    }  # fmt: skip
    for field, shape in shapes.items():
        if shape != (n,):
            raise MarketDataError(MarketDataCode.BAD_SHAPE, f"history.{field}", f"has {shape[0]} entries for {n} codes")
    for field, array, wanted in (
        ("closes_krw", history.closes_krw, (sessions, n)),
        ("turnover_krw", history.turnover_krw, (sessions, n)),
        ("market_index", history.market_index, (sessions,)),
    ):
        if array.shape != wanted:
            raise MarketDataError(
                MarketDataCode.BAD_SHAPE, f"history.{field}", f"has shape {array.shape}, not {wanted}"
            )
    if any(later <= earlier for earlier, later in zip(history.days, history.days[1:], strict=False)):
        raise MarketDataError(
            MarketDataCode.BAD_ORDER, "history.days", "sessions are not in order or stand twice", "sort them by day"
        )
    if sessions < MINIMUM_RETURNS + 1:
        raise MarketDataError(
            MarketDataCode.TOO_FEW_SESSIONS, "universe.lookback_days",
            f"the market index has {sessions} sessions and a fit needs {MINIMUM_RETURNS + 1}",
            "collect more history, or use source fixture",
        )  # fmt: skip
    bad = ~(np.isfinite(history.market_index) & (history.market_index > 0))
    if bad.any():
        day = history.days[int(np.flatnonzero(bad)[0])]
        raise MarketDataError(
            MarketDataCode.BAD_INDEX, "history.market_index", f"has no level on {day}", "collect that session again"
        )
    for column, code in enumerate(history.codes):
        closes = history.closes_krw[:, column]
        known = closes[~np.isnan(closes)]
        if known.size == 0:
            raise MarketDataError(
                MarketDataCode.NO_PRICE, "universe.codes",
                f"{code} has no price at all in {sessions} sessions to {history.days[-1]}",
                f"take {code} out of universe.codes, or collect its prices",
            )  # fmt: skip
        if not np.isfinite(known).all() or (known <= 0).any():
            raise MarketDataError(
                MarketDataCode.BAD_PRICE, "history.closes_krw", f"{code} has a close that is not above 0",
                "leave a session without trading empty (nan)",
            )  # fmt: skip


def stock_returns(closes_krw: FloatArray) -> FloatArray:
    """Return (T - 1, n) daily log returns; nan where either day has no price or the move is beyond the daily limit.

    No KRX share moves more than 30 % in a session: what does is a split, a first day or a re-listing, not a return.
    """
    logs = np.log(closes_krw)
    moves: FloatArray = np.diff(logs, axis=0)
    with np.errstate(invalid="ignore"):
        moves[(moves > _HIGHEST) | (moves < _LOWEST)] = np.nan
    return moves
