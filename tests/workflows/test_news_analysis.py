import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from daybook.contracts.base import KST
from daybook.contracts.calls import COLLECT_NEWS, SCORE_NEWS, SUMMARISE_NEWS
from daybook.contracts.layers import Layer
from daybook.contracts.news import (
    CollectedNews,
    NewsAnalysisInput,
    NewsReport,
    ScoredNews,
    SourceKind,
    SymbolSentiment,
    ThreatKind,
    ThreatSignal,
)
from daybook.front.desk import DeskNoAnswer
from daybook.front.news import news_report, news_workflow_id, start_news
from daybook.front.news_schedule import NEWS_SCHEDULE, news_schedule
from daybook.front.schedules import put_schedule
from daybook.settings import NewsSettings, Settings
from tests.workflows.scripted_layers import unique
from workers.hosting import worker_options
from workflows.news_analysis import NewsAnalysis
from workflows.start_news_analysis import StartNewsAnalysis

NOW = datetime(2026, 3, 6, 1, 0, tzinfo=UTC)
SCORED = ScoredNews(
    stories=2,
    articles=3,
    symbols=(SymbolSentiment(symbol="005930", name="삼성전자", sentiment=0.25, stories=2, articles=3),),
    market_sentiment=0.1,
    threats=(ThreatSignal(kind=ThreatKind.VOLATILITY, severity=0.4, article_ids=("a",)),),
)


