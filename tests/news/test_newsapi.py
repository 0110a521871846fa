import pytest

from daybook.contracts.news import SourceKind
from daybook.news.errors import BadReply, QuotaSpent, SourceDown, SourceRefused
from daybook.news.http import TRIES, JsonHttp
from daybook.news.newsapi import NewsApi
from daybook.news.ports import SourceQuery
from tests.news.facts import NOW, ago, no_wait
from tests.news.stand_ins.newsapi import KEY, NewsApiItem, NewsApiServer
from tests.news.stand_ins.server import Answer


def source(server: NewsApiServer, key: str = KEY) -> NewsApi:
    http = JsonHttp(SourceKind.NEWSAPI, server.url, headers={"X-Api-Key": key}, timeout_s=5, pause=no_wait)
    return NewsApi(server.url, key, http, now=lambda: NOW)


def query(word: str = '"Samsung"', limit: int = 300) -> SourceQuery:
    return SourceQuery(keyword=word, since=ago(24), until=NOW, limit=limit)


def item(number: int, hours: float = 1) -> NewsApiItem:
    return NewsApiItem(
        f"Samsung beats estimates {number}", "Chips &amp; phones", f"https://wire.example.com/{number}", ago(hours)
    )


async def test_search_when_it_answers_then_articles_are_english_and_named_after_their_site(newsapi):
    newsapi.items = [item(1), item(2, 30)]
    found = await source(newsapi).search(query())
    assert [(row.title, row.text, row.publisher, row.language) for row in found] == [
        ("Samsung beats estimates 1", "Chips & phones", "example.com", "en")
    ]
    assert newsapi.requests[0].query["language"] == "en"
    assert KEY not in str(newsapi.requests[0].query)


async def test_search_when_several_words_are_joined_then_any_of_them_matches(newsapi):
    newsapi.items = [item(1), NewsApiItem("Hynix up", "", "https://example.com/h", ago(2))]
    assert len(await source(newsapi).search(query('"Samsung" OR "Hynix"'))) == 2


async def test_search_when_the_plan_ends_then_what_was_read_counts(newsapi):
    newsapi.items = [item(number) for number in range(250)]
    newsapi.most_results = 100
    assert len(await source(newsapi).search(query())) == 100
    assert len(newsapi.requests) == 2


async def test_search_when_articles_were_removed_or_are_broken_then_they_are_left_out(newsapi):
    newsapi.items = [
        NewsApiItem("[Removed]", "Samsung", "https://removed.com", ago(1)),
        NewsApiItem("Samsung", "", "not an address", ago(1)),
        item(1),
    ]
    assert len(await source(newsapi).search(query())) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (
            Answer(401, b'{"status":"error","code":"apiKeyInvalid","message":"m"}'),
            SourceRefused,
            "DAYBOOK_NEWS__NEWSAPI_KEY",
        ),
        (Answer(401, b'{"status":"error","code":"apiKeyExhausted","message":"m"}'), QuotaSpent, "apiKeyExhausted"),
        (Answer(429, b'{"status":"error","code":"rateLimited","message":"m"}'), QuotaSpent, "rateLimited"),
        (Answer(426, b'{"status":"error","code":"parameterInvalid","message":"m"}'), QuotaSpent, "plan"),
        (
            Answer(400, b'{"status":"error","code":"parametersMissing","message":"m"}'),
            SourceRefused,
            "parametersMissing",
        ),
        (Answer(200, b'{"status":"error","code":"unexpectedError","message":"m"}'), SourceDown, "fails"),
        (Answer(200, b'{"status":"ok"}'), BadReply, "without articles"),
    ],
)
async def test_refusal_when_given_then_it_is_named_and_not_repeated(newsapi, answer, kind, says):
    newsapi.faults.append(answer)
    with pytest.raises(kind, match=says) as error:
        await source(newsapi).search(query())
    assert len(newsapi.requests) == 1
    assert KEY not in str(error.value)


async def test_key_when_wrong_then_it_is_refused(newsapi):
    with pytest.raises(SourceRefused):
        await source(newsapi, key="wrong").search(query())


async def test_server_when_it_fails_then_it_is_tried_three_times(newsapi):
    newsapi.faults.extend([Answer(500, b'{"status":"error","code":"unexpectedError"}')] * TRIES)
    with pytest.raises(SourceDown):
        await source(newsapi).search(query())
    assert len(newsapi.requests) == TRIES
