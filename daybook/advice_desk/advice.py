"""A day's ranking and its cards, from what is stored."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from daybook.advice.factor_advisor import FactorAdvisor
from daybook.advice.momentum import MomentumAdvisor
from daybook.advice_desk.market import StoredMarket
from daybook.contracts.advice import Recommendations
from daybook.contracts.base import KST
from daybook.contracts.day import day_workflow_id
from daybook.contracts.factors import AdviceReport, NewsScore
from daybook.contracts.limits import AdvisorKind, StrategySettings
from daybook.contracts.news import NewsReport
from daybook.krx.fees import DEFAULT_COMMISSION_RATE
from daybook.storage.database import Database
from daybook.storage.errors import RecordNotFound
from daybook.storage.news_reports import NewsReportStore

FACTOR_SESSIONS = 600
"""Sessions the factor advisor learns from, where so many are stored."""
OPENING = time(9, 0)
_NEWS_REPORTS = 20
_NEWS_AGE = timedelta(days=3)


class AdviceDesk:
    """Ranks by the strategy's advisor, and writes the factor advisor's cards."""

    def __init__(self, database: Database, commission_rate: Decimal = DEFAULT_COMMISSION_RATE) -> None:
        self._market = StoredMarket(database)
        self._news = NewsReportStore(database)
        self._commission_rate = commission_rate

    def recommend(self, universe: Sequence[str], strategy: StrategySettings, day: date) -> Recommendations:
        """Rank ``universe`` from the bars of sessions before ``day``."""
        last = day - timedelta(days=1)
        if strategy.advisor is AdvisorKind.MOMENTUM:
            return MomentumAdvisor().rank(self._market.bars(universe, last, _plain_sessions(strategy)), strategy, day)
        sessions = max(_plain_sessions(strategy), FACTOR_SESSIONS)
        return self._advisor(universe, last, sessions).rank(self._market.bars(universe, last, sessions), strategy, day)

    def report(
        self,
        universe: Sequence[str],
        strategy: StrategySettings,
        day: date,
        *,
        account: str = "main",
        use_news: bool = True,
        risk_scores: Mapping[str, float] | None = None,
    ) -> AdviceReport:
        """Return a card of each symbol of ``universe`` as known before the open of ``day``, the day's news included."""
        last, sessions = day - timedelta(days=1), max(_plain_sessions(strategy), FACTOR_SESSIONS)
        found = self._news_of(day, account) if use_news else None
        decided_at = datetime.combine(day, OPENING, KST)
        if found is not None:
            decided_at = max(decided_at, found.as_of)
        return self._advisor(universe, last, sessions).report(
            self._market.bars(universe, last, sessions),
            strategy,
            day,
            decided_at=decided_at,
            news=_scores(found),
            risk_scores=risk_scores,
        )

    def _advisor(self, universe: Sequence[str], last: date, sessions: int) -> FactorAdvisor:
        data = self._market.factor_data(universe, last, sessions)
        return FactorAdvisor(data=data, commission_rate=self._commission_rate)

    def _news_of(self, day: date, account: str) -> NewsReport | None:
        """Return the analysis the day itself used; without one the newest of the three days before its open."""
        try:
            return self._news.get(f"news-{day_workflow_id(day, account)}"[:80])
        except RecordNotFound:
            opening = datetime.combine(day, OPENING, KST)
            recent = self._news.recent(_NEWS_REPORTS)
            return next((row for row in recent if opening - _NEWS_AGE <= row.as_of <= opening), None)


def _scores(report: NewsReport | None) -> list[NewsScore]:
    if report is None:
        return []
    return [
        NewsScore(symbol=row.symbol, published_at=report.as_of, sentiment=row.sentiment, stories=row.stories)
        for row in report.symbols
        if row.stories > 0
    ]


def _plain_sessions(strategy: StrategySettings) -> int:
    return strategy.lookback_sessions + strategy.skip_sessions + strategy.min_history_sessions
