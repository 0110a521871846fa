"""Reading stored bars point in time, as the analysis room takes them."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar
from daybook.contracts.tools import SourceRef
from daybook.krx.calendar import session_on
from daybook.skills.context import ToolContext
from daybook.skills.errors import BadArguments, NoData
from daybook.skills.technical.ports import PriceHistory

if TYPE_CHECKING:
    from daybook.analysis.price_frame import PriceFrame

_EXCHANGE_OPENED = date(1956, 3, 3)
_USUAL_CLOSE = time(15, 30)
_DAYS_A_SESSION = 1.6
"""A year has 245 sessions in 365 days; holidays and halts take some more."""
_SPARE_DAYS = 20


def last_final_day(now: datetime) -> date:
    """Return the latest date whose daily bar is final at a moment: today only once the session has closed."""
    local = now.astimezone(KST)
    closes = session_on(local.date()).closes or datetime.combine(local.date(), _USUAL_CLOSE, KST)
    return local.date() if local >= closes else local.date() - timedelta(days=1)


def bars(symbol: str, sessions: int, history: PriceHistory, context: ToolContext) -> Sequence[DailyBar]:
    """Return at least the latest ``sessions`` traded bars final at the call's point in time, or all there are.

    They come oldest first, among them those of sessions without a trade.

    Raises ``NoData`` when none is stored.
    """
    last = last_final_day(context.now)
    likely = last - timedelta(days=math.ceil(sessions * _DAYS_A_SESSION) + _SPARE_DAYS)
    found = history.daily(symbol, likely, last)
    if sum(bar.volume_shares > 0 for bar in found) < sessions:
        found = history.daily(symbol, _EXCHANGE_OPENED, last)
    if not found:
        raise NoData(f"no daily prices of {symbol} up to {last} are stored")
    return found


def frame(symbol: str, sessions: int, history: PriceHistory, context: ToolContext) -> "PriceFrame":
    """Return at most the latest ``sessions`` traded sessions of a symbol; raises ``NoData`` when there is none."""
    from daybook.analysis.price_frame import PriceFrame

    found = PriceFrame.of(symbol, bars(symbol, sessions, history, context)).last(sessions)
    if not len(found):
        raise NoData(f"{symbol} did not trade on any stored day up to {last_final_day(context.now)}")
    return found


def full_frame(symbol: str, sessions: int, history: PriceHistory, context: ToolContext) -> "PriceFrame":
    """Return exactly the latest ``sessions`` traded sessions; raises ``NoData`` that says how many exist."""
    found = frame(symbol, sessions, history, context)
    if len(found) < sessions:
        raise NoData(f"{symbol}: {sessions} sessions are needed, {len(found)} exist (from {found.days[0]})")
    return found


def distinct(symbols: Sequence[str]) -> list[str]:
    """Return symbols as given; raises ``BadArguments`` when one is given twice."""
    if len(set(symbols)) < len(symbols):
        raise BadArguments("give each symbol once")
    return list(symbols)


@contextmanager
def short_history(symbol: str) -> Iterator[None]:
    """Turn the analysis room's ``TooShort`` into ``NoData`` that names the symbol."""
    from daybook.analysis.errors import TooShort

    try:
        yield
    except TooShort as error:
        raise NoData(f"{symbol}: {error}") from error


def source(symbols: Sequence[str], first: date, last: date) -> SourceRef:
    """Return the stored bars as a source."""
    return SourceRef(name="daily_bars", title=f"{', '.join(symbols)}: stored daily bars {first} to {last}")


def rounded(value: float | None, digits: int = 4) -> float | None:
    """Return a number with few digits; None for one that is not known or not finite."""
    return None if value is None or not math.isfinite(value) else round(value, digits)


def whole(value: float) -> int:
    """Return a number rounded to whole won."""
    return round(value)
