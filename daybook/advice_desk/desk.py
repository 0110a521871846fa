"""What a trading day asks of advice: a ranking before the open, scores and outcomes after the close."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import ValidationError

from daybook.advice_desk.advice import AdviceDesk
from daybook.advice_desk.claims import order_claims, ranking_claims
from daybook.advice_desk.facts import AdviceFacts
from daybook.advice_desk.journal import OutcomeJournal, summaries
from daybook.advice_desk.market import StoredMarket
from daybook.advice_desk.scores import ScoredBook, ScoreDesk
from daybook.contracts.advice import Recommendations
from daybook.contracts.day import RecommendRequest, ReportRequest
from daybook.contracts.factors import AdviceReport
from daybook.contracts.outcomes import OutcomeSubject, OutcomeSummary
from daybook.krx.calendar import CalendarRangeError
from daybook.report.decision_facts import read_decisions
from daybook.report.market_times import MarketTimes
from daybook.risk.score.errors import ScoreError
from daybook.storage.database import Database
from daybook.storage.decisions import DecisionStore
from daybook.storage.errors import CorruptRecord
from daybook.storage.intents import IntentStore

_LOOKED_BACK = timedelta(days=200)
"""Calendar days of claims a report sums up: enough for the longest horizon."""

_LOG = logging.getLogger(__name__)


class DayAdvice:
    """One a process. ``now`` is the real clock: it says when a claim was noted, never what is known of a market."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._market = StoredMarket(database)
        self._now = now

    def recommend(self, request: RecommendRequest) -> Recommendations:
        """Rank the universe and note the ranking, where the market's time is known."""
        desk = request.desk
        ranking = AdviceDesk(self._database, desk.commission_rate).recommend(
            request.universe, desk.strategy, request.day
        )
        if request.market_now is not None:
            claims = ranking_claims(
                ranking,
                account=desk.account,
                mode=desk.mode,
                min_score=desk.strategy.min_score,
                made_at=request.market_now,
                recorded_at=self._now(),
                commission_rate=desk.commission_rate,
                listings=self._market.listings(),
            )
            OutcomeJournal(self._database).note(claims)
        return ranking

    def close(self, request: ReportRequest) -> AdviceFacts:
        """Note the day's orders, keep today's scores, and return what the report shows of it all.

        What cannot be computed is a gap of the report: a day is never without its report for want of a score.
        """
        gaps: list[str] = []
        self._note_orders(request)
        book = self._scores(request, gaps)
        return AdviceFacts(
            ranking=self._ranking(request),
            cards=self._cards(request, book),
            book=book,
            recommendations=self._outcomes(request, OutcomeSubject.RECOMMENDATION, gaps),
            decisions=self._outcomes(request, OutcomeSubject.DECISION, gaps),
            gaps=tuple(gaps),
        )

    def _note_orders(self, request: ReportRequest) -> None:
        records = IntentStore(self._database).for_day(request.day, account=request.account)
        decisions, _ = read_decisions(self._database, request.account, request.day)
        times = MarketTimes([(seen.real_time, seen.market_time) for seen in decisions])
        claims = order_claims(records, times.of, request.desk.commission_rate, self._market.listings())
        OutcomeJournal(self._database).note(claims)

    def _scores(self, request: ReportRequest, gaps: list[str]) -> ScoredBook:
        desk = ScoreDesk(self._database, request.desk.benchmark_index)
        universe = self._universe(request)
        try:
            book = desk.score(universe, request.account, request.day)
        except ScoreError as error:
            gaps.append(f"risk scores: {error}")
            return ScoredBook()
        if not self._database.is_read_only:
            desk.record(book)
        return book

    def _cards(self, request: ReportRequest, book: ScoredBook) -> AdviceReport | None:
        universe = self._universe(request)
        if not universe:
            return None
        return AdviceDesk(self._database, request.desk.commission_rate).report(
            universe, request.desk.strategy, request.day, account=request.account, risk_scores=book.by_symbol
        )

    def _outcomes(self, request: ReportRequest, subject: OutcomeSubject, gaps: list[str]) -> tuple[OutcomeSummary, ...]:
        journal = OutcomeJournal(self._database, request.desk.benchmark_index)
        try:
            found = journal.outcomes(self._now(), since=request.day - _LOOKED_BACK, subject=subject)
        except CalendarRangeError as error:
            gaps.append(f"outcomes of each {subject.value}: {error}")
            return ()
        return summaries(found) if found else ()

    def _ranking(self, request: ReportRequest) -> Recommendations | None:
        """Return the ranking the day's first decision worked with, news included."""
        try:
            records = DecisionStore(self._database).for_day(request.day)
        except CorruptRecord:
            return None
        for record in records:
            inputs = record.inputs_value
            raw = inputs.get("recommendations") if isinstance(inputs, dict) else None
            facts = inputs.get("observation", {}).get("facts", {}) if raw is not None else {}
            if raw is None or facts.get("account", request.account) != request.account:
                continue
            try:
                return Recommendations.model_validate(raw)
            except ValidationError as error:
                _LOG.warning("the ranking of decision %s cannot be read: %s", record.decision_id, error)
        return None

    def _universe(self, request: ReportRequest) -> tuple[str, ...]:
        return self._market.universe(request.day, request.account, request.desk.strategy.universe_symbols)
