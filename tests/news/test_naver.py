import pytest
from pydantic import SecretStr

from daybook.contracts.news import SourceKind
from daybook.news.errors import BadReply, NewsError, QuotaSpent, SourceDown, SourceRefused
from daybook.news.http import LARGEST_REPLY_BYTES, TRIES, JsonHttp
from daybook.news.keys import NaverAccess, missing_sources
from daybook.news.naver import NaverNews
from daybook.news.ports import SourceQuery
from daybook.settings import NewsSettings
from tests.news.facts import NOW, ago, no_wait
from tests.news.stand_ins.naver import CLIENT_ID, CLIENT_SECRET, HUB_ID, HUB_KEY, Naver, NaverItem
from tests.news.stand_ins.server import Answer

SECRETS = (CLIENT_ID, CLIENT_SECRET, HUB_ID, HUB_KEY)


def settings(server: Naver, *, hub: bool = False, legacy: bool = True, wrong: bool = False) -> NewsSettings:
    values: dict[str, object] = {"naver_base_url": server.url, "naver_hub_base_url": server.url}
    if legacy:
        values |= {"naver_client_id": SecretStr(CLIENT_ID), "naver_client_secret": SecretStr(CLIENT_SECRET)}
    if hub:
        values |= {"naver_hub_key_id": SecretStr(HUB_ID), "naver_hub_key": SecretStr("no" if wrong else HUB_KEY)}
    elif wrong:
        values |= {"naver_client_secret": SecretStr("no")}
    return NewsSettings(**values)


def source(server: Naver, timeout_s: float = 5, **keys: bool) -> NaverNews:
    access = NaverAccess.of(settings(server, **keys))
    assert access is not None
    http = JsonHttp(SourceKind.NAVER, access.base_url, headers=access.headers, timeout_s=timeout_s, pause=no_wait)
    return NaverNews(access, http, now=lambda: NOW)


def query(word: str = "삼성전자", limit: int = 200, hours: float = 24) -> SourceQuery:
    return SourceQuery(keyword=word, since=ago(hours), until=NOW, limit=limit)


def item(number: int, hours: float, title: str = '삼성전자 "최대" 실적 R&D') -> NaverItem:
    return NaverItem(
        f"{title} {number}", "삼성전자 <설명>", f"https://www.example.co.kr/{number}?utm_source=naver", ago(hours)
    )


@pytest.mark.parametrize("hub", [False, True])
async def test_search_when_it_answers_then_articles_are_plain_dated_and_addressed(naver, hub):
    naver.items = [item(1, 2), item(2, 1), item(3, 1, "다른 종목")]
    found = await source(naver, hub=hub, legacy=not hub).search(query("최대"))
    assert [article.title for article in found] == ['삼성전자 "최대" 실적 R&D 2', '삼성전자 "최대" 실적 R&D 1']
    assert found[0].text == "삼성전자 <설명>"
    assert found[0].url == "https://example.co.kr/2"
    assert (found[0].publisher, found[0].language) == ("example.co.kr", "ko")
    assert (found[0].published_at, found[0].observed_at) == (ago(1), NOW)
    sent = naver.requests[0]
    assert (sent.query["sort"], sent.query["query"]) == ("date", "최대")
    assert not any(secret in str(sent.query) for secret in SECRETS)


async def test_access_when_both_pairs_are_set_then_the_hub_is_asked(naver):
    await source(naver, hub=True, legacy=True).search(query())
    assert naver.requests[0].path == "/search/v1/news"
    assert "x-naver-client-id" not in naver.requests[0].headers


def test_access_when_half_a_pair_is_set_then_there_is_none():
    given = NewsSettings(naver_hub_key_id=SecretStr("x"), naver_client_secret=SecretStr("y"))
    assert NaverAccess.of(given) is None
    assert [line.split(":")[0] for line in missing_sources(given)] == ["naver", "newsapi", "dart"]


async def test_search_when_there_are_many_then_it_pages_until_the_asked_time(naver):
    naver.items = [item(number, number * 0.1) for number in range(350)]
    found = await source(naver).search(query(limit=1000, hours=15))
    assert [request.query["start"] for request in naver.requests] == ["1", "101"]
    assert len(found) == 200


async def test_search_when_there_is_no_end_then_it_stops_at_the_last_page_there_is(naver):
    naver.items = [item(number, number * 0.001) for number in range(1300)]
    found = await source(naver).search(query(limit=5000))
    assert [int(request.query["start"]) for request in naver.requests][-1] == 901
    assert len(found) == 1000


async def test_search_when_a_later_page_fails_then_the_earlier_ones_count(naver):
    naver.items = [item(number, 0.001 * number) for number in range(150)]
    naver.quota = 1
    assert len(await source(naver).search(query())) == 100


async def test_item_when_it_has_no_original_address_then_naver_s_own_names_the_publisher(naver):
    naver.items = [
        NaverItem("삼성전자 소식", "", "", ago(1), link="https://n.news.naver.com/mnews/article/015/0001234567?sid=101")
    ]
    found = await source(naver).search(query())
    assert found[0].publisher == "n.news.naver.com/015"


async def test_items_when_some_are_broken_then_the_others_are_read(naver):
    naver.items = [item(1, 1)]
    good = naver.items[0].json("")
    naver.raw = [
        {**good, "pubDate": "yesterday"},
        {**good, "pubDate": "Fri, 06 Mar 2026 08:00:00"},
        {**good, "originallink": "javascript:alert(1)", "link": ""},
        {**good, "title": 7},
        {**good, "title": "<b></b>"},
        {},
    ]
    assert len(await source(naver).search(query())) == 1


