"""Daily bars of the universe and of KOSPI, collected before the open; for factors also flows and the benchmark."""

from datetime import date

from daybook.broker.port import BrokerError
from daybook.contracts.collection import SeriesKind, SeriesTask
from daybook.contracts.day import HistoryReport, HistoryRequest
from daybook.contracts.limits import AdvisorKind
from daybook.execution.collection import KIS_FLOW_SESSIONS, SeriesCollector
from daybook.execution.desk import ExecutionDesk
from daybook.execution.spans import first_day_of
from daybook.krx.calendar import previous_trading_day

FACTOR_SESSIONS = 280
"""Twelve months less the last one need 253 closes; the rest is for days a symbol did not trade."""
MARKET_INDEX = "0001"
MARKET_SESSIONS = 250
"""KOSPI and the year whose high the threat level measures its fall from."""


class HistoryCollector:
    """Chooses the universe and keeps its bars up to the day before."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk
        self._series = SeriesCollector(desk)

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
        symbols = tuple(dict.fromkeys((*universe, *held, request.desk.response.hedge_symbol)))
        if strategy.advisor is AdvisorKind.FACTOR:
            sessions = max(sessions, FACTOR_SESSIONS)
            missing = self._collect_for_factors(symbols, request.desk.benchmark_index, last, sessions)
        else:
            missing = self._collect_bars(symbols, first_day_of(request.day, sessions), last)
        self._has(SeriesKind.INDEX_BARS, MARKET_INDEX, MARKET_SESSIONS, last)
        self._desk.days.set_universe(request.day, request.account, universe, self._desk.real_now())
        return HistoryReport(universe=universe, sessions=sessions, missing=tuple(missing))

    def _collect_bars(self, symbols: tuple[str, ...], first: date, last: date) -> list[str]:
        missing: list[str] = []
        for symbol in symbols:
            have = self._desk.bars.daily(symbol, first, last)
            if not have or have[-1].day < last:
                try:
                    self._desk.bars.save_daily(self._desk.broker.daily_bars(symbol, first, last))
                except BrokerError:
                    missing.append(symbol)
        return missing

    def _collect_for_factors(self, symbols: tuple[str, ...], index: str, last: date, sessions: int) -> list[str]:
        """Bring bars, flows and the index up to date: what is stored is not fetched again, a year once is enough.

        Only bars are named when they are missing: without flows or the index a factor abstains, the day goes on.
        """
        missing = [symbol for symbol in symbols if not self._has(SeriesKind.DAILY_BARS, symbol, sessions, last)]
        self._has(SeriesKind.INDEX_BARS, index, sessions, last)
        for symbol in symbols:
            if not self._has(SeriesKind.INVESTOR_FLOWS, symbol, KIS_FLOW_SESSIONS, last):
                break
        return missing

    def _has(self, kind: SeriesKind, key: str, sessions: int, last: date) -> bool:
        try:
            report = self._series.collect(SeriesTask(kind=kind, key=key, sessions=sessions, until=last))
        except BrokerError:
            return False
        return not report.problem or report.sessions > 0
