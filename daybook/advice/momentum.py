"""The default advisor: risk-adjusted momentum over a month of sessions.

score = ln(last / first) / (s x sqrt(n)), with n sessions between the two closes and s the sample standard deviation
of the latest n daily log returns: the return in units of the noise over the same time. The latest session is left
out of the return when there is history enough, because a day's move tends to reverse. It is a plain, published idea
(Jegadeesh and Titman, Journal of Finance 48, 1993), nothing in it is fitted to Korean data, and it promises nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import stdev

from daybook.contracts.advice import Abstention, AbstentionCode, Recommendation, Recommendations
from daybook.contracts.limits import StrategySettings
from daybook.contracts.market import DailyBar

SESSIONS_A_YEAR = 245
"""Sessions the Korea Exchange holds in a usual year."""

LARGEST_DAILY_MOVE = 0.31
"""KRX limits a day's move to 30 %; more in a history is a split, a listing day, or data that is not adjusted."""


class MomentumAdvisor:
    """Ranks symbols by return over volatility; see the module's docstring for the formula."""

    @property
    def name(self) -> str:
        """The advisor's name."""
        return "momentum"

    def rank(self, history: Mapping[str, Sequence[DailyBar]], settings: StrategySettings, day: date) -> Recommendations:
        """Rank all symbols with a usable history of sessions before ``day``; equal scores rank by symbol."""
        past = {symbol: _sessions_before(bars, day) for symbol, bars in sorted(history.items())}
        newest = max((bars[-1].day for bars in past.values() if bars), default=day)
        scored: list[_Score] = []
        abstentions: list[Abstention] = []
        for symbol, bars in past.items():
            result = _score(symbol, bars, settings, newest)
            if isinstance(result, Abstention):
                abstentions.append(result)
            else:
                scored.append(result)
        scored.sort(key=lambda row: (-row.score, row.symbol))
        ranked = tuple(_recommendation(row, place) for place, row in enumerate(scored, start=1))
        return Recommendations(day=day, advisor=self.name, ranked=ranked, abstentions=tuple(abstentions))


@dataclass(frozen=True, slots=True)
class _Score:
    symbol: str
    score: float
    momentum_ratio: float
    annual_volatility: float
    average_turnover_krw: int
    last: DailyBar
    first_day: date
    end_day: date
    sessions: int
    skipped: int


def _sessions_before(bars: Sequence[DailyBar], day: date) -> list[DailyBar]:
    """Return the bars before ``day``, oldest first, one a day: today's running bar must not leak in."""
    by_day = {bar.day: bar for bar in bars if bar.day < day}
    return [by_day[key] for key in sorted(by_day)]


def _score(symbol: str, bars: list[DailyBar], settings: StrategySettings, newest: date) -> _Score | Abstention:
    if len(bars) < settings.min_history_sessions:
        text = f"{len(bars)} sessions of history, {settings.min_history_sessions} are needed"
        return Abstention(symbol=symbol, code=AbstentionCode.SHORT_HISTORY, text=text)
    if bars[-1].day < newest:
        text = f"the last session is {bars[-1].day}, others have {newest}"
        return Abstention(symbol=symbol, code=AbstentionCode.STALE_HISTORY, text=text)
    skipped = settings.skip_sessions if len(bars) > settings.lookback_sessions + settings.skip_sessions else 0
    sessions = min(settings.lookback_sessions, len(bars) - 1 - skipped)
    window = bars[-(sessions + skipped + 1) :]
    untraded = next((bar for bar in window if bar.close_krw <= 0), None)
    if untraded is not None or window[-1].volume_shares <= 0:
        bad_day = untraded.day if untraded is not None else window[-1].day
        return Abstention(symbol=symbol, code=AbstentionCode.UNTRADED, text=f"no trade on {bad_day}")
    returns = [math.log(after.close_krw / before.close_krw) for before, after in pairwise(window)]
    for bar, value in zip(window[1:], returns, strict=True):
        if abs(math.expm1(value)) > LARGEST_DAILY_MOVE:
            text = f"{math.expm1(value):+.1%} on {bar.day} is more than a day can move"
            return Abstention(symbol=symbol, code=AbstentionCode.UNADJUSTED_PRICES, text=text)
    daily_volatility = stdev(returns[-sessions:])
    if daily_volatility <= 0:
        text = f"the price did not vary in {sessions} sessions"
        return Abstention(symbol=symbol, code=AbstentionCode.FLAT_PRICES, text=text)
    log_return = math.log(window[sessions].close_krw / window[0].close_krw)
    return _Score(
        symbol=symbol,
        score=log_return / (daily_volatility * math.sqrt(sessions)),
        momentum_ratio=math.expm1(log_return),
        annual_volatility=daily_volatility * math.sqrt(SESSIONS_A_YEAR),
        average_turnover_krw=sum(bar.turnover_krw for bar in window[-sessions:]) // sessions,
        last=bars[-1],
        first_day=window[0].day,
        end_day=window[sessions].day,
        sessions=sessions,
        skipped=skipped,
    )


def _recommendation(row: _Score, place: int) -> Recommendation:
    return Recommendation(
        rank=place,
        symbol=row.symbol,
        score=row.score,
        momentum_ratio=row.momentum_ratio,
        annual_volatility=row.annual_volatility,
        last_close_krw=row.last.close_krw,
        average_turnover_krw=max(0, row.average_turnover_krw),
        sessions_used=row.sessions,
        reasons=(
            f"{row.momentum_ratio:+.1%} over {row.sessions} sessions, {row.first_day} to {row.end_day}",
            f"volatility {row.annual_volatility:.0%} a year",
            f"latest {row.skipped} sessions left out" if row.skipped else "short history, nothing left out",
        ),
    )