async def test_items_when_all_are_broken_then_it_is_a_bad_reply(naver):
    naver.raw = [{"title": "a", "pubDate": "never"}]
    with pytest.raises(BadReply):
        await source(naver).search(query())


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (
            Answer(401, b'{"errorMessage":"x","errorCode":"024"}'),
            SourceRefused,
            "DAYBOOK_NEWS__NAVER_CLIENT_ID",
        ),
        (Answer(403, b'{"errorMessage":"x","errorCode":"000"}'), SourceRefused, "key"),
        (Answer(429, b'{"errorMessage":"x","errorCode":"010"}'), QuotaSpent, "day"),
        (Answer(429, b'{"errorMessage":"x","errorCode":"012"}'), QuotaSpent, "second"),
        (Answer(400, b'{"errorMessage":"x","errorCode":"SE06"}'), SourceRefused, "SE06"),
        (Answer(404, b'{"errorMessage":"x","errorCode":"SE05"}'), SourceRefused, "SE05"),
        (Answer(200, b'{"errorMessage":"x","errorCode":"SE99"}'), SourceDown, "SE99"),
        (Answer(401, b'{"error":{"errorCode":"200","message":"Authentication Failed"}}'), SourceRefused, "200"),
        (Answer(403, b'{"error":{"errorCode":"210","message":"Permission Denied"}}'), SourceRefused, "210"),
        (Answer(429, b'{"error":{"errorCode":"420","message":"Rate Limited"}}'), QuotaSpent, "420"),
        (Answer(404, b'{"error":{"errorCode":"510","message":"Endpoint"}}'), SourceDown, "510"),
        (Answer(200, b'{"total":1}'), BadReply, "without items"),
        (Answer(200, b'{"items":{}}'), BadReply, "without items"),
    ],
)
async def test_refusal_when_given_then_it_is_asked_once_and_named_without_a_key(naver, answer, kind, says):
    naver.faults.append(answer)
    with pytest.raises(kind, match=says) as error:
        await source(naver).search(query())
    assert len(naver.requests) == 1
    assert not any(secret in str(error.value) for secret in SECRETS)


@pytest.mark.parametrize(("hub", "says"), [(False, "NAVER_CLIENT_SECRET"), (True, "NAVER_HUB_KEY")])
async def test_key_when_wrong_then_the_variables_are_named(naver, hub, says):
    with pytest.raises(SourceRefused, match=says):
        await source(naver, hub=hub, legacy=not hub, wrong=True).search(query())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=0), SourceDown),
        (Answer(502, b"<html>Bad Gateway</html>", "text/html"), SourceDown),
        (Answer(200, b'{"items": [', promised=0), BadReply),
        (Answer(200, b'{"items": [', promised=500), SourceDown),
        (Answer(200, b"<html>maintenance</html>", "text/html"), BadReply),
        (Answer(200, b"[1, 2]"), BadReply),
        (Answer(200, b'{"total": NaN, "items": []}'), BadReply),
        (Answer(200, b'{"a":' * 100_000), BadReply),
        (Answer(200, b"\xff\xfe\x00\x81"), BadReply),
        (Answer(302, b"", headers={"Location": "http://127.0.0.1:1/"}), BadReply),
    ],
)
async def test_fault_when_it_stays_then_it_is_tried_three_times_and_one_line_says_so(naver, answer, kind):
    naver.faults.extend([answer] * TRIES)
    with pytest.raises(kind) as error:
        await source(naver).search(query())
    assert len(naver.requests) == TRIES
    assert "\n" not in str(error.value)
    assert isinstance(error.value, NewsError)


async def test_fault_when_it_passes_then_the_answer_counts(naver):
    naver.items = [item(1, 1)]
    naver.faults.extend([Answer(status=0), Answer(503, b"busy")])
    assert len(await source(naver).search(query())) == 1


async def test_reply_when_too_large_then_it_is_not_read_to_the_end(naver):
    naver.faults.extend([Answer(200, b" " * (LARGEST_REPLY_BYTES + 1))] * TRIES)
    with pytest.raises(BadReply, match="larger"):
        await source(naver).search(query())


async def test_reply_when_slow_then_the_deadline_ends_it(naver):
    naver.faults.extend([Answer(delay_s=0.6)] * TRIES)
    with pytest.raises(SourceDown, match=r"no answer within 0\.2 s"):
        await source(naver, timeout_s=0.2).search(query())


async def test_reply_when_in_the_older_korean_encoding_then_it_is_read(naver):
    naver.items = [item(1, 1)]
    answer = naver.answer(_request("삼성전자"))
    naver.faults.append(Answer(200, answer.content.decode().encode("cp949")))
    found = await source(naver).search(query())
    assert found[0].title.startswith("삼성전자")


def _request(word: str):
    from tests.news.stand_ins.server import Request

    keys = {"x-naver-client-id": CLIENT_ID, "x-naver-client-secret": CLIENT_SECRET}
    return Request("/v1/search/news.json", {"query": word}, keys)


async def test_server_when_nobody_listens_then_the_source_is_down(naver):
    http = JsonHttp(SourceKind.NAVER, "http://127.0.0.1:1", pause=no_wait)
    access = NaverAccess.of(settings(naver))
    with pytest.raises(SourceDown, match="cannot be reached"):
        await NaverNews(access, http).search(query())
