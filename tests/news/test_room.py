from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from daybook.contracts.news import CollectNews, Scorer, SourceKind
from daybook.llm.redaction import Redactor
from daybook.news.errors import NewsError, QuotaSpent, SourceDown, SourceRefused
from daybook.news.library import NewsLibrary
from daybook.news.planning import MARKET_WORDS_KO, plan_queries, search_words
from daybook.news.room import NewsRoom, configured_sources
from daybook.settings import NewsSettings, Settings
from daybook.storage.articles import ArticleStore
from daybook.storage.news_reports import NewsReportStore
from tests.news.facts import NAMES, NOW, ago, analysis, article, room, run
from tests.news.obedient import ScriptedModel, honest


class Listed:
    """A source that gives what a test lists, and remembers what it was asked."""

    def __init__(self, *articles, kind=SourceKind.NAVER, failure: Exception | None = None, after: int = 0) -> None:
        self.kind = kind
        self.asked = []
        self._articles = list(articles)
        self._failure = failure
        self._after = after

    async def search(self, query):
        self.asked.append(query)
        if self._failure is not None and len(self.asked) > self._after:
            raise self._failure
        return self._articles


def naver(*articles, **more):
    return {SourceKind.NAVER: Listed(*articles, **more)}


async def collect(desk: NewsRoom, kind=SourceKind.NAVER, **changes):
    return await desk.collect(CollectNews(source=kind, analysis=analysis(**changes)))


async def test_source_when_it_answers_then_its_articles_are_stored_with_their_securities(database):
    found = article("SK하이닉스 신고가", symbols=())
    collected = await collect(room(database, naver(found)))
    assert collected.article_ids == (found.article_id,)
    assert ArticleStore(database).get([found.article_id])[0].symbols == ("000660",)


async def test_article_when_dated_in_the_future_then_it_is_refused_and_counted(database):
    late = article("삼성전자 내일 소식", published_at=NOW + timedelta(minutes=5), observed_at=NOW)
    old = article("삼성전자 지난주 소식", published_at=ago(100))
    collected = await collect(room(database, naver(late, old, article("삼성전자 소식"))))
    assert (len(collected.article_ids), collected.refused_future) == (1, 1)


async def test_article_when_published_between_the_start_and_its_sight_then_it_counts(database):
    fresh = article("삼성전자 방금", published_at=NOW + timedelta(seconds=3), observed_at=NOW + timedelta(seconds=4))
    assert len((await collect(room(database, naver(fresh)))).article_ids) == 1


async def test_article_when_it_holds_personal_data_or_keys_then_neither_is_stored(database):
    key = "CANARY-KEY-123456"
    leaky = article(f"삼성전자 문의 010-1234-5678 {key}", "계좌 12345678-01, 주민 900101-1234568")
    collected = await collect(room(database, naver(leaky), redactor=Redactor([key])))
    (stored,) = ArticleStore(database).get(collected.article_ids)
    assert not any(secret in stored.model_dump_json() for secret in ("010-1234", key, "900101-1", "12345678-01"))


@pytest.mark.parametrize("failure", [SourceDown(SourceKind.NAVER, "HTTP 503"), QuotaSpent(SourceKind.NAVER, "spent")])
async def test_source_when_dead_then_it_is_a_problem_and_stored_articles_are_used(database, failure: NewsError):
    ArticleStore(database).add([article("삼성전자 어제 소식"), article("현대차 소식", host="b.kr")])
    collected = await collect(room(database, naver(failure=failure)))
    assert len(collected.article_ids) == 1
    assert collected.problem == str(failure)


async def test_source_when_it_refuses_the_key_then_it_is_not_asked_for_the_other_words(database):
    source = Listed(failure=SourceRefused(SourceKind.NAVER, "key"))
    await collect(room(database, {SourceKind.NAVER: source}), keywords=tuple(f"단어{number}" for number in range(20)))
    assert len(source.asked) <= 3


async def test_source_when_one_word_fails_then_the_others_count(database):
    source = Listed(article("삼성전자 소식"), failure=SourceDown(SourceKind.NAVER, "HTTP 502"), after=1)
    collected = await collect(room(database, {SourceKind.NAVER: source}), keywords=("반도체", "수출"))
    assert len(collected.article_ids) == 1
    assert "502" in collected.problem


async def test_source_when_it_has_no_key_then_the_variables_are_named(database):
    problems = [(await collect(room(database), kind)).problem for kind in SourceKind]
    assert [problem.split()[-1] for problem in problems] == [
        "DAYBOOK_NEWS__NAVER_HUB_KEY",
        "DAYBOOK_NEWS__NEWSAPI_KEY",
        "DAYBOOK_NEWS__DART_API_KEY",
    ]


async def test_past_run_when_made_then_no_source_and_no_model_is_asked(database):
    ArticleStore(database).add([article("삼성전자 급등", observed_at=ago(2), published_at=ago(3))])
    source, model = Listed(article("삼성전자 급락", host="b.kr")), ScriptedModel(honest)
    _, scored, report = await run(
        room(database, {SourceKind.NAVER: source}, model), analysis(as_of=ago(1.5), point_in_time=True)
    )
    assert (source.asked, model.asked) == ([], [])
    assert (scored.articles, report.headlines[0].title) == (1, "삼성전자 급등")


async def test_past_run_when_a_model_scored_later_then_that_score_is_not_known(database):
    found = article("삼성전자 급등", observed_at=ago(2), published_at=ago(3))
    await run(room(database, naver(found), ScriptedModel(honest), now=ago(1)), analysis(as_of=ago(1)))
    for as_of, scorer in ((ago(1.5), Scorer.LEXICON), (ago(0.5), Scorer.MODEL)):
        _, scored, _ = await run(room(database), analysis(as_of=as_of, point_in_time=True))
        assert scored.scored[0].scorer is scorer


