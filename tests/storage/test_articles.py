from datetime import UTC, datetime, timedelta

import pytest

from daybook.contracts.news import Article, ArticleScore, NewsReport, Scorer, SourceKind
from daybook.storage.articles import ArticleStore
from daybook.storage.errors import RecordNotFound
from daybook.storage.news_reports import NewsReportStore

NOW = datetime(2026, 3, 6, 1, 0, tzinfo=UTC)


def article(number: int = 1, **changes) -> Article:
    values = {
        "article_id": f"{number:064d}",
        "source": SourceKind.NAVER,
        "publisher": "example.co.kr",
        "title": f"삼성전자 소식 {number} 🚀",
        "text": "본문",
        "url": f"https://example.co.kr/{number}",
        "published_at": NOW - timedelta(hours=number),
        "observed_at": NOW - timedelta(hours=number, minutes=-5),
        "symbols": ("005930",),
    }
    return Article(**{**values, **changes})


@pytest.fixture
def store(database) -> ArticleStore:
    return ArticleStore(database)


def found(store, since_h=24.0, until_h=0.0, **more):
    rows = store.find(NOW - timedelta(hours=since_h), NOW - timedelta(hours=until_h), **more)
    return [int(row.article_id) for row in rows]


def test_article_when_added_then_it_comes_back_as_it_was(store):
    assert store.add([article()]) == 1
    assert store.get([article().article_id]) == [article()]


def test_article_when_seen_again_then_the_first_sight_stays(store):
    store.add([article()])
    again = article(title="changed", observed_at=NOW, published_at=NOW)
    assert store.add([again, article(2)]) == 1
    assert store.get([article().article_id]) == [article()]


def test_articles_when_the_same_comes_twice_at_once_then_it_is_one(store):
    assert store.add([article(), article()]) == 1
    assert store.add([]) == 0


def test_articles_when_asked_by_id_then_they_come_in_that_order(store):
    store.add([article(number) for number in range(1, 4)])
    wanted = [article(number).article_id for number in (3, 1, 9)]
    assert [row.article_id for row in store.get(wanted)] == wanted[:2]


def test_articles_when_found_by_time_then_newest_come_first_and_the_limit_holds(store):
    store.add([article(number) for number in range(1, 8)])
    assert found(store, 5, 2) == [2, 3, 4, 5]
    assert found(store, limit=2) == [1, 2]


def test_articles_when_found_for_a_moment_then_later_ones_and_later_seen_ones_are_left_out(store):
    store.add([article(1), article(5), article(6, observed_at=NOW)])
    assert found(store, known_at=NOW - timedelta(hours=4)) == [5]
    assert found(store, known_at=NOW) == [1, 5, 6]


def test_articles_when_found_by_source_symbol_or_word_then_the_others_are_left_out(store):
    store.add(
        [
            article(1, source=SourceKind.DART),
            article(2, symbols=("000660",), title="Hynix 소식"),
            article(3, symbols=(), title="금리 동결", text="Bank of KOREA"),
        ]
    )
    assert found(store, sources=(SourceKind.DART,)) == [1]
    assert found(store, symbols=("000660", "035420")) == [2]
    assert found(store, words=("korea",)) == [3]
    assert found(store, symbols=("005930",), words=("금리",)) == [1, 3]


def test_cluster_when_named_then_a_later_name_does_not_replace_it(store):
    store.add([article(1), article(2)])
    store.set_clusters({article(1).article_id: "first"})
    store.set_clusters({article(1).article_id: "later", article(2).article_id: "second"})
    assert [row.cluster for row in store.get([article(1).article_id, article(2).article_id])] == ["first", "second"]
    store.set_clusters({})


def score(number=1, **changes) -> ArticleScore:
    values = {"article_id": article(number).article_id, "sentiment": 0.5, "scorer": Scorer.MODEL, "model": "m-1"}
    return ArticleScore(**{**values, **changes})


def test_scores_when_saved_then_those_of_models_come_back_newest_first(store):
    store.save_scores([score(sentiment=0.1), score(2)], NOW - timedelta(hours=2))
    store.save_scores([score(model="m-2", sentiment=0.9, terms=("급등",))], NOW - timedelta(hours=1))
    store.save_scores([score(3, scorer=Scorer.LEXICON, model="")], NOW)
    names = [article(number).article_id for number in (1, 2, 3)]
    assert {row.article_id[-1]: row.model for row in store.model_scores(names).values()} == {"1": "m-2", "2": "m-1"}
    assert store.model_scores(names)[names[0]].terms == ("급등",)
    early = store.model_scores(names, known_at=NOW - timedelta(hours=1, minutes=30))
    assert early[names[0]].sentiment == 0.1


def test_score_when_saved_again_then_it_is_replaced(store):
    store.save_scores([score(sentiment=0.1)], NOW)
    store.save_scores([score(sentiment=-0.2)], NOW)
    assert store.model_scores([article().article_id])[article().article_id].sentiment == -0.2
    store.save_scores([])


def report(run_id="r-1", hours=1.0, **changes) -> NewsReport:
    values = {"run_id": run_id, "as_of": NOW - timedelta(hours=hours), "days": 1, "market_sentiment": 0.25}
    return NewsReport(**{**values, **changes})


def test_report_when_saved_then_it_comes_back_and_a_repeat_replaces_it(database):
    store = NewsReportStore(database)
    store.save(report(), NOW)
    store.save(report(summary="다시"), NOW)
    assert store.get("r-1") == report(summary="다시")
    assert len(store.recent()) == 1


def test_reports_when_listed_then_newest_first_and_none_of_a_later_moment(database):
    store = NewsReportStore(database)
    for number, hours in enumerate((5, 1, 3)):
        store.save(report(f"r-{number}", hours), NOW - timedelta(hours=hours))
    assert [row.run_id for row in store.recent(2)] == ["r-1", "r-2"]
    assert [row.run_id for row in store.recent(known_at=NOW - timedelta(hours=2))] == ["r-2", "r-0"]


def test_report_when_unknown_then_it_says_so(database):
    with pytest.raises(RecordNotFound, match="r-9"):
        NewsReportStore(database).get("r-9")
