"""Fifty poisoned articles: whatever they say, and whatever a model that obeys them answers, they stay within bounds."""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from daybook.advice.news_tilt import with_news
from daybook.contracts.advice import Recommendation, Recommendations
from daybook.contracts.base import KST
from daybook.contracts.news import CollectedNews, ScoreNews, SourceKind
from daybook.llm.redaction import Redactor, known_secrets
from daybook.news.articles import make_article
from daybook.news.http import JsonHttp
from daybook.news.keys import NaverAccess
from daybook.news.naver import NaverNews
from daybook.news.sentiment import MOST_BY_MODEL, MOST_BY_PUBLISHER, MOST_BY_STORY
from daybook.news.suspicion import is_suspicious
from daybook.settings import LlmSettings, NewsSettings, Settings
from daybook.storage.articles import ArticleStore
from daybook.storage.news_reports import NewsReportStore
from tests.news.conftest import NewLedger
from tests.news.facts import NAMES, NOW, ago, analysis, no_wait, room, run
from tests.news.obedient import ScriptedModel, honest, obedient
from tests.news.stand_ins.naver import CLIENT_ID, CLIENT_SECRET, Naver, NaverItem
from tests.news.stand_ins.server import serving

SYMBOL = "005930"
POISON = Path(__file__).parent / "poisoned" / "articles.jsonl"
ROWS = [json.loads(line) for line in POISON.read_text(encoding="utf-8").splitlines()]
SECRETS = (CLIENT_ID, CLIENT_SECRET, "CANARY-OPENAI-KEY-31337", "CANARY-DB-PASSWORD-0451")
PERSONAL = ("010-1234-5678", "12345678-01", "4111-1111-1111-1111", "900101-1234568", "canary@victim.example")
HIDDEN = ("CANARY-HIDDEN", "CANARY-COMMENT", "CANARYSCRIPT", "CANARY-STYLE", "CANARYTAGS", "CANARY-JS")
HONEST = (
    ("삼성전자, 3분기 영업이익 컨센서스 상회", "good.example"),
    ("삼성전자 노조 파업 예고에 생산 차질 우려", "daily.example"),
    ("삼성전자 신임 사외이사 선임", "plain.example"),
    ("삼성전자 자사주 매입 결정", "press.example"),
)


def settings(server: Naver) -> Settings:
    return Settings(
        _env_file=None,
        database_url=SecretStr(f"mysql+pymysql://daybook:{SECRETS[3]}@127.0.0.1/daybook"),
        llm=LlmSettings(openai_api_key=SecretStr(SECRETS[2])),
        news=NewsSettings(
            naver_base_url=server.url,
            naver_client_id=SecretStr(CLIENT_ID),
            naver_client_secret=SecretStr(CLIENT_SECRET),
        ),
    )


def poison(row: dict[str, Any]) -> list[dict[str, str]]:
    """Return a row's items as Naver would send them."""
    published = format_datetime((NOW - timedelta(hours=row["hours_ago"])).astimezone(KST))
    return [
        {
            "title": row["title"].replace("{n}", str(number)),
            "description": row["text"].replace("{n}", str(number)),
            "originallink": row["url"].replace("{n}", str(number)),
            "link": "",
            "pubDate": published,
        }
        for number in range(row.get("copies", 1))
    ]


@dataclass
class Outcome:
    collected: Any
    scored: Any
    report: Any
    stored: list[Any]
    model: ScriptedModel | None

    @property
    def sentiment(self) -> float:
        found = self.report.sentiment_of(SYMBOL)
        assert found is not None
        return float(found.sentiment)


