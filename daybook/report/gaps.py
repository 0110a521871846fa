"""What a report would show and cannot: each gap is named, so that its absence is not taken for calm."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from daybook.contracts.base import KST
from daybook.contracts.session import Session
from daybook.report.decision_facts import SeenDecision
from daybook.report.model import EquityRow, Gap, PositionRow, PriceSource, SymbolBars

_MINUTE = timedelta(minutes=1)
_RANGES_SHOWN = 4


def missing_bars(bars: Iterable[SymbolBars], session: Session) -> list[Gap]:
    """Return a gap for each traded symbol without minute bars, or with minutes missing in continuous trading."""
    found = []
    for row in bars:
        if not row.bars:
            found.append(Gap(subject=row.symbol, text="no minute bars were recorded; there is no candle chart"))
            continue
        minutes = _missing_minutes(row, session)
        if minutes:
            text = f"{len(minutes)} minutes without a bar (no trade, or not recorded): {_ranges(minutes)}"
            found.append(Gap(subject=row.symbol, text=text))
    return found


def missing_looks(decisions: Sequence[SeenDecision], session: Session, interval_min: float) -> list[Gap]:
    """Return gaps of the decision grid and of the quotes the decisions asked for."""
    if not decisions:
        return [Gap(subject="decisions", text="no decision was recorded")]
    found = []
    interval = timedelta(minutes=interval_min)
    times = [seen.market_time for seen in decisions]
    if session.closing_auction_from is not None:
        times.append(max(session.closing_auction_from, times[-1]))
    for before, after in pairwise(times):
        if after - before > interval * 1.5:
            missed = round((after - before) / interval) - 1
            text = f"none between {_clock(before)} and {_clock(after)}: about {max(1, missed)} missed"
            found.append(Gap(subject="decisions", text=text))
    unanswered = Counter(symbol for seen in decisions for symbol in seen.missing_quotes)
    for symbol, count in sorted(unanswered.items()):
        found.append(Gap(subject=symbol, text=f"no quote in {count} of {len(decisions)} decisions"))
    return found


def missing_values(
    equity: Sequence[EquityRow], positions: Iterable[PositionRow], index_change_ratio: float | None
) -> list[Gap]:
    """Return gaps of equity, index and closing prices."""
    found = []
    if not equity:
        found.append(Gap(subject="equity", text="no equity was recorded; there is no equity chart"))
    elif len(equity) == 1:
        found.append(Gap(subject="equity", text="one point only; the chart shows no course of the day"))
    if index_change_ratio is None:
        found.append(Gap(subject="index", text="its change on the day is not known; there is no comparison"))
    for position in positions:
        if position.price_source is PriceSource.UNKNOWN:
            found.append(Gap(subject=position.symbol, text="no price of the day is known, so no value"))
        elif position.price_source is PriceSource.QUOTE and position.priced_at is not None:
            text = f"valued at the last quote seen ({_clock(position.priced_at)}), not at the close"
            found.append(Gap(subject=position.symbol, text=text))
    return found


def _missing_minutes(row: SymbolBars, session: Session) -> list[datetime]:
    if session.opens is None or session.closing_auction_from is None:
        return []
    have = {bar.starts_at.astimezone(KST).replace(second=0, microsecond=0) for bar in row.bars}
    minute, missing = session.opens.astimezone(KST), []
    while minute < session.closing_auction_from:
        if minute not in have:
            missing.append(minute)
        minute += _MINUTE
    return missing


def _ranges(minutes: Sequence[datetime]) -> str:
    spans: list[tuple[datetime, datetime]] = []
    for minute in minutes:
        if spans and minute - spans[-1][1] == _MINUTE:
            spans[-1] = (spans[-1][0], minute)
        else:
            spans.append((minute, minute))
    shown = [
        _clock(first) if first == last else f"{_clock(first)}–{_clock(last)}" for first, last in spans[:_RANGES_SHOWN]
    ]
    more = len(spans) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(KST):%H:%M}"
