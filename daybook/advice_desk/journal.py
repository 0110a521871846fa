"""The outcome journal on what is stored: claims, their outcomes, and what they add up to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from daybook.advice.outcomes import base_session, measure, summarise_outcomes
from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar
from daybook.contracts.outcomes import (
    OUTCOME_HORIZONS,
    Outcome,
    OutcomeClaim,
    OutcomeSubject,
    OutcomeSummary,
)
from daybook.krx.calendar import session_on, trading_days
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.market_series import MarketSeriesStore
from daybook.storage.outcomes import OutcomeStore

_CLOCK_SLACK = timedelta(minutes=1)


class OutcomeJournal:
    """Claims are noted once; outcomes are measured from the bars as they are stored now, splits and all."""

    def __init__(self, database: Database, index_code: str = "2001") -> None:
        self._claims = OutcomeStore(database)
        self._bars = BarStore(database)
        self._series = MarketSeriesStore(database)
        self._index_code = index_code

    def note(self, claims: Sequence[OutcomeClaim]) -> int:
        """Note claims that are not noted yet and return how many were new."""
        return self._claims.note(claims)

    def outcomes(
        self, now: datetime, *, since: date | None = None, subject: OutcomeSubject | None = None, symbol: str = ""
    ) -> list[Outcome]:
        """Return every claim's outcome at each horizon as far as the stored bars tell at ``now``.

        Raises:
            CalendarRangeError: for claims older than the calendar.
        """
        claims = self._claims.claims(since=since, subject=subject, symbol=symbol)
        if not claims:
            return []
        by_symbol: dict[str, list[OutcomeClaim]] = defaultdict(list)
        for claim in claims:
            by_symbol[claim.symbol].append(claim)
        first = min(claim.made_at.astimezone(KST).date() for claim in claims)
        last = now.astimezone(KST).date()
        bars = {name: self._bars.daily(name, first, last) for name in by_symbol}
        index = {bar.day: bar.close_level for bar in self._series.index(self._index_code, first, last)}
        sessions = _sessions_over(first, now, bars.values())
        found: list[Outcome] = []
        for name, rows in by_symbol.items():
            for claim in rows:
                known = _known_sessions(claim, sessions, bars[name])
                found += [_honest(outcome) for outcome in measure(claim, bars[name], index, known)]
        return sorted(found, key=lambda row: (row.made_at, row.subject_id, row.symbol, row.horizon_sessions))


def summaries(outcomes: Sequence[Outcome]) -> tuple[OutcomeSummary, ...]:
    """Return how outcomes did at each horizon; only what was noted before its base close is performance."""
    days = sorted({row.base_day for row in outcomes if row.base_day is not None})
    sessions = trading_days(days[0], days[-1]) if days else []
    return tuple(summarise_outcomes(outcomes, horizon, sessions) for horizon in OUTCOME_HORIZONS)


def _sessions_over(first: date, now: datetime, bars: Iterable[Sequence[DailyBar]]) -> list[date]:
    """Return the sessions that are over and of which any bar is stored: later ones are not known to the desk yet."""
    today = now.astimezone(KST).date()
    session = session_on(today)
    is_over = session.is_open and now >= session.times().closes
    over = [day for day in trading_days(first, today) if day < today or is_over] if first <= today else []
    latest = max((rows[-1].day for rows in bars if rows), default=None)
    return [day for day in over if latest is not None and day <= latest]


def _known_sessions(claim: OutcomeClaim, sessions: Sequence[date], rows: Sequence[DailyBar]) -> Sequence[date]:
    """Leave out sessions a symbol's bars do not reach when they end before the claim: it is pending, not halted."""
    base, last = base_session(claim.made_at, sessions), rows[-1].day if rows else None
    if base is not None and (last is None or last < base):
        return [day for day in sessions if day < base]
    return sessions


def _honest(outcome: Outcome) -> Outcome:
    """A claim "made" later than it was noted was made in a rehearsal of a day to come: never performance."""
    if outcome.forward_only and outcome.made_at > outcome.recorded_at + _CLOCK_SLACK:
        return outcome.model_copy(update={"forward_only": False})
    return outcome
