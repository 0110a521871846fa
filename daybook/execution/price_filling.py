"""Daily bars that analysis asks for and the books do not have yet."""

import threading
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from daybook.broker.port import BrokerError
from daybook.contracts.base import KST
from daybook.contracts.prices import PricesFilled
from daybook.execution.desk import ExecutionDesk
from daybook.execution.spans import CALENDAR_DAYS_PER_SESSION
from daybook.krx.calendar import previous_trading_day, session_on

_ONE_DAY = timedelta(days=1)
_SETTLED_AFTER = timedelta(minutes=20)
"""The daily bar of a session is final a little after its close."""


class PriceFiller:
    """Fetches missing daily bars from the broker into the books; what was asked for once today is not asked for again.

    A share listed lately, or one that did not trade, has no bars to fetch: without that memory every question about it
    would ask the broker anew.
    """

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk
        self._asked: dict[str, tuple[date, date]] = {}
        self._lock = threading.Lock()

    def fill(self, symbols: Sequence[str], sessions: int) -> PricesFilled:
        """Fetch what is missing of the last ``sessions`` sessions; a symbol the broker refuses is named."""
        last = last_final_day(self._desk.real_now())
        first = last - timedelta(days=int(sessions * CALENDAR_DAYS_PER_SESSION) + 10)
        bars, missing = 0, []
        for symbol in dict.fromkeys(symbols):
            try:
                bars += self._fill(symbol, first, last)
            except BrokerError:
                missing.append(symbol)
        return PricesFilled(bars=bars, missing=tuple(missing))

    def _fill(self, symbol: str, first: date, last: date) -> int:
        with self._lock:
            asked = self._asked.get(symbol)
        if asked and asked[0] <= first and asked[1] >= last:
            return 0
        have = self._desk.bars.daily(symbol, first, last)
        spans = [(first, have[0].day - _ONE_DAY), (have[-1].day + _ONE_DAY, last)] if have else [(first, last)]
        bars = 0
        for begin, end in spans:
            if begin <= end:
                bars += self._desk.bars.save_daily(self._desk.broker.daily_bars(symbol, begin, end))
        with self._lock:
            before = self._asked.get(symbol, (first, last))
            self._asked[symbol] = (min(first, before[0]), max(last, before[1]))
        return bars


def last_final_day(now: datetime) -> date:
    """Return the last session whose daily bar is final at ``now``."""
    today = now.astimezone(KST).date()
    session = session_on(today)
    if session.is_open and now >= session.times().closes + _SETTLED_AFTER:
        return today
    return previous_trading_day(today)
