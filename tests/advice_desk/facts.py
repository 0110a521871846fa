"""A stored market for tests: random walks of some symbols and the index up to the session before ``DAY``."""

import math
from collections.abc import Sequence
from datetime import date
from random import Random

from daybook.contracts.market import DailyBar, IndexBar
from daybook.krx.calendar import previous_trading_day, trading_days
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.market_series import MarketSeriesStore

DAY = date(2026, 3, 6)
LAST = previous_trading_day(DAY)
SYMBOLS = ("005930", "000660", "035420", "035720", "005380", "000270", "051910", "068270")


def sessions(count: int, last: date = LAST) -> list[date]:
    """Return the last ``count`` sessions up to ``last``."""
    return trading_days(date(2025, 1, 2), last)[-count:]


def bar(symbol: str, day: date, close_krw: int, volume_shares: int = 1_000) -> DailyBar:
    return DailyBar(
        symbol=symbol,
        day=day,
        open_krw=close_krw,
        high_krw=close_krw,
        low_krw=close_krw,
        close_krw=close_krw,
        volume_shares=volume_shares,
        turnover_krw=20_000_000_000,
    )


def walk(symbol: str, days: Sequence[date], daily_volatility: float = 0.02) -> list[DailyBar]:
    """Return bars of a random walk that depends on the symbol alone."""
    random, level, bars = Random(int(symbol)), math.log(50_000), []
    for day in days:
        level += max(-0.25, min(0.25, random.gauss(0, daily_volatility)))
        bars.append(bar(symbol, day, max(100, round(math.exp(level)))))
    return bars


def store_index(database: Database, days: Sequence[date], levels: Sequence[float]) -> None:
    """Store the closes of KOSPI200."""
    MarketSeriesStore(database).save_index(
        [
            IndexBar(
                index_code="2001",
                day=day,
                open_level=level,
                high_level=level,
                low_level=level,
                close_level=level,
                volume_shares=1,
                turnover_krw=1,
            )
            for day, level in zip(days, levels, strict=True)
        ]
    )


def store_market(database: Database, count: int = 270, symbols: Sequence[str] = SYMBOLS, last: date = LAST) -> None:
    """Store walks of ``symbols`` and the index."""
    days = sessions(count, last)
    for symbol in symbols:
        BarStore(database).save_daily(walk(symbol, days, 0.01 + 0.03 * (symbol == SYMBOLS[1])))
    random, level = Random(1), 300.0
    levels = [level := level * (1 + random.gauss(0, 0.01)) for _ in days]
    store_index(database, days, levels)
