import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from daybook import cli
from daybook.commands import news as command
from daybook.commands.news_view import bar, report_lines
from daybook.contracts.base import KST
from daybook.contracts.news import (
    Headline,
    NewsAnalysisInput,
    NewsReport,
    Scorer,
    SourceKind,
    SymbolSentiment,
    ThreatKind,
    ThreatSignal,
)
from daybook.front.desk import DeskNoAnswer, DeskUnreachable
from daybook.storage.news_reports import NewsReportStore

AS_OF = datetime(2026, 3, 6, 10, 0, tzinfo=KST)


def report(run_id: str = "cli-1", **changes: Any) -> NewsReport:
    values: dict[str, Any] = {
        "run_id": run_id,
        "as_of": AS_OF,
        "days": 7,
        "keywords": ("HBM",),
        "market_sentiment": -0.3,
        "symbols": (SymbolSentiment(symbol="005930", name="삼성전자", sentiment=0.5, stories=3, articles=5),),
        "threats": (ThreatSignal(kind=ThreatKind.BROKER_OUTAGE, severity=0.4, article_ids=("a",)),),
        "headlines": (
            Headline(
                title="삼성전자 [bold]자사주[/bold] 매입 " + "아주 긴 제목 " * 12,
                publisher="example.co.kr",
                source=SourceKind.NAVER,
                published_at=AS_OF - timedelta(hours=1),
                sentiment=0.63,
                copies=3,
            ),
        ),
        "summary": "[규칙 기반 요약] " + "분위기는 중립입니다. " * 10,
        "problems": ("newsapi: no key; set DAYBOOK_NEWS__NEWSAPI_KEY",),
        "stories": 12,
        "articles": 34,
        "refused_future": 2,
        "cost_micro_krw": 1_234_567,
    }
    return NewsReport(**{**values, **changes})


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command, also where the program does not list it yet."""
    if not any(entry.name == "news" or entry.callback is command.news for entry in cli.app.registered_commands):
        monkeypatch.setattr(cli.app, "registered_commands", list(cli.app.registered_commands))
        cli.app.command("news")(command.news)


@pytest.fixture
def asked(desk: Any, monkeypatch: pytest.MonkeyPatch) -> list[NewsAnalysisInput]:
    """What the desk was asked to analyse; it answers with a report."""
    analyses: list[NewsAnalysisInput] = []

    async def start(_: Any, analysis: NewsAnalysisInput, *, address: str) -> str:
        analyses.append(analysis)
        return f"news-{analysis.run_id}"

    async def wait(_: Any, run_id: str, *, address: str) -> NewsReport:
        return report(run_id)

    monkeypatch.setattr(command, "start_news", start)
    monkeypatch.setattr(command, "news_report", wait)
    return analyses


def test_news_when_a_name_a_code_and_a_word_are_given_then_each_is_understood(run, asked):
    ended = run("news", "삼성전자", "000660", "HBM", "--days", "3")
    (analysis,) = asked
    assert ended.code == 0
    assert (analysis.symbols, analysis.keywords, analysis.days) == (("005930", "000660"), ("HBM",), 3)
    assert (analysis.language, analysis.point_in_time) == ("ko", False)


@pytest.mark.parametrize(
    ("words", "language"), [((), "ko"), (("chips",), "en"), (("005930",), "ko"), (("chips", "반도체"), "ko")]
)
def test_news_when_words_have_a_language_then_the_report_has_it(run, asked, words, language):
    run("news", *words)
    assert asked[0].language == language


def test_news_when_stored_then_no_source_is_asked(run, asked):
    ended = run("news", "--stored")
    assert asked[0].point_in_time
    assert "no news source has a key" not in ended.err


def test_news_when_no_source_has_a_key_then_the_variables_are_named(run, asked):
    ended = run("news")
    assert ended.code == 0
    for name in ("NAVER_HUB_KEY_ID", "NEWSAPI_KEY", "DART_API_KEY"):
        assert f"DAYBOOK_NEWS__{name}" in ended.err
    assert "삼성전자" in ended.out


def test_news_when_shown_then_the_report_fits_the_screen_and_markup_stays_text(run, asked):
    ended = run("news")
    from rich.cells import cell_len

    for part in (
        "+0.50",
        "-0.30",
        "0.40 broker outage",
        "03-06 09:00",
        "(x3)",
        "[bold]",
        "2 articles dated",
        "1.23 KRW",
    ):
        assert part in ended.out, part
    assert all(cell_len(line) <= 80 for line in ended.out.splitlines() if "·" * 5 not in line)


def test_news_when_asked_for_json_then_it_is_the_report(run, asked):
    ended = run("news", "--json")
    shown = NewsReport.model_validate(json.loads(ended.out))
    assert (shown.run_id, ended.err) == (asked[0].run_id, "")


@pytest.mark.parametrize("failure", [DeskUnreachable("no Temporal server"), DeskNoAnswer("no answer within 300 s")])
def test_news_when_the_desk_cannot_then_one_line_says_so(run, desk, failure):
    desk.refuses = failure
    ended = run("news")
    assert (ended.code, ended.line) == (1, f"daybook: {failure}")


@pytest.mark.parametrize(
    "words", [("x" * 61,), tuple(f"w{number}" for number in range(31)), ("",), ("list", "more"), ("show",)]
)
def test_news_when_words_cannot_be_then_one_line_says_so(run, asked, words):
    ended = run("news", *words)
    assert ended.code == 1
    assert ended.line.startswith("daybook: ")
    assert not asked


def test_list_when_there_are_reports_then_newest_first(run, books):
    for number, hours in enumerate((3, 1)):
        NewsReportStore(books).save(report(f"cli-{number}", as_of=AS_OF - timedelta(hours=hours)))
    ended = run("news", "list")
    assert [line.split()[0] for line in ended.out.splitlines()] == ["run", "cli-1", "cli-0"]
    assert [row["run_id"] for row in json.loads(run("news", "list", "--json").out)] == ["cli-1", "cli-0"]


def test_list_when_there_are_none_then_it_says_how_to_begin(run, books):
    assert "daybook news" in run("news", "list").out


def test_show_when_the_run_is_known_then_its_report_is_shown_again(run, books):
    NewsReportStore(books).save(report("cli-7"))
    assert "run cli-7" in run("news", "show", "cli-7").out


@pytest.mark.parametrize("run_id", ["cli-9", "../../etc/passwd", "a b"])
def test_show_when_there_is_no_such_run_then_one_line_says_so(run, books, run_id):
    ended = run("news", "show", run_id)
    assert ended.code == 1
    assert "daybook news list" in ended.line


@pytest.mark.parametrize(
    ("sentiment", "shape"),
    [(0.0, "············|············"), (1.0, "············|████████████"), (-0.5, "······██████|············")],
)
def test_bar_when_drawn_then_good_is_right_and_bad_is_left(sentiment, shape):
    assert bar(sentiment) == shape


def test_view_when_a_model_scored_then_it_is_said():
    lines = [line.plain for line in report_lines(report(scorer=Scorer.MODEL, summary_by="m-1"))]
    assert "a model, held to the lexicon" in lines[-1]
