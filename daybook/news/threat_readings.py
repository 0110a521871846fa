"""What the threat level reads of the outside: stored indices, the cyber alert, the stored news. Nothing is fetched
here but the alert's feed.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from daybook.contracts.market import IndexBar
from daybook.contracts.news import NewsReport
from daybook.contracts.threat_readings import CyberReadings, MarketReadings, NewsWarning
from daybook.contracts.threats import ReadThreats, ThreatReadings
from daybook.krx.calendar import CalendarRangeError, trading_days
from daybook.news.cyber_alert import CyberAlertFeed
from daybook.risk.threat.news import warnings_of
from daybook.storage.articles import ArticleStore
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.market_series import MarketSeriesStore
from daybook.storage.news_reports import NewsReportStore

KOSPI = "0001"
VKOSPI_CODES = ("VKOSPI",)
"""Codes under which closes of VKOSPI may be stored; the broker's own service has none."""

_YEAR_SESSIONS = 250
_YEAR_DAYS = 380
_LEAST_HISTORY = 20
_LEAST_VKOSPI = 60
_NEWS_WINDOW = timedelta(hours=24)
_MOST_REPORTS = 10
_BETA_SESSIONS = 60
_BETA_DAYS = 100
_LEAST_BETA_PAIRS = 20
_BETA_RANGE = (0.0, 3.0)
_MOST_PROXY_SYMBOLS = 30


