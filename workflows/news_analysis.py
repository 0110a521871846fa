"""NewsAnalysis: collect the sources in parallel, score their stories, write and keep the report."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.base import KST
    from daybook.contracts.calls import COLLECT_NEWS, SCORE_NEWS, SUMMARISE_NEWS
    from daybook.contracts.news import (
        CollectedNews,
        CollectNews,
        NewsAnalysisInput,
        NewsReport,
        ScoredNews,
        ScoreNews,
        SourceKind,
        SummariseNews,
    )

from workflows.calling import SYMBOL, TRADING_DATE, call

_PROBLEM_LENGTH = 200


@workflow.defn(name="NewsAnalysis")
class NewsAnalysis:
    """One look at the news. Id ``news-{run_id}``. Result: ``NewsReport``."""

    def __init__(self) -> None:
        self._collected: tuple[CollectedNews, ...] = ()

    @workflow.run
    async def run(self, analysis: NewsAnalysisInput) -> NewsReport:
        """Collect, score, report. A source that gives nothing is a problem in the report, not a failure."""
        attributes = [TRADING_DATE.value_set(analysis.as_of.astimezone(KST).date().isoformat())]
        if len(analysis.symbols) == 1:
            attributes.append(SYMBOL.value_set(analysis.symbols[0]))
        workflow.upsert_search_attributes(attributes)
        self._show(analysis, "collecting")
        self._collected = tuple(await asyncio.gather(*(self._collect(kind, analysis) for kind in SourceKind)))
        self._show(analysis, "scoring")
        scored = await call(
            SCORE_NEWS,
            ScoreNews(analysis=analysis, collected=self._collected),
            summary=f"score {self._found()} articles",
        )
        self._show(analysis, "writing", scored)
        report = await call(
            SUMMARISE_NEWS,
            SummariseNews(analysis=analysis, collected=self._collected, scored=scored),
            summary=f"summarise {scored.stories} stories",
        )
        self._show(analysis, f"done, summary by {report.summary_by}", scored)
        return report

    async def _collect(self, kind: SourceKind, analysis: NewsAnalysisInput) -> CollectedNews:
        request = CollectNews(source=kind, analysis=analysis)
        try:
            return await call(COLLECT_NEWS, request, summary=f"{kind.value}, {analysis.days} days")
        except ActivityError as error:
            if workflow.cancellation_reason() is not None:
                raise
            cause = f"{kind.value}: {error.cause or error}".splitlines()[0]
            return CollectedNews(source=kind, problem=cause[:_PROBLEM_LENGTH])

    def _found(self) -> int:
        return sum(len(row.article_ids) for row in self._collected)

    def _show(self, analysis: NewsAnalysisInput, stage: str, scored: ScoredNews | None = None) -> None:
        lines = [f"**{stage}** as of {analysis.as_of.astimezone(KST):%Y-%m-%d %H:%M} KST, {analysis.days} days"]
        lines += [
            f"- {row.source.value}: {len(row.article_ids)} articles, {row.refused_future} dated in the future"
            + (f", problem: {row.problem}" if row.problem else "")
            for row in self._collected
        ]
        if scored is not None:
            lines.append(
                f"- market {scored.market_sentiment:+.2f} over {scored.stories} stories, {scored.scorer.value}"
            )
            lines += [f"- {row.symbol} {row.sentiment:+.2f} ({row.stories})" for row in scored.symbols[:10]]
            lines += [f"- warning {signal.kind.value} {signal.severity:.2f}" for signal in scored.threats]
        workflow.set_current_details("\n".join(lines))
