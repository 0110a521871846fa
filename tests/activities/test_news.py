import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment

from activities.news import NewsActivities
from activities.serving import SERVED_CALL, served_by
from daybook.contracts.calls import COLLECT_NEWS, SCORE_NEWS, SUMMARISE_NEWS
from daybook.contracts.news import CollectNews, ScoreNews, SourceKind, SummariseNews
from daybook.storage.database import Database
from daybook.storage.news_reports import NewsReportStore
from tests.news.facts import analysis, article, room


class One:
    kind = SourceKind.NAVER

    async def search(self, query):
        return [article("삼성전자 급등")]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(f"sqlite:///{tmp_path / 'daybook.db'}") as opened:
        opened.upgrade()
        yield opened


def test_room_when_asked_what_it_serves_then_it_is_the_three_calls_of_news(database):
    bound = {getattr(function, SERVED_CALL).name: function for function in served_by(NewsActivities(room(database)))}
    assert set(bound) == {COLLECT_NEWS.name, SCORE_NEWS.name, SUMMARISE_NEWS.name}
    assert all(inspect.iscoroutinefunction(function) for function in bound.values())


async def test_activities_when_run_one_after_the_other_then_the_report_is_kept(database):
    served, environment = NewsActivities(room(database, {SourceKind.NAVER: One()})), ActivityEnvironment()
    collected = await environment.run(served.collect_news, CollectNews(source=SourceKind.NAVER, analysis=analysis()))
    scored = await environment.run(served.score_news, ScoreNews(analysis=analysis(), collected=(collected,)))
    request = SummariseNews(analysis=analysis(), collected=(collected,), scored=scored)
    report = await environment.run(served.summarise_news, request)
    assert (report.stories, report.sentiment_of("005930").stories) == (1, 1)
    assert NewsReportStore(database).get("t-1") == report


async def test_activities_when_repeated_then_nothing_changes(database):
    served, environment = NewsActivities(room(database, {SourceKind.NAVER: One()})), ActivityEnvironment()
    request = CollectNews(source=SourceKind.NAVER, analysis=analysis())
    first = await environment.run(served.collect_news, request)
    assert await environment.run(served.collect_news, request) == first
    score = ScoreNews(analysis=analysis(), collected=(first,))
    assert await environment.run(served.score_news, score) == await environment.run(served.score_news, score)