async def test_analysis_when_repeated_then_a_model_is_not_paid_again_for_the_same_articles(database):
    model = ScriptedModel(honest)
    desk = room(database, naver(article("삼성전자 급등")), model)
    _, first, _ = await run(desk, analysis())
    _, second, _ = await run(desk, analysis())
    assert (first.cost_micro_krw, second.cost_micro_krw) == (1_000, 0)
    assert second.scored == first.scored


async def test_report_when_written_then_it_has_all_that_is_shown(database):
    articles = [
        article("삼성전자 3조원 규모 자사주 매입 결정"),
        article("[속보] 삼성전자 3조원 규모 자사주 매입 결정", host="b.kr"),
    ]
    collected, scored, report = await run(room(database, naver(*articles), ScriptedModel(honest)), analysis())
    assert (report.stories, report.articles, report.headlines[0].copies) == (1, 2, 2)
    assert report.sentiment_of("005930").sentiment > 0
    assert report.summary_by == "test-model"
    assert report.cost_micro_krw == 1_500
    assert [problem.split(":")[0] for problem in report.problems] == ["newsapi", "dart"]
    assert NewsReportStore(database).get("t-1") == report
    assert {row.cluster for row in ArticleStore(database).get(collected[0].article_ids)} != {""}
    assert scored.scorer is Scorer.MODEL


async def test_analysis_when_there_is_nothing_then_the_report_says_so(database):
    _, scored, report = await run(room(database), analysis())
    assert (scored.stories, report.headlines) == (0, ())
    assert "기사가 없습니다" in report.summary


def test_queries_when_planned_then_each_source_is_asked_in_its_own_way():
    asked = analysis(symbols=("005930",), keywords=("HBM", "반도체"))
    naver_words = [query.keyword for query in plan_queries(SourceKind.NAVER, asked, NAMES)]
    assert naver_words == ["HBM", "반도체", "삼성전자"]
    (newsapi,) = plan_queries(SourceKind.NEWSAPI, asked, NAMES)
    assert newsapi.keyword.startswith('"HBM" OR "Samsung')
    (dart,) = plan_queries(SourceKind.DART, asked, NAMES)
    assert dart.symbol == "005930"


def test_queries_when_nothing_is_asked_then_it_is_the_market():
    asked = analysis(symbols=())
    assert [query.keyword for query in plan_queries(SourceKind.NAVER, asked, NAMES)] == list(MARKET_WORDS_KO)
    assert [query.symbol for query in plan_queries(SourceKind.DART, asked, NAMES)] == [""]
    assert search_words(asked, NAMES) == ()


def test_queries_when_words_name_no_security_then_dart_is_not_asked():
    assert plan_queries(SourceKind.DART, analysis(symbols=(), keywords=("금리",)), NAMES) == []
    (query,) = plan_queries(SourceKind.DART, analysis(symbols=(), keywords=("삼성전자 실적",)), NAMES)
    assert query.symbol == "005930"


def test_english_words_when_many_then_no_query_is_too_long():
    asked = analysis(symbols=(), keywords=tuple(f"{'w' * 55}{number}" for number in range(30)))
    queries = plan_queries(SourceKind.NEWSAPI, asked, NAMES)
    assert len(queries) > 1
    assert all(len(query.keyword) <= 500 for query in queries)


def test_sources_when_keys_are_set_then_those_are_built(tmp_path: Path):
    none = configured_sources(NewsSettings(), tmp_path)
    some = configured_sources(NewsSettings(newsapi_key=SecretStr("k"), dart_api_key=SecretStr("d" * 40)), tmp_path)
    assert (list(none), list(some)) == ([], [SourceKind.NEWSAPI, SourceKind.DART])


def test_room_when_built_from_settings_then_it_knows_the_process_s_secrets(database):
    configured = Settings(_env_file=None, news=NewsSettings(newsapi_key=SecretStr("CANARY-1234567")))
    assert "CANARY" not in NewsRoom.of(configured, database).redactor.redact("x CANARY-1234567 y")


async def test_library_when_read_then_it_gives_one_article_a_story(database):
    copies = [article("삼성전자 자사주 매입 결정 3조원 규모", host=f"{name}.kr") for name in "abc"]
    found = await NewsLibrary(room(database, naver(*copies))).read(run_id="r", now=NOW, days=1, keyword="자사주")
    assert [(story.copies, story.sentiment > 0) for story in found.stories] == [(3, True)]
    assert len(found.problems) == 2


async def test_library_when_asked_for_a_security_then_articles_that_only_match_the_word_are_left_out(database):
    desk = room(database, naver(article("삼성전자 소식"), article("다른 회사 소식", host="b.kr")))
    found = await NewsLibrary(desk).read(run_id="r", now=NOW, days=1, symbol="005930")
    assert [story.article.title for story in found.stories] == ["삼성전자 소식"]


async def test_library_when_asked_of_the_past_then_it_reads_the_store_only(database):
    ArticleStore(database).add(
        [article("삼성전자 옛 소식", published_at=ago(5), observed_at=ago(4)), article("삼성전자 소식")]
    )
    source = Listed(article("삼성전자 새 소식", host="c.kr"))
    library = NewsLibrary(room(database, {SourceKind.NAVER: source}))
    found = await library.read(run_id="r", now=ago(2), days=1, symbol="005930", is_past=True)
    assert [story.article.title for story in found.stories] == ["삼성전자 옛 소식"]
    assert source.asked == []