class NewsLayer:
    """A pipeline layer that answers as a test says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: dict[str, list[Any]] = defaultdict(list)
        self.fails: dict[str, Exception] = {}
        self.gate: asyncio.Event | None = None
        self.under_way = 0
        self.most_under_way = 0

    def activities(self) -> list[Any]:
        return [self._serve(entry) for entry in (COLLECT_NEWS, SCORE_NEWS, SUMMARISE_NEWS)]

    def _serve(self, entry: Any) -> Any:
        async def serve(argument: Any) -> Any:
            self.asked[entry.name].append(argument)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            try:
                if entry is COLLECT_NEWS:
                    await self._wait_for_the_others()
                key = argument.source.value if entry is COLLECT_NEWS else entry.name
                if key in self.fails:
                    raise self.fails[key]
                return self._answer(entry, argument)
            finally:
                self.under_way -= 1

        serve.__annotations__ = {"argument": entry.argument, "return": entry.result}
        return activity.defn(name=entry.name)(serve)

    async def _wait_for_the_others(self) -> None:
        if self.gate is not None:
            if self.under_way == len(SourceKind):
                self.gate.set()
            await asyncio.wait_for(self.gate.wait(), 10)

    def _answer(self, entry: Any, argument: Any) -> Any:
        if entry is COLLECT_NEWS:
            return CollectedNews(source=argument.source, article_ids=(f"{argument.source.value}-1",), refused_future=1)
        if entry is SCORE_NEWS:
            return SCORED
        analysis = argument.analysis
        problems = tuple(row.problem for row in argument.collected if row.problem)
        return NewsReport(
            run_id=analysis.run_id,
            as_of=analysis.as_of,
            days=analysis.days,
            market_sentiment=argument.scored.market_sentiment,
            symbols=argument.scored.symbols,
            problems=problems,
        )


@pytest.fixture
def layer() -> NewsLayer:
    return NewsLayer()


@pytest.fixture
async def client(temporal: Client, layer: NewsLayer) -> AsyncIterator[Client]:
    """The control worker forgets every workflow, so that each task replays it."""
    async with AsyncExitStack() as stack:
        control = Worker(
            temporal,
            **worker_options(Layer.CONTROL),
            workflows=[NewsAnalysis, StartNewsAnalysis],
            max_cached_workflows=0,
            workflow_runner=UnsandboxedWorkflowRunner(),
        )
        await stack.enter_async_context(control)
        await stack.enter_async_context(
            Worker(temporal, **worker_options(Layer.PIPELINE), activities=layer.activities())
        )
        yield temporal


def asked(**changes: Any) -> NewsAnalysisInput:
    values: dict[str, Any] = {"run_id": unique("n"), "symbols": ("005930",), "as_of": NOW}
    return NewsAnalysisInput(**{**values, **changes})


async def begin(client: Client, analysis: NewsAnalysisInput) -> WorkflowHandle[Any, NewsReport]:
    return await client.start_workflow(
        NewsAnalysis.run, analysis, id=news_workflow_id(analysis.run_id), task_queue="control"
    )


async def test_analysis_when_all_is_well_then_three_sources_are_collected_at_once(
    client: Client, layer: NewsLayer
) -> None:
    layer.gate = asyncio.Event()
    analysis = asked()
    report = await (await begin(client, analysis)).result()
    assert (report.run_id, report.sentiment_of("005930").sentiment) == (analysis.run_id, 0.25)
    assert {request.source for request in layer.asked[COLLECT_NEWS.name]} == set(SourceKind)
    assert layer.most_under_way == len(SourceKind)
    assert [row.source for row in layer.asked[SCORE_NEWS.name][0].collected] == list(SourceKind)


async def test_source_when_it_fails_then_it_is_a_problem_and_the_analysis_goes_on(
    client: Client, layer: NewsLayer
) -> None:
    layer.fails["naver"] = ApplicationError("the ledger is locked", type="BadRequest", non_retryable=True)
    report = await (await begin(client, asked())).result()
    assert report.problems == ("naver: BadRequest: the ledger is locked",)


async def test_scoring_when_it_fails_for_good_then_the_analysis_fails(client: Client, layer: NewsLayer) -> None:
    layer.fails[SCORE_NEWS.name] = ApplicationError("broken", type="BadRequest", non_retryable=True)
    with pytest.raises(WorkflowFailureError):
        await (await begin(client, asked())).result()


async def test_analysis_when_looked_at_then_it_shows_its_state_and_can_be_found(
    client: Client, layer: NewsLayer
) -> None:
    handle = await begin(client, asked())
    await handle.result()
    description = await handle.describe()
    attributes = {pair.key.name: pair.value for pair in description.typed_search_attributes}
    assert attributes["TradingDate"] == "2026-03-06"
    assert attributes["Symbol"] == "005930"
    details = str(await handle.query("__temporal_workflow_metadata"))
    for shown in ("done", "naver: 1 articles, 1 dated in the future", "market +0.10", "005930 +0.25", "volatility"):
        assert shown in details


async def test_history_when_replayed_then_it_is_the_same(client: Client, layer: NewsLayer) -> None:
    handle = await begin(client, asked())
    await handle.result()
    history = await handle.fetch_history()
    await Replayer(workflows=[NewsAnalysis], data_converter=client.data_converter).replay_workflow(history)
    summaries = {
        event.user_metadata.summary.data.decode() for event in history.events if event.HasField("user_metadata")
    }
    assert '"score 3 articles"' in summaries


async def test_scheduled_start_when_run_then_an_analysis_of_now_lives_on_under_its_own_id(
    client: Client, layer: NewsLayer
) -> None:
    prefix = unique("s")
    before = datetime.now(UTC)
    workflow_id = await client.execute_workflow(
        StartNewsAnalysis.run, asked(run_id=prefix), id=unique("start"), task_queue="control"
    )
    report = await client.get_workflow_handle(workflow_id, result_type=NewsReport).result()
    assert workflow_id == f"news-{report.run_id}"
    assert report.run_id.startswith(f"{prefix}-{before.astimezone(KST):%Y%m%d}")
    assert before - timedelta(seconds=5) <= report.as_of <= datetime.now(UTC) + timedelta(seconds=5)


async def test_scheduled_start_when_repeated_within_the_minute_then_nothing_is_begun_twice(
    client: Client, layer: NewsLayer
) -> None:
    prefix, ids = unique("s"), set()
    for _ in range(2):
        ids.add(
            await client.execute_workflow(
                StartNewsAnalysis.run, asked(run_id=prefix), id=unique("start"), task_queue="control"
            )
        )
    for workflow_id in ids:
        await client.get_workflow_handle(workflow_id).result()
    assert len(layer.asked[SUMMARISE_NEWS.name]) == len(ids)


async def test_front_when_it_starts_an_analysis_then_it_gets_the_report(client: Client, layer: NewsLayer) -> None:
    desk: Any = SimpleNamespace(client=client)
    analysis = asked()
    assert await start_news(desk, analysis, address="here") == f"news-{analysis.run_id}"
    assert await start_news(desk, analysis, address="here") == f"news-{analysis.run_id}"
    report = await news_report(desk, analysis.run_id, address="here")
    assert report.run_id == analysis.run_id
    assert len(layer.asked[SUMMARISE_NEWS.name]) == 1


async def test_front_when_no_worker_answers_then_it_says_how_to_look_later(temporal: Client) -> None:
    desk: Any = SimpleNamespace(client=temporal)
    analysis = asked()
    await start_news(desk, analysis, address="here")
    with pytest.raises(DeskNoAnswer, match=f"daybook news show {analysis.run_id}"):
        await news_report(desk, analysis.run_id, address="here", timeout_s=0.3)


def test_schedule_when_made_then_it_runs_on_weekdays_from_half_past_seven_to_six() -> None:
    schedule = news_schedule(Settings(_env_file=None, strategy={"universe_symbols": ("005930", "000660")}))
    times = {
        (hour, minute)
        for calendar in schedule.spec.calendars
        for hours in calendar.hour
        for minutes in calendar.minute
        for hour in range(hours.start, max(hours.end, hours.start) + 1)
        for minute in range(minutes.start, max(minutes.end, minutes.start) + 1, max(1, minutes.step))
    }
    assert (min(times), max(times), len(times)) == ((7, 30), (18, 0), 22)
    assert all(
        (days.start, days.end) == (1, 5) for calendar in schedule.spec.calendars for days in calendar.day_of_week
    )


@pytest.mark.parametrize("every_min", [0, 7, 61])
def test_schedule_when_the_interval_does_not_fit_an_hour_then_it_is_refused(every_min: int) -> None:
    with pytest.raises(ValueError, match="divide 60"):
        news_schedule(Settings(_env_file=None), every_min=every_min)


async def test_schedule_when_applied_twice_then_it_is_updated_and_a_pause_stays(temporal: Client) -> None:
    configured = Settings(
        _env_file=None, strategy={"universe_symbols": ("005930", "000660")}, news=NewsSettings(analysis_symbols=1)
    )
    try:
        first = await put_schedule(temporal, NEWS_SCHEDULE, news_schedule(configured))
        handle = temporal.get_schedule_handle(NEWS_SCHEDULE)
        await handle.pause()
        second = await put_schedule(temporal, NEWS_SCHEDULE, news_schedule(configured, every_min=15))
        description = await handle.describe()
        action: Any = description.schedule.action
        template = await temporal.data_converter.decode(action.args, [NewsAnalysisInput])
        assert (first, second) == ("created", "updated")
        assert description.schedule.state.paused
        assert template[0].symbols == ("005930",)
        zone = {moment.astimezone(KST).minute % 15 for moment in description.info.next_action_times}
        assert zone == {0}
    finally:
        await temporal.get_schedule_handle(NEWS_SCHEDULE).delete()


async def test_analysis_when_sandboxed_as_in_production_then_it_runs(temporal: Client, layer: NewsLayer) -> None:
    async with AsyncExitStack() as stack:
        workflows = [NewsAnalysis, StartNewsAnalysis]
        await stack.enter_async_context(Worker(temporal, **worker_options(Layer.CONTROL), workflows=workflows))
        pipeline = Worker(temporal, **worker_options(Layer.PIPELINE), activities=layer.activities())
        await stack.enter_async_context(pipeline)
        assert (await (await begin(temporal, asked())).result()).days == 1
