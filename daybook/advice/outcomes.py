"""The outcome journal's arithmetic: what became of a claim after 1, 5, 20 and 60 sessions. Pure: no clock, no store.

The base is the close of the first session that could still be traded when the claim was made: made until 15:20 KST of
a session, that session's close; made later, the next one's. A claim counts as performance only when the journal had
noted it before that close.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from itertools import pairwise
from statistics import StatisticsError, correlation, fmean, stdev

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar
from daybook.contracts.outcomes import (
    OUTCOME_HORIZONS,
    Delisting,
    Outcome,
    OutcomeClaim,
    OutcomeStatus,
    OutcomeSummary,
)

TRADING_CUT_OFF = time(15, 20)
CLOSE = time(15, 30)

LARGEST_DAILY_MOVE = 0.31
LIQUIDATION_SESSIONS = 10
MIN_NAMES_FOR_RANKS = 3


def base_session(made_at: datetime, sessions: Sequence[date]) -> date | None:
    """Return the first session that could be traded at its close; None when ``sessions`` end before it."""
    local = made_at.astimezone(KST)
    place = bisect_left(sessions, local.date())
    if place < len(sessions) and sessions[place] == local.date() and local.time() > TRADING_CUT_OFF:
        place += 1
    return sessions[place] if place < len(sessions) else None


def measure(
    claim: OutcomeClaim,
    bars: Sequence[DailyBar],
    index_closes: Mapping[date, float],
    sessions: Sequence[date],
    *,
    delisting: Delisting | None = None,
    horizons: Sequence[int] = OUTCOME_HORIZONS,
) -> tuple[Outcome, ...]:
    """Return the claim's outcome at each horizon, as far as it can be known.

    Parameters
    ----------
    claim : OutcomeClaim
        What was said.
    bars : sequence of DailyBar
        The symbol's bars from the base session on, as loaded now, so that base and later closes are adjusted alike.
    index_closes : mapping
        KOSPI200 closes by session.
    sessions : sequence of date
        Sessions of the exchange that are over, ascending; later outcomes are pending.
    delisting : Delisting, optional
        When and at what value the symbol left the exchange: it then counts with that value, never drops out.
    horizons : sequence of int, optional
        Sessions after the base session.
    """
    base_day = base_session(claim.made_at, sessions)
    traded = {bar.day: bar.close_krw for bar in bars if bar.close_krw > 0 and bar.volume_shares > 0}
    return tuple(_outcome(claim, base_day, horizon, traded, index_closes, sessions, delisting) for horizon in horizons)


def _outcome(
    claim: OutcomeClaim,
    base_day: date | None,
    horizon: int,
    traded: Mapping[date, int],
    index_closes: Mapping[date, float],
    sessions: Sequence[date],
    delisting: Delisting | None,
) -> Outcome:
    known = {name: getattr(claim, name) for name in _CARRIED}

    def outcome(status: OutcomeStatus, **changes: object) -> Outcome:
        values: dict[str, object] = {
            **known,
            "horizon_sessions": horizon,
            "base_day": base_day,
            "status": status,
            "forward_only": _is_forward(claim, base_day),
            **changes,
        }
        return Outcome.model_validate(values)

    if base_day is None:
        return outcome(OutcomeStatus.PENDING)
    base_krw = traded.get(base_day)
    if base_krw is None:
        return outcome(OutcomeStatus.VOID)
    place = bisect_left(sessions, base_day) + horizon
    if place >= len(sessions):
        return outcome(OutcomeStatus.PENDING, base_close_krw=base_krw)
    due_day = sessions[place]
    facts: dict[str, object] = {"base_close_krw": base_krw, "due_day": due_day}
    end = _end(due_day, traded, delisting)
    if end is None:
        return outcome(OutcomeStatus.HALTED, **facts)
    status, end_day, end_krw = end
    if _has_unexplained_step(base_day, end_day, traded, delisting):
        return outcome(OutcomeStatus.VOID, **facts)
    return_ratio = end_krw / base_krw - 1
    index_ratio = _index_ratio(base_day, end_day if status is OutcomeStatus.KNOWN else due_day, index_closes)
    cost = claim.cost_ratio if claim.direction else 0.0
    return outcome(
        status,
        **facts,
        return_ratio=return_ratio,
        index_ratio=index_ratio,
        excess_ratio=None if index_ratio is None else return_ratio - index_ratio,
        against_nothing_ratio=claim.direction * return_ratio - cost,
    )


_CARRIED = ("subject", "subject_id", "symbol", "direction", "score", "made_at", "recorded_at")


def _is_forward(claim: OutcomeClaim, base_day: date | None) -> bool:
    return base_day is None or claim.recorded_at <= datetime.combine(base_day, CLOSE, KST)


def _end(
    due_day: date, traded: Mapping[date, int], delisting: Delisting | None
) -> tuple[OutcomeStatus, date, float] | None:
    """Return status, day and price the claim ends at; None while the symbol is halted.

    A symbol halted on the due day ends at the first close it can be sold at afterwards.
    """
    if delisting is not None and delisting.last_session < due_day:
        last = max((day for day in traded if day <= delisting.last_session), default=delisting.last_session)
        value = delisting.final_value_krw if delisting.final_value_krw is not None else traded.get(last, 0)
        return OutcomeStatus.DELISTED, last, float(value)
    end_day = min((day for day in traded if day >= due_day), default=None)
    return None if end_day is None else (OutcomeStatus.KNOWN, end_day, float(traded[end_day]))


def _has_unexplained_step(
    base_day: date, end_day: date, traded: Mapping[date, int], delisting: Delisting | None
) -> bool:
    """Return whether prices moved more than a day can: bars that are not adjusted say nothing about a return."""
    days = sorted(day for day in traded if base_day <= day <= end_day)
    free = frozenset(sorted(traded)[-LIQUIDATION_SESSIONS:]) if delisting is not None else frozenset()
    return any(
        abs(traded[day] / traded[before] - 1) > LARGEST_DAILY_MOVE and day not in free for before, day in pairwise(days)
    )


def _index_ratio(base_day: date, end_day: date, index_closes: Mapping[date, float]) -> float | None:
    base, end = index_closes.get(base_day), index_closes.get(end_day)
    return None if base is None or end is None or base <= 0 else end / base - 1


def summarise_outcomes(outcomes: Iterable[Outcome], horizon: int, sessions: Sequence[date]) -> OutcomeSummary:
    """Return how claims did at ``horizon``; figures are of forward-only outcomes, delisted ones included."""
    rows = [row for row in outcomes if row.horizon_sessions == horizon]
    ended = [row for row in rows if row.status in (OutcomeStatus.KNOWN, OutcomeStatus.DELISTED)]
    counted = [row for row in ended if row.forward_only]
    excess = [row.excess_ratio for row in counted if row.excess_ratio is not None]
    acted = [row for row in counted if row.direction and row.excess_ratio is not None]
    nothing = [row.against_nothing_ratio for row in counted if row.against_nothing_ratio is not None and row.direction]
    hits = [row.direction * (row.excess_ratio or 0.0) > 0 for row in acted]
    daily = _daily_rank_correlations(counted)
    apart = _apart(daily, horizon, sessions)
    return OutcomeSummary(
        horizon_sessions=horizon,
        outcomes=len(counted),
        pending=_count(rows, OutcomeStatus.PENDING),
        halted=_count(rows, OutcomeStatus.HALTED),
        delisted=sum(row.status is OutcomeStatus.DELISTED for row in counted),
        void=_count(rows, OutcomeStatus.VOID),
        noted_late=len(ended) - len(counted),
        mean_excess_ratio=fmean(excess) if excess else None,
        mean_against_nothing_ratio=fmean(nothing) if nothing else None,
        hit_ratio=fmean(hits) if hits else None,
        rank_ic=fmean(daily.values()) if daily else None,
        rank_ic_t=_t(apart),
        rank_ic_days=len(daily),
    )


def _count(rows: Sequence[Outcome], status: OutcomeStatus) -> int:
    return sum(row.status is status for row in rows)


def _daily_rank_correlations(rows: Sequence[Outcome]) -> dict[date, float]:
    by_day: dict[date, list[tuple[float, float]]] = {}
    for row in rows:
        if row.base_day is not None and row.excess_ratio is not None:
            by_day.setdefault(row.base_day, []).append((row.score, row.excess_ratio))
    found: dict[date, float] = {}
    for day, pairs in sorted(by_day.items()):
        if len(pairs) < MIN_NAMES_FOR_RANKS:
            continue
        try:
            found[day] = correlation(_ranks([left for left, _ in pairs]), _ranks([right for _, right in pairs]))
        except StatisticsError:
            continue  # all scores, or all returns, of the day are equal: there is no order to be right about
    return found


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(ordered)))}
    last = {value: place for place, value in enumerate(ordered)}
    return [(first[value] + last[value]) / 2 for value in values]


def _apart(daily: Mapping[date, float], horizon: int, sessions: Sequence[date]) -> list[float]:
    """Return the correlations of base days at least ``horizon`` sessions apart: the others share returns."""
    chosen: list[float] = []
    latest = -horizon
    for day in sorted(daily):
        place = bisect_left(sessions, day)
        if place - latest >= horizon:
            chosen.append(daily[day])
            latest = place
    return chosen


def _t(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    deviation = stdev(values)
    return fmean(values) / deviation * len(values) ** 0.5 if deviation > 0 else None
