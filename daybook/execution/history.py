"""Daily bars of the universe, collected before the open."""

from datetime import timedelta

from daybook.broker.port import BrokerError
from daybook.contracts.day import HistoryReport, HistoryRequest
from daybook.execution.desk import ExecutionDesk
from daybook.krx.calendar import previous_trading_day

CALENDAR_DAYS_PER_SESSION = 1.7
"""Enough calendar days for a number of sessions, holidays included."""


class HistoryCollector:
    """Chooses the universe and keeps its bars up to the day before."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk

    def collect(self, request: HistoryRequest) -> HistoryReport:
        """Collect what is missing.

        Raises:
            BrokerError: when the universe cannot be read. A symbol without bars is named in ``missing``.
        """
        strategy = request.desk.strategy
        universe = strategy.universe_symbols or tuple(self._desk.broker.top_turnover(strategy.top_turnover_count))
        held = [position.symbol for position in self._desk.ledger.positions(request.account) if position.shares]
        last = previous_trading_day(request.day)
        sessions = strategy.lookback_sessions + strategy.skip_sessions + strategy.min_history_sessions
        first = request.day - timedelta(days=int(sessions * CALENDAR_DAYS_PER_SESSION) + 10)
        missing: list[str] = []
        for symbol in dict.fromkeys((*universe, *held)):
            have = self._desk.bars.daily(symbol, first, last)
            if not have or have[-1].day < last:
                try:
                    self._desk.bars.save_daily(self._desk.broker.daily_bars(symbol, first, last))
                except BrokerError:
                    missing.append(symbol)
        self._desk.days.set_universe(request.day, request.account, universe, self._desk.real_now())
        return HistoryReport(universe=universe, sessions=sessions, missing=tuple(missing))