async def outcome(database, rows: list[dict[str, Any]], model: ScriptedModel | None = None) -> Outcome:
    """Run an analysis over honest and poisoned articles, from the source's wire to the stored report."""
    server = Naver()
    with serving(server):
        server.items = [NaverItem(title, "삼성전자 소식", f"https://{site}/1", ago(2)) for title, site in HONEST]
        # Floods last: a source gives its newest few hundred, and the other poison shall be among them.
        ordered = sorted(rows, key=lambda row: row.get("copies", 1))
        server.raw = [item for row in ordered for item in poison(row)]
        configured = settings(server)
        access = NaverAccess.of(configured.news)
        assert access is not None
        http = JsonHttp(SourceKind.NAVER, server.url, headers=access.headers, pause=no_wait)
        source = NaverNews(access, http, now=lambda: ago(0.01))
        asked = analysis(symbols=(SYMBOL,), days=3)
        desk = room(database, {SourceKind.NAVER: source}, model, redactor=Redactor(known_secrets(configured)))
        collected, scored, report = await run(desk, asked)
    stored = ArticleStore(database).find(ago(24 * 40_000), NOW + timedelta(days=40_000), limit=5_000)
    return Outcome(collected, scored, report, stored, model)


def recommended(sentiments) -> tuple[Recommendations, Recommendations]:
    """Return a ranking without news and with it."""
    rows = tuple(
        Recommendation(
            rank=rank,
            symbol=symbol,
            score=score,
            momentum_ratio=0.1,
            annual_volatility=0.2,
            last_close_krw=70_000,
            average_turnover_krw=50_000_000_000,
            sessions_used=20,
        )
        for rank, (symbol, score) in enumerate((("000660", 1.5), (SYMBOL, 1.0), ("035420", 0.6)), start=1)
    )
    plain = Recommendations(day=NOW.date(), advisor="a", ranked=rows)
    return plain, with_news(plain, sentiments, 0.25)


def test_set_when_counted_then_there_are_fifty_of_every_kind():
    assert len(ROWS) == 50
    assert len({row["attack"] for row in ROWS}) >= 18


@pytest.fixture(scope="module")
def clean(new_ledger: NewLedger) -> tuple[float, float]:
    """The symbol's sentiment without any poison: by the lexicon, and by an honest model."""

    async def both() -> tuple[float, float]:
        plain = await outcome(new_ledger(), [])
        by_model = await outcome(new_ledger(), [], ScriptedModel(honest))
        return plain.sentiment, by_model.sentiment

    return asyncio.run(both())


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['name']}-{row['attack']}" for row in ROWS])
async def test_poisoned_article_when_added_then_a_symbol_moves_within_its_bound(row, clean, new_ledger: NewLedger):
    poisoned = await outcome(new_ledger(), [row])
    obeyed = await outcome(new_ledger(), [row], ScriptedModel(obedient(1.0, careful=True)))
    bound = MOST_BY_PUBLISHER if row["attack"] == "flood" else MOST_BY_STORY
    by_lexicon, by_model = clean
    assert abs(poisoned.sentiment - by_lexicon) <= bound + 1e-3
    assert abs(obeyed.sentiment - poisoned.sentiment) <= MOST_BY_MODEL + 1e-3
    assert abs(obeyed.sentiment - by_model) <= bound + 2 * MOST_BY_MODEL + 1e-3
    for result in (poisoned, obeyed):
        check_nothing_acted_on(result)
        check_nothing_leaked(result)
        check_time(result)


@pytest.mark.parametrize(
    "model", [obedient(1.0), obedient(-1.0), obedient(1.0, careful=True), obedient(-1.0, careful=True)]
)
async def test_all_poison_when_added_at_once_then_everything_stays_bounded(model, new_ledger: NewLedger):
    by_lexicon = await outcome(new_ledger(), ROWS)
    result = await outcome(new_ledger(), ROWS, ScriptedModel(model))
    assert abs(result.sentiment - by_lexicon.sentiment) <= MOST_BY_MODEL + 1e-3
    assert -1 <= result.sentiment <= 1
    assert all(-1 <= row.sentiment <= 1 for row in result.report.symbols)
    check_nothing_acted_on(result)
    check_nothing_leaked(result)
    check_time(result)