class ThreatReader:
    """Reads what is stored. ``now`` is real time."""

    def __init__(
        self, database: Database, feed: CyberAlertFeed, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._series = MarketSeriesStore(database)
        self._bars = BarStore(database)
        self._reports = NewsReportStore(database)
        self._articles = ArticleStore(database)
        self._feed = feed
        self._now = now
        self._betas: tuple[tuple[date, tuple[str, ...]], dict[str, float]] | None = None

    def read(self, request: ReadThreats) -> ThreatReadings:
        """Return the readings; what is not known is named in ``problems``."""
        problems: list[str] = []
        reports = self._recent(request)
        market = self._market(request, reports, problems)
        cyber = self._cyber(request, reports, problems)
        named = tuple(one[:300] for one in problems)[:20]
        return ThreatReadings(market=market, cyber=cyber, betas=self._betas_of(request), problems=named)

    # --- market -----------------------------------------------------------------------------------------------

    def _market(
        self, request: ReadThreats, reports: Sequence[NewsReport], problems: list[str]
    ) -> MarketReadings | None:
        yesterday = request.day - timedelta(days=1)
        values: dict[str, object] = {}
        bars = self._series.index(KOSPI, request.day - timedelta(days=_YEAR_DAYS), yesterday)[-_YEAR_SESSIONS:]
        if len(bars) >= _LEAST_HISTORY:
            high, close = max(bar.high_level for bar in bars), float(bars[-1].close_level)
            values |= {"index_level": close, "index_drawdown_ratio": max(0.0, 1 - close / float(high))}
        else:
            problems.append(f"KOSPI: {len(bars)} sessions are stored, its fall from the high is not known")
        values |= self._vkospi(request, yesterday, problems)
        report = next((one for one in reports if one.stories), None)
        if report is not None:
            values |= {"sentiment": report.market_sentiment, "sentiment_stories": report.stories}
        return MarketReadings(observed_at=self._now(), **values) if values else None

    def _vkospi(self, request: ReadThreats, yesterday: date, problems: list[str]) -> dict[str, object]:
        bars: list[IndexBar] = []
        for code in VKOSPI_CODES:
            bars = bars or self._series.index(code, request.day - timedelta(days=3 * _YEAR_DAYS), yesterday)
        if len(bars) < _LEAST_VKOSPI:
            problems.append("VKOSPI is not stored")
            return {}
        closes = [float(bar.close_level) for bar in bars]
        below = sum(close < closes[-1] for close in closes[:-1])
        try:
            age = len(trading_days(bars[-1].day, request.day)) - 1
        except CalendarRangeError as error:
            problems.append(f"VKOSPI: {error}")
            return {}
        return {
            "vkospi": closes[-1],
            "vkospi_percentile": below / (len(closes) - 1),
            "vkospi_age_sessions": max(0, age),
        }

    # --- cyber ------------------------------------------------------------------------------------------------

    def _cyber(self, request: ReadThreats, reports: Sequence[NewsReport], problems: list[str]) -> CyberReadings:
        parsed = self._feed.read()
        if parsed.alert is None:
            problems.append(parsed.problem)
        warnings = self._warnings(request, reports) if reports else None
        if warnings is None:
            problems.append("no news analysis of the last 24 hours: the news is not read")
        return CyberReadings(
            observed_at=self._now(), alert=parsed.alert, alert_problem=parsed.problem[:300], warnings=warnings
        )

    def _recent(self, request: ReadThreats) -> list[NewsReport]:
        """Return the news analyses of the last 24 hours, newest first; in a rehearsal only those known by then."""
        known_at = request.as_of if request.point_in_time else None
        found = self._reports.recent(_MOST_REPORTS, known_at=known_at)
        return [report for report in found if timedelta(0) <= request.as_of - report.as_of <= _NEWS_WINDOW]

    def _warnings(self, request: ReadThreats, reports: Sequence[NewsReport]) -> tuple[NewsWarning, ...]:
        signals = list(dict.fromkeys(signal for report in reports for signal in report.threats))
        names = list(dict.fromkeys(name for signal in signals for name in signal.article_ids))
        articles = {article.article_id: article for article in self._articles.get(names)}
        warnings = warnings_of(signals, articles)
        if not request.point_in_time:
            return warnings
        # Ages are counted in real time: in a rehearsal a story is as old now as it was at the moment rehearsed.
        shift = self._now() - request.as_of
        return tuple(
            one.model_copy(update={"newest_at": one.newest_at + shift if one.newest_at else None}) for one in warnings
        )

    # --- betas ------------------------------------------------------------------------------------------------

    def _betas_of(self, request: ReadThreats) -> dict[str, float]:
        """Return betas to KOSPI, or, where it is not stored, to the mean of the stored shares; kept for the day."""
        held = tuple(sorted(set(request.held_symbols)))
        if not held:
            return {}
        if self._betas is not None and self._betas[0] == (request.day, held):
            return self._betas[1]
        first, last = request.day - timedelta(days=_BETA_DAYS), request.day - timedelta(days=1)
        market = _returns([(bar.day, float(bar.close_level)) for bar in self._series.index(KOSPI, first, last)])
        if len(market) < _LEAST_BETA_PAIRS:
            market = self._mean_returns(held, first, last)
        found: dict[str, float] = {}
        for symbol in held:
            beta = _beta(self._share_returns(symbol, first, last), market)
            if beta is not None:
                found[symbol] = beta
        self._betas = ((request.day, held), found)
        return found

    def _share_returns(self, symbol: str, first: date, last: date) -> dict[date, float]:
        return _returns([(bar.day, float(bar.close_krw)) for bar in self._bars.daily(symbol, first, last)])

    def _mean_returns(self, held: Sequence[str], first: date, last: date) -> dict[date, float]:
        symbols = list(dict.fromkeys((*held, *self._bars.symbols())))[:_MOST_PROXY_SYMBOLS]
        every = [self._share_returns(symbol, first, last) for symbol in symbols]
        days = {day for returns in every for day in returns}
        return {
            day: math.fsum(returns[day] for returns in every if day in returns)
            / sum(1 for returns in every if day in returns)
            for day in days
        }


def _returns(closes: Sequence[tuple[date, float]]) -> dict[date, float]:
    """Return simple returns by day, of the last 60 sessions."""
    pairs = list(itertools.pairwise(closes))[-_BETA_SESSIONS:]
    return {day: close / before - 1 for (_, before), (day, close) in pairs if before > 0}


def _beta(share: dict[date, float], market: dict[date, float]) -> float | None:
    """Return cov(share, market) / var(market) of common days, within 0 and 3; None with too few of them."""
    days = sorted(share.keys() & market.keys())
    if len(days) < _LEAST_BETA_PAIRS:
        return None
    mean_share = math.fsum(share[day] for day in days) / len(days)
    mean_market = math.fsum(market[day] for day in days) / len(days)
    variance = math.fsum((market[day] - mean_market) ** 2 for day in days)
    if variance <= 0:
        return None
    covariance = math.fsum((share[day] - mean_share) * (market[day] - mean_market) for day in days)
    lowest, highest = _BETA_RANGE
    return min(highest, max(lowest, covariance / variance))
