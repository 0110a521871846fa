import json
from datetime import datetime, timedelta

import pytest

from daybook.contracts.base import KST
from daybook.contracts.layers import Effect, Layer
from daybook.news.reading import FoundNews, FoundStory
from daybook.skills.context import ToolContext
from daybook.skills.errors import NoData, SourceUnavailable
from daybook.skills.market_data.news import MOST_FOUND, latest_news, news, search_news
from tests.news.facts import NOW, article


class Reader:
    def __init__(self, *titles: str, problems: tuple[str, ...] = ()) -> None:
        self.asked: dict[str, object] = {}
        stories = tuple(
            FoundStory(article(title, "본문 " * 200, published_at=NOW - timedelta(hours=number)), 2, 0.12345)
            for number, title in enumerate(titles)
        )
        self._found = FoundNews(stories, problems)

    async def read(self, **asked):
        self.asked = asked
        return self._found


def context(as_of: datetime | None = None) -> ToolContext:
    return ToolContext(run_id="r", number=1, as_of=as_of, now=as_of or NOW)


async def test_search_when_there_are_articles_then_items_come_with_their_sources():
    reader = Reader("삼성전자 소식", "둘째")
    found = await search_news("삼성전자", 3, reader=reader, context=context())
    assert [item.title for item in found.value] == ["삼성전자 소식", "둘째"]
    assert (found.value[0].copies, found.value[0].sentiment, found.value[0].symbols) == (2, 0.12, ["005930"])
    assert found.value[0].published_at == "2026-03-06T10:00+09:00"
    assert found.sources[0].url == found.value[0].url
    assert reader.asked == {"run_id": "r", "now": NOW, "days": 3, "keyword": "삼성전자", "is_past": False}


async def test_search_when_many_articles_then_the_reply_stays_small():
    found = await search_news("a", reader=Reader(*(f"기사 {number}" for number in range(60))), context=context())
    assert len(found.value) == MOST_FOUND
    assert len(json.dumps([item.model_dump() for item in found.value], ensure_ascii=False).encode()) < 40_000


async def test_latest_when_of_a_past_moment_then_the_reader_is_told():
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=KST)
    reader = Reader("가", "나", "다")
    found = await latest_news("005930", 2, reader=reader, context=context(moment))
    assert len(found.value) == 2
    assert (reader.asked["is_past"], reader.asked["now"], reader.asked["symbol"]) == (True, moment, "005930")


async def test_search_when_there_is_nothing_then_it_is_no_data():
    with pytest.raises(NoData, match="last 7 days"):
        await search_news("없음", reader=Reader(), context=context())


async def test_latest_when_the_sources_have_no_keys_then_it_says_what_to_set():
    problem = "naver: no key; set DAYBOOK_NEWS__NAVER_HUB_KEY"
    with pytest.raises(SourceUnavailable, match="DAYBOOK_NEWS__NAVER_HUB_KEY"):
        await latest_news("005930", reader=Reader(problems=(problem,)), context=context())


def test_tools_when_declared_then_they_only_read_and_are_untrusted():
    assert [spec.name for spec in news.tools] == ["search_news", "latest_news"]
    assert all(spec.is_untrusted and spec.effect is Effect.READ and spec.layer is Layer.PIPELINE for spec in news.tools)
    assert all(len(json.dumps(spec.parameters)) < 300 for spec in news.tools)