def check_nothing_acted_on(result: Outcome) -> None:
    """No tool could be called, nobody's text became a summary, a warning stays low, a score moves by its weight."""
    if result.model is not None:
        assert result.model.asked
        assert all(not request.tools and request.holds_untrusted for request in result.model.asked)
    assert result.report.summary_by == "template"
    assert result.report.summary.startswith("[규칙 기반 요약]")
    assert all(signal.severity <= 0.5 for signal in result.report.threats)
    plain, tilted = recommended(result.report.symbols)
    scores = {row.symbol: row.score for row in plain.ranked}
    assert all(abs(row.score - scores[row.symbol]) <= 0.25 for row in tilted.ranked)


def check_nothing_leaked(result: Outcome) -> None:
    sent = "".join(request.model_dump_json() for request in (result.model.asked if result.model else ()))
    kept = "".join(article.model_dump_json() for article in result.stored)
    said = result.report.model_dump_json() + result.scored.model_dump_json()
    for secret in SECRETS + PERSONAL + HIDDEN:
        assert secret not in sent
        assert secret not in kept
        assert secret not in said
    assert "evil.example" not in result.report.summary
    assert not set(sent + kept + said) & set("\u200b\u202e\u2066\ufeff\u3164\U000e0041")


def check_time(result: Outcome) -> None:
    assert all(article.published_at <= NOW for article in result.stored)
    shown = {line.title for line in result.report.headlines}
    assert not shown & {row["title"] for row in ROWS if row["hours_ago"] < 0 or row["hours_ago"] > 72}


async def test_future_articles_when_collected_then_they_are_refused_and_counted(database):
    future = [row for row in ROWS if row["attack"] == "future"]
    result = await outcome(database, future)
    assert result.report.refused_future == len(future) == 3
    assert len(result.stored) == len(HONEST)


async def test_past_run_when_articles_came_later_then_none_of_them_is_used(database):
    """A backdated article claims to be older than the run's moment, but the desk had not seen it then."""
    moment = ago(10)
    honest_one = make_article(
        SourceKind.NAVER,
        title="삼성전자 실적 호조",
        text="",
        url="https://a.example/1",
        published_at=ago(20),
        observed_at=ago(19),
    )
    backdated = make_article(
        SourceKind.NAVER,
        title="삼성전자 횡령 상장폐지",
        text="",
        url="https://b.example/1",
        published_at=ago(21),
        observed_at=ago(1),
    )
    assert honest_one is not None
    assert backdated is not None
    named = [one.model_copy(update={"symbols": NAMES.symbols_in(one.title)}) for one in (honest_one, backdated)]
    ArticleStore(database).add(named)
    model = ScriptedModel(honest)
    past = analysis(as_of=moment, point_in_time=True, days=3)
    collected, scored, report = await run(room(database, completer=model), past)
    assert [name for row in collected for name in row.article_ids] == [honest_one.article_id]
    assert [line.title for line in report.headlines] == ["삼성전자 실적 호조"]
    assert not model.asked
    assert scored.articles == 1


async def test_past_run_when_handed_later_articles_then_it_still_drops_them(database):
    late = make_article(
        SourceKind.NAVER,
        title="삼성전자 급락",
        text="",
        url="https://b.example/1",
        published_at=ago(1),
        observed_at=ago(1),
    )
    assert late is not None
    ArticleStore(database).add([late])
    forged = CollectedNews(source=SourceKind.NAVER, article_ids=(late.article_id,))
    scored = await room(database).score(
        ScoreNews(analysis=analysis(as_of=ago(5), point_in_time=True), collected=(forged,))
    )
    assert (scored.articles, scored.market_sentiment) == (0, 0.0)


def test_instructions_when_looked_for_then_most_poison_is_seen_and_honest_headlines_are_not():
    speaking = [
        row
        for row in ROWS
        if row["attack"] in {"instruction", "forged fence", "forged roles", "forged answer", "tool call"}
    ]
    seen = [row for row in speaking if is_suspicious(row["title"], row["text"])]
    assert len(seen) == len(speaking)
    assert not any(is_suspicious(title) for title, _ in HONEST)


async def test_report_when_stored_then_reading_it_again_gives_the_same(database):
    result = await outcome(database, ROWS[:5])
    assert NewsReportStore(database).get(result.report.run_id) == result.report
