"""Panels from daily bars, investor flows, filings and news, each counted from when it was known."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

import numpy as np

from daybook.advice.arrays import BoolArray, FloatArray
from daybook.advice.panel import Panel, carried
from daybook.contracts.base import KST
from daybook.contracts.factors import FundamentalFact, NewsScore
from daybook.contracts.market import DailyBar, InvestorFlow

NEWS_CUT_OFF = time(15, 20)
"""News published until then (KST) counts for the session; later news for the next one."""

NEWS_SIGNAL = "news_sentiment"

Membership = Mapping[str, Sequence[tuple[date, date | None]]]
"""By symbol, the spans of dates it belonged to the universe; None as an end: still does."""


def build_panel(
    history: Mapping[str, Sequence[DailyBar]],
    *,
    before: date | None = None,
    flows: Iterable[InvestorFlow] = (),
    facts: Iterable[FundamentalFact] = (),
    sectors: Mapping[str, str] | None = None,
    membership: Membership | None = None,
) -> Panel:
    """Return the panel of all symbols of ``history``, sorted, over all sessions any of them has a bar of.

    Bars of ``before`` and later are left out: a running bar must not leak in. Without ``membership`` a symbol is a
    member on every session it has a usable bar (``survivorship`` then says ``current_members``).
    """
    kept = {
        symbol: [bar for bar in bars if before is None or bar.day < before] for symbol, bars in sorted(history.items())
    }
    days = tuple(sorted({bar.day for bars in kept.values() for bar in bars}))
    symbols = tuple(kept)
    row_of = {day: row for row, day in enumerate(days)}
    close = np.full((len(days), len(symbols)), np.nan)
    turnover = np.full((len(days), len(symbols)), np.nan)
    for column, bars in enumerate(kept.values()):
        for bar in bars:
            row = row_of[bar.day]
            if bar.close_krw > 0:
                close[row, column] = bar.close_krw
            turnover[row, column] = max(0, bar.turnover_krw or bar.volume_shares * bar.close_krw)
    foreign, institution = _flows(flows, row_of, symbols)
    return Panel(
        days=days,
        symbols=symbols,
        close_krw=close,
        turnover_krw=turnover,
        member=_members(close, days, symbols, membership),
        sectors=tuple((sectors or {}).get(symbol, "") for symbol in symbols),
        foreign_net_krw=foreign,
        institution_net_krw=institution,
        fundamentals=_fundamentals(facts, days, symbols),
        survivorship="current_members" if membership is None else "point_in_time",
    )


def _members(
    close: FloatArray, days: tuple[date, ...], symbols: tuple[str, ...], membership: Membership | None
) -> BoolArray:
    member: BoolArray = ~np.isnan(close)
    if membership is None:
        return member
    listed = np.zeros_like(member)
    for column, symbol in enumerate(symbols):
        for first, last in membership.get(symbol, ()):
            stop = len(days) if last is None else bisect_right(days, last)
            listed[bisect_left(days, first) : stop, column] = True
    return member & listed


def _flows(
    flows: Iterable[InvestorFlow], row_of: Mapping[date, int], symbols: tuple[str, ...]
) -> tuple[FloatArray | None, FloatArray | None]:
    column_of = {symbol: column for column, symbol in enumerate(symbols)}
    foreign = np.full((len(row_of), len(symbols)), np.nan)
    institution = foreign.copy()
    for flow in flows:
        row, column = row_of.get(flow.day), column_of.get(flow.symbol)
        if row is not None and column is not None:
            foreign[row, column] = flow.foreign_net_krw
            institution[row, column] = flow.institution_net_krw
    if bool(np.isnan(foreign).all()):
        return None, None
    return foreign, institution


def _fundamentals(
    facts: Iterable[FundamentalFact], days: tuple[date, ...], symbols: tuple[str, ...]
) -> dict[str, FloatArray]:
    """Return by kind what the latest period filed so far said; a filing counts from the day after its date."""
    column_of = {symbol: column for column, symbol in enumerate(symbols)}
    found: dict[str, FloatArray] = {}
    newest: dict[tuple[str, str], date] = {}
    for fact in sorted(facts, key=lambda fact: (fact.filed_on, fact.period_end)):
        column = column_of.get(fact.symbol)
        key = (fact.symbol, fact.kind.value)
        if column is None or fact.period_end < newest.get(key, fact.period_end):
            continue
        newest[key] = fact.period_end
        row = bisect_left(days, fact.filed_on + timedelta(days=1))
        values = found.setdefault(fact.kind.value, np.full((len(days), len(symbols)), np.nan))
        if row < len(days):
            values[row, column] = fact.value
    return {name: carried(values) for name, values in found.items()}


def news_signal(scores: Iterable[NewsScore], days: Sequence[date], symbols: Sequence[str], sessions: int) -> FloatArray:
    """Return the mean sentiment of the stories of the latest ``sessions`` sessions, weighted by their count.

    A story counts for the first session whose 15:20 KST is not before its publication. The mean is shrunk towards 0
    as by two neutral stories, so that one story is never certain; within -1 and 1, nan without a story.
    """
    column_of = {symbol: column for column, symbol in enumerate(symbols)}
    total = np.zeros((len(days), len(symbols)))
    count = np.zeros((len(days), len(symbols)))
    for score in scores:
        column = column_of.get(score.symbol)
        row = bisect_left(days, news_day(score.published_at))
        if column is not None and row < len(days):
            total[row, column] += score.sentiment * score.stories
            count[row, column] += score.stories
    window_total, window_count = total.copy(), count.copy()
    for back in range(1, min(sessions, len(days))):
        window_total[back:] += total[:-back]
        window_count[back:] += count[:-back]
    return np.where(window_count > 0, window_total / (window_count + 2.0), np.nan)


def news_day(published_at: datetime) -> date:
    """Return the calendar date a story counts for: the next one when published after 15:20 KST."""
    local = published_at.astimezone(KST)
    return local.date() if local.time() <= NEWS_CUT_OFF else local.date() + timedelta(days=1)
