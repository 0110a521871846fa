"""Per-share figures and multiples of a company, from its annual report and a closing price.

Formulas: EPS = net income / shares outstanding at the year's end; BPS = equity / the same shares; PER = close / EPS;
PBR = close / BPS. Shares are common and preferred together, without treasury shares; income and equity are those of
the whole group, minority interests included (the main accounts of DART do not split them). A broker's screen may use
weighted shares, or the owners' part alone, and then differs by a few per cent.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from daybook.contracts.base import KST, Won
from daybook.contracts.market import DailyBar
from daybook.filings.dart_rows import ShareCounts, known_from
from daybook.filings.dart_statements import Account, Statement
from daybook.filings.ratios import Ratio
from daybook.krx.calendar import session_on

_LOOK_BACK = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Close:
    """A closing price."""

    day: date
    price_krw: Won


class Closes(Protocol):
    """Closing prices of KRX shares."""

    async def last_close(self, symbol: str, now: datetime) -> Close | None:
        """Return the close of the last session that had ended at ``now``, None when none is known of two weeks."""
        ...


class StoredCloses:
    """Closing prices from daily bars: ``daily`` is a store's ``daily(symbol, first, last)``."""

    def __init__(self, daily: Callable[[str, date, date], Sequence[DailyBar]]) -> None:
        self._daily = daily

    async def last_close(self, symbol: str, now: datetime) -> Close | None:
        """Return the newest stored close of a session that had ended at ``now``."""
        today = now.astimezone(KST).date()
        bars = await asyncio.to_thread(self._daily, symbol, today - _LOOK_BACK, today)
        for bar in sorted(bars, key=lambda bar: bar.day, reverse=True):
            session = session_on(bar.day)
            if bar.close_krw > 0 and session.is_open and session.times().closes <= now:
                return Close(bar.day, bar.close_krw)
        return None


def valuations(
    statement: Statement, shares: ShareCounts | None, close: Close | None, as_of: datetime | None
) -> tuple[Ratio, ...]:
    """Return EPS and BPS in won, and PER and PBR; a value that cannot be computed is None with its reason."""
    count, why_none = _outstanding(shares, as_of)
    eps = _per_share("eps_krw", "net income / shares outstanding", statement, Account.NET_INCOME, count, why_none)
    bps = _per_share("bps_krw", "equity / shares outstanding", statement, Account.EQUITY, count, why_none)
    return (eps, bps, _multiple("per", "close / EPS", close, eps), _multiple("pbr", "close / BPS", close, bps))


def _outstanding(shares: ShareCounts | None, as_of: datetime | None) -> tuple[int | None, str]:
    if shares is None:
        return None, "DART gives no number of shares for the report"
    if as_of is not None and known_from(shares.filed_on) > as_of:
        return None, f"the number of shares DART has was filed on {shares.filed_on}, after the moment"
    count = shares.total_outstanding or shares.common_outstanding
    return (count, "") if count else (None, "the report gives no number of shares outstanding")


def _per_share(
    name: str, formula: str, statement: Statement, account: Account, count: int | None, why_none: str
) -> Ratio:
    amount = statement.current(account)
    if statement.currency != "KRW":
        return Ratio(name, None, formula, f"the report is in {statement.currency}, not in won")
    if amount is None:
        return Ratio(name, None, formula, f"the report gives no {account.value.replace('_', ' ')}")
    if count is None:
        return Ratio(name, None, formula, why_none)
    return Ratio(name, round(amount / count, 0), formula)


def _multiple(name: str, formula: str, close: Close | None, per_share: Ratio) -> Ratio:
    what = "earnings" if name == "per" else "book value"
    if per_share.value is None:
        return Ratio(name, None, formula, per_share.reason)
    if close is None:
        return Ratio(name, None, formula, "no closing price of the last two weeks is stored")
    if per_share.value <= 0:
        return Ratio(name, None, formula, f"{what} per share are not positive")
    return Ratio(name, round(close.price_krw / per_share.value, 2), formula)
