"""Market data, series by series: the database is brought up to date, and every session is there once or is named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from daybook.broker.port import BrokerError
from daybook.contracts.collection import CollectionPlan, CollectionPlanRequest, SeriesKind, SeriesReport, SeriesTask
from daybook.contracts.market import ListedSecurity
from daybook.execution.desk import ExecutionDesk
from daybook.execution.price_filling import last_final_day
from daybook.execution.spans import CALENDAR_DAYS_PER_SESSION
from daybook.krx.calendar import trading_days
from daybook.krx.holiday_table import packaged_table
from daybook.storage.market_series import CollectedSeries, MarketSeriesStore

MOST_SYMBOLS = 400
KIS_FLOW_SESSIONS = 30
"""KIS gives investor flows of the last 30 sessions only; older gaps cannot be closed later."""
_OVERLAP_SESSIONS = 5
"""Stored sessions fetched again with the missing ones: where they differ, prices were adjusted since."""
_MARKET_INDEX = "0001"


class _Row(Protocol):
    @property
    def day(self) -> date: ...


@dataclass(frozen=True)
class _Series:
    """How one kind of series is stored and fetched."""

    stored: Callable[[date, date], Sequence[_Row]]
    fetch: Callable[[date, date], Sequence[_Row]]
    save: Callable[[Any], int]


class SeriesCollector:
    """Collects one series at a time; repeating a task fetches only what is still missing."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk
        self._store = MarketSeriesStore(desk.database)

    def plan(self, request: CollectionPlanRequest) -> CollectionPlan:
        """Return the symbols to collect: those asked for, else stored and held ones, else the most traded.

        Raises:
            BrokerError: when there is nothing stored and the broker gives no ranking.
        """
        symbols = request.symbols
        if not symbols:
            held = [position.symbol for position in self._desk.ledger.positions(request.account) if position.shares]
            symbols = tuple(dict.fromkeys((*self._desk.bars.symbols(), *held)))
        if not symbols:
            symbols = tuple(self._desk.broker.top_turnover(30))
        return CollectionPlan(
            symbols=symbols[:MOST_SYMBOLS], until=request.until or last_final_day(self._desk.real_now())
        )

    def collect(self, task: SeriesTask) -> SeriesReport:
        """Bring one series up to date and say what it has, what is missing and what changed.

        A refusal of the broker is the report's ``problem``: one symbol never ends a collection.

        Raises:
            BrokerError: when the broker cannot be reached; the task may be repeated.
        """
        series = self._series(task)
        first, expected = self._span(task)
        before = {row.day: row for row in series.stored(first, task.until)}
        missing = [day for day in expected if day not in before] if expected else [first]
        fetched, changed, problem = 0, 0, ""
        if missing:
            begin = self._begin(missing[0], sorted(before))
            rows, problem = self._fetched(series, begin, task)
            differing = [row for row in rows if row.day in before and before[row.day] != row]
            if differing:
                changed = len(differing)
                rows, problem = self._fetched(series, first, task)
            series.save(rows)
            fetched = sum(row.day not in before for row in rows)
        return self._report(task, series, first, expected, fetched=fetched, changed=changed, problem=problem)

    def _fetched(self, series: _Series, begin: date, task: SeriesTask) -> tuple[list[_Row], str]:
        try:
            rows = [row for row in series.fetch(begin, task.until) if begin <= row.day <= task.until]
        except BrokerError as error:
            if error.code in {"NO_SUCH_SYMBOL", "NO_SUCH_INDEX", "SYMBOL", "NOT_SERVED"}:
                return [], f"{error}"[:300]
            raise
        odd = [row.day for row in rows if self._is_closed(row.day)]
        problem = f"{len(odd)} rows of days without a session were left out, the first {odd[0]}" if odd else ""
        return [row for row in rows if row.day not in odd], problem

    def _report(
        self, task: SeriesTask, series: _Series, first: date, expected: Sequence[date], *,
        fetched: int, changed: int, problem: str,
    ) -> SeriesReport:  # fmt: skip
        days = [row.day for row in series.stored(first, task.until)]
        there = set(days)
        gaps = tuple(day for day in expected if days and days[0] < day and day not in there)
        if not days and not problem:
            problem = "the broker has no rows of it"
        if days:
            reached = CollectedSeries(task.kind.value, task.key, days[0], days[-1], len(days))
            known = self._store.collected(task.kind.value, task.key)
            digest = known.digest if known and not fetched and not changed else ""
            self._store.mark_collected(CollectedSeries(**{**reached.__dict__, "digest": digest}))
        return SeriesReport(
            kind=task.kind,
            key=task.key,
            fetched=fetched,
            sessions=len(days),
            first_day=days[0] if days else None,
            last_day=days[-1] if days else None,
            gaps=gaps,
            changed=changed,
            problem=problem,
        )

    def _series(self, task: SeriesTask) -> _Series:
        broker, bars, store, key = self._desk.broker, self._desk.bars, self._store, task.key
        if task.kind is SeriesKind.INDEX_BARS:
            return _Series(
                lambda first, last: store.index(key, first, last),
                lambda first, last: broker.index_bars(key, first, last),
                store.save_index,
            )
        if task.kind is SeriesKind.INVESTOR_FLOWS:
            return _Series(
                lambda first, last: store.flows(key, first, last),
                lambda first, last: broker.investor_flows(key),
                store.save_flows,
            )
        return _Series(
            lambda first, last: bars.daily(key, first, last), lambda first, last: self._bars(key, first, last),
            bars.save_daily,
        )  # fmt: skip

    def _bars(self, symbol: str, first: date, last: date) -> Sequence[_Row]:
        """Fetch daily bars; what the symbol is comes along, since scores and scenarios want market and sector."""
        rows = self._desk.broker.daily_bars(symbol, first, last)
        if rows:
            quote = self._desk.broker.quote(symbol)
            known = self._store.securities().get(symbol)
            seen = ListedSecurity(
                symbol=symbol,
                name=known.name if known else "",
                market=quote.market,
                kind=quote.kind,
                sector=quote.sector,
                shares_listed=known.shares_listed if known else None,
                seen_at=self._desk.real_now(),
            )
            self._store.save_securities([seen])
        return rows

    def _span(self, task: SeriesTask) -> tuple[date, list[date]]:
        """Return the first day and the sessions of a task; before the calendar's table, the index says what traded."""
        sessions = min(task.sessions, KIS_FLOW_SESSIONS) if task.kind is SeriesKind.INVESTOR_FLOWS else task.sessions
        first = task.until - timedelta(days=int(sessions * CALENDAR_DAYS_PER_SESSION) + 10)
        table = packaged_table()
        known_from = max(first, table.first_day)
        days = trading_days(known_from, min(task.until, table.last_day)) if known_from <= task.until else []
        if first < table.first_day:
            earlier = self._store.index(_MARKET_INDEX, first, table.first_day - timedelta(days=1))
            days = [bar.day for bar in earlier] + days
            if not earlier and len(days) < sessions:
                return first, []
        days = days[-sessions:]
        return (days[0] if days else first), days

    @staticmethod
    def _begin(missing: date, stored: Sequence[date]) -> date:
        earlier = [day for day in stored if day < missing]
        return earlier[-_OVERLAP_SESSIONS:][0] if earlier else missing

    @staticmethod
    def _is_closed(day: date) -> bool:
        table = packaged_table()
        return table.covers(day) and not trading_days(day, day)
