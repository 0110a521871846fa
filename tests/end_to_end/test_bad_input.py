"""Bad input at a running desk's command line: one clear line, an exit code, and a row where a question was asked."""

import io
import sys
from collections.abc import Callable, Iterator

import pytest

from daybook.contracts.ask import LONGEST_TEXT, AnswerKind
from daybook.storage.answers import AnswerRecord, AnswerStore
from tests.commands.conftest import Run
from tests.commands.conftest import home as home
from tests.commands.conftest import run as run
from tests.end_to_end.analyst import analyst
from tests.end_to_end.conftest import OpenHouse
from tests.end_to_end.house import House
from tests.end_to_end.llm import llm_settings
from tests.end_to_end.sources import Sources
from tests.llm.stand_ins import StandIn

pytestmark = pytest.mark.temporal
DEAD = "http://127.0.0.1:9"
Newest = Callable[[], AnswerRecord | None]


@pytest.fixture(scope="module")
def openai() -> Iterator[StandIn]:
    with StandIn.start("openai", script=analyst) as provider:
        yield provider


@pytest.fixture(scope="module")
def house(house_of: OpenHouse, sources: Sources, openai: StandIn) -> Iterator[House]:
    """A desk whose news source is dead."""
    with house_of(
        llm=llm_settings({"openai": openai}), news=sources.settings(naver_base_url=DEAD, dart_base_url=DEAD)
    ) as opened:
        yield opened


@pytest.fixture
def command(run: Run, house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line of the desk's own home."""
    monkeypatch.setenv("DAYBOOK_HOME", str(house.settings.home))
    monkeypatch.setenv("DAYBOOK_TEMPORAL__ADDRESS", house.settings.temporal.address)
    return run


@pytest.fixture
def newest(house: House) -> Newest:
    """Return a function that returns the newest stored answer."""

    def read() -> AnswerRecord | None:
        return next(iter(AnswerStore(house.parts.database).newest(1)), None)

    return read


def test_question_when_there_is_no_word_then_the_usage_is_told_and_nothing_is_asked(
    command: Run, newest: Newest
) -> None:
    before = newest()
    ended = command("ask")
    assert (ended.code, "write the question" in ended.line) == (1, True)
    assert newest() == before


@pytest.mark.parametrize("question", ["", "   ", "\u200b\u200b"])
def test_question_when_empty_then_it_is_refused_on_record(command: Run, newest: Newest, question: str) -> None:
    ended = command("ask", question)
    assert ended.code == 1
    assert ended.line.startswith("daybook: ")
    kept = newest()
    assert kept is not None
    assert (kept.question, kept.answer.kind) == (question, AnswerKind.REFUSED)
    assert kept.answer.text in ended.line


def test_question_when_it_has_a_hundred_kilobytes_then_it_is_refused_on_record(
    command: Run, newest: Newest, openai: StandIn
) -> None:
    asked = len(openai.requests)
    ended = command("ask", "가" * 33_333 + "x")
    assert (ended.code, "33,334 characters; ask in at most 4,000" in ended.line) == (1, True)
    kept = newest()
    assert kept is not None
    assert (kept.answer.kind, len(kept.question) < 300, len(openai.requests)) == (AnswerKind.REFUSED, True, asked)


def test_question_when_beyond_all_measure_then_it_is_not_even_taken_in(
    command: Run, newest: Newest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = newest()
    monkeypatch.setattr(sys, "stdin", io.StringIO("x" * (LONGEST_TEXT + 1)))
    ended = command("ask", "-")
    assert (ended.code, "ask in at most 4,000" in ended.line) == (1, True)
    assert newest() == before


@pytest.mark.parametrize(
    ("model", "said"),
    [("gpt-9-nova", "gpt-9-nova"), ("gpt-4-turbo", "gpt-6.1-sol"), ("claude-haiku-5-5", "no key is set up")],
)
def test_model_when_unknown_gone_or_without_a_key_then_it_is_refused_on_record(
    command: Run, newest: Newest, model: str, said: str
) -> None:
    ended = command("ask", "삼성전자 어때?", "--model", model)
    assert (ended.code, said in ended.line) == (1, True)
    kept = newest()
    assert kept is not None
    assert (kept.answer.kind, kept.question, said in kept.answer.text) == (AnswerKind.REFUSED, "삼성전자 어때?", True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("tools", "call", "buy_everything"), "there is no tool 'buy_everything'"),
        (("tools", "call", "quote", "--symbol", "samsung"), "symbol"),
        (("tools", "call", "quote"), "symbol is missing"),
        (("tools", "call", "search_news", "--keyword", "삼성전자", "--days", "999"), "days"),
    ],
)
def test_tool_when_unknown_or_wrongly_called_then_one_line_says_so(
    command: Run, line: tuple[str, ...], said: str
) -> None:
    ended = command(*line)
    assert (ended.code, said in ended.line) == (1, True)


@pytest.mark.parametrize("line", [("ask", "--history", "many"), ("ask", "--modell", "x"), ("tools", "call")])
def test_option_when_it_cannot_be_then_the_command_line_says_so(command: Run, line: tuple[str, ...]) -> None:
    assert command(*line).code == 2


def test_tool_when_its_source_is_dead_then_one_line_names_it(command: Run) -> None:
    ended = command("tools", "call", "search_news", "--keyword", "삼성전자")
    assert ended.code == 1
    assert ended.line.startswith("daybook: unavailable: ")
    assert "naver" in ended.line


def test_question_when_its_source_is_dead_then_it_is_answered_and_says_what_is_missing(
    command: Run, newest: Newest
) -> None:
    ended = command("ask", "최근 1주일 삼성전자 뉴스 분석해줘")
    assert (ended.code, ended.err) == (0, "")
    (problem,) = [line for line in ended.out.splitlines() if line.startswith("  problem: ")]
    assert "search_news" in problem
    assert "naver" in problem
    kept = newest()
    assert kept is not None
    assert kept.answer.kind is AnswerKind.MODEL
    assert "KRW" in ended.out
    history = command("ask", "--history", "3")
    assert (history.code, "삼성전자" in history.out) == (0, True)
