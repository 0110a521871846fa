"""The day's plan: bars, ranking, and the news of the best ranked as one bounded feature."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from daybook.advice.news_tilt import with_news
    from daybook.contracts.advice import Recommendations
    from daybook.contracts.base import Symbol
    from daybook.contracts.calls import COLLECT_HISTORY, RECOMMEND
    from daybook.contracts.clock import MarketClock
    from daybook.contracts.day import DayNews, DayState, HistoryRequest, RecommendRequest
    from daybook.contracts.desk import DeskConfig
    from daybook.contracts.news import NewsAnalysisInput, NewsReport

from workflows.calling import call

_NEWS_DAYS = 3
_NEWS_WITHIN = timedelta(minutes=6)
"""Market time the analysis may take."""
_NEWS_WITHIN_AT_LEAST = timedelta(seconds=15)
"""Real time it is given in any case, however fast a rehearsal's clock runs."""
_SAME_TIME = timedelta(minutes=1)


async def plan_day(state: DayState, desk: DeskConfig, clock: MarketClock) -> dict[str, object]:
    """Return what the plan adds to the day's state: universe, recommendations, news."""
    history = await call(
        COLLECT_HISTORY,
        HistoryRequest(account=desk.account, day=state.day, desk=desk),
        summary="collect daily bars",
    )
    ranking = await call(
        RECOMMEND,
        RecommendRequest(
            day=state.day, universe=history.universe, desk=desk, market_now=clock.market_time(workflow.now())
        ),
        summary=f"rank {len(history.universe)} symbols",
    )
    plan: dict[str, object] = {"universe": history.universe, "recommendations": ranking}
    if workflow.patched("news-of-the-day"):
        best = tuple(row.symbol for row in ranking.ranked[: desk.strategy.news_symbols])
        if best and desk.strategy.news_weight > 0:
            news = await _read_news(best, clock)
            plan |= {"news": news, "recommendations": _tilted(ranking, news, desk)}
    return plan


def _tilted(ranking: Recommendations, news: DayNews, desk: DeskConfig) -> Recommendations:
    return with_news(ranking, news.sentiments, desk.strategy.news_weight, min_score=desk.strategy.min_score)


async def _read_news(symbols: tuple[Symbol, ...], clock: MarketClock) -> DayNews:
    """Read the news of ``symbols``; a day whose market time is not the real time uses what is stored, nothing newer.

    A day never waits for news longer than a few minutes and never fails for lack of it.
    """
    real_now = workflow.now()
    market_now: datetime = clock.market_time(real_now)
    run_id = f"news-{workflow.info().workflow_id}"[:80]
    analysis = NewsAnalysisInput(
        run_id=run_id,
        symbols=symbols,
        days=_NEWS_DAYS,
        as_of=market_now,
        point_in_time=abs(market_now - real_now) > _SAME_TIME,
    )
    try:
        report: NewsReport = await workflow.execute_child_workflow(
            "NewsAnalysis",
            analysis,
            id=run_id,
            result_type=NewsReport,
            execution_timeout=max(clock.real_duration(_NEWS_WITHIN), _NEWS_WITHIN_AT_LEAST),
            static_summary=f"news of the {len(symbols)} best ranked",
        )
    except FailureError as error:
        return DayNews(run_id=run_id, problem=f"news was not read: {error.cause or error}".splitlines()[0][:300])
    return DayNews(
        run_id=run_id,
        market_sentiment=report.market_sentiment,
        stories=report.stories,
        sentiments=report.symbols,
        problem="; ".join(report.problems)[:300],
    )
