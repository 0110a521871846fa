import io
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from rich.console import Console

from daybook import cli
from daybook.commands import route, route_lines, route_view
from daybook.contracts.routing import RouteDecision
from tests.commands.conftest import Ended, Run

KEYS = {"id", "intent", "confidence", "tools", "exposes_write", "confirm", "model"}


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def routed(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs ``daybook route`` with arguments."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command("route")(route.route)
    app.callback()(lambda: None)
    monkeypatch.setattr(cli, "app", app)

    def command(*arguments: str) -> Ended:
        return run("route", *arguments)

    return command


def lines_of(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.out.splitlines()]


def test_route_when_a_text_is_given_then_the_decision_and_its_reasons_are_shown(routed: Run) -> None:
    ended = routed("최근 1주일 삼성전자 뉴스 분석해줘")
    assert (ended.code, ended.err) == (0, "")
    for expected in ("news_analysis", "search_news", "always for", "features", "why", "rules", "005930"):
        assert expected in ended.out


def test_route_when_all_models_are_allowed_then_a_model_and_its_tokens_are_shown(routed: Run) -> None:
    shown = routed("최근 1주일 삼성전자 뉴스 분석해줘", "--all-models").out
    assert "the cheapest light model" in " ".join(shown.split())
    assert "in the first call" in shown


def test_route_when_a_key_is_there_then_a_model_of_that_provider_is_chosen(
    routed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_LLM__ANTHROPIC_API_KEY", "test-key-123456")
    decision = RouteDecision.model_validate_json(routed("카카오 뉴스 요약", "--json").out)
    assert decision.model.startswith("claude")
    assert "test-key" not in decision.model_dump_json()


def test_route_when_json_is_asked_for_then_the_whole_decision(routed: Run) -> None:
    decision = RouteDecision.model_validate_json(routed("카카오 5주 45,000원에 매수해줘", "--json").out)
    assert (decision.path.value, decision.exposes_write, decision.tools) == ("order_ticket", True, ("prepare_order",))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "text",
    ["삼성전자 얼마야", "카카오 매수해줘", "PER이 뭐야", "compare kakao and naver financials and news", "a" * 500],
)
def test_view_when_the_terminal_is_narrow_or_wide_then_no_line_is_longer(routed: Run, text: str, width: int) -> None:
    decision = RouteDecision.model_validate_json(routed(text, "--json", "--all-models").out)
    screen = io.StringIO()
    Console(file=screen, width=width, force_terminal=True, highlight=False, color_system=None).print(
        route_view.shown(text, decision)
    )
    assert max(cell_len(line) for line in screen.getvalue().splitlines()) <= width
    words = "".join(screen.getvalue().split())
    for reason in decision.reasons:
        assert reason.split(": ")[0].replace(" ", "") in words
    for tool in decision.tools:
        assert tool in screen.getvalue()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "either a text or --jsonl"),
        (("text", "--jsonl", "x"), 2, "either a text or --jsonl"),
        (("--jsonl", "x", "--json"), 2, "--json is for one text"),
        (("--jsonl", "nowhere.jsonl"), 1, "there is no nowhere.jsonl"),
        (("--jsonl", "."), 1, "path"),
        (("   ",), 1, "the question is empty"),
        (("🙂",), 1, "no words"),
        (("가" * 100_000,), 1, "ask in at most 4,000"),
    ],
)
def test_route_when_the_input_is_bad_then_one_line_that_says_what_to_do(
    routed: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended = routed(*arguments)
    assert ended.code == code
    assert said in ended.line
    assert ended.out == ""


REQUESTS = [
    {"id": "1", "text": "카카오 5주 45,000원에 매수해줘"},
    {"id": 2, "text": "카카오 매수해줘"},
    {"id": "셋", "text": "what is PER?"},
    {"id": None, "text": "카카오 뉴스 요약해줘", "more": True},
]


def test_lines_when_each_holds_a_request_then_one_line_each_in_order(routed: Run, home: Path) -> None:
    file = home.parent / "requests.jsonl"
    file.write_text("\n".join(json.dumps(entry, ensure_ascii=False) for entry in REQUESTS) + "\n\n", encoding="utf-8")
    ended = routed("--jsonl", str(file))
    rows = lines_of(ended)
    assert (ended.code, ended.err) == (0, "")
    assert [row["id"] for row in rows] == ["1", 2, "셋", None]
    assert all(set(row) == KEYS for row in rows)
    assert [row["exposes_write"] for row in rows] == [True, False, False, False]
    assert [row["confirm"] for row in rows] == [False, True, False, False]
    assert [row["intent"] for row in rows][2:] == ["general_query", "news_analysis"]


BAD = {
    b"{": "not JSON",
    b"[1, 2]": "not an object",
    b'"text"': "not an object",
    b'{"id": "a"}': "no text",
    b'{"id": "a", "text": 5}': "no text",
    b'{"id": "a", "text": ""}': "empty",
    b'{"id": "a", "text": "\xff"}': "not UTF-8",
    b'{"id": {"a": 1}, "text": "x"}': "the id",
    b'{"id": "a", "text": "\xf0\x9f\x99\x82"}': "no words",
    b'{"id": "a", "text": "' + b"x" * 100_000 + b'"}': "ask in at most",
    b'{"id": "a", "text": "' + b"x" * 1_100_000 + b'"}': "more than 1,000,000 bytes",
    b"[" * 100_000: "not JSON",
    b'{"id": NaN, "text": "x"}': "not JSON",
}


def test_lines_when_some_are_bad_then_each_has_its_error_in_its_place_and_none_is_lost(routed: Run, home: Path) -> None:
    good = '{"id": "good", "text": "삼성전자 얼마야"}'.encode()
    file = home.parent / "requests.jsonl"
    file.write_bytes(b"\n".join(line for bad in BAD for line in (bad, good)))
    ended = routed("--jsonl", str(file))
    rows = lines_of(ended)
    assert ended.code == 1
    assert f"{len(BAD)} of {2 * len(BAD)} lines could not be routed" in ended.line
    assert len(rows) == 2 * len(BAD)
    for place, said in enumerate(BAD.values()):
        bad, after = rows[2 * place], rows[2 * place + 1]
        assert said in bad["error"]
        assert bad["line"] == 2 * place + 1
        assert (after["id"], after["intent"]) == ("good", "market_research")


def test_lines_when_a_text_holds_broken_characters_then_it_is_routed(routed: Run, home: Path) -> None:
    file = home.parent / "requests.jsonl"
    file.write_text('{"id": "a\\udc00", "text": "\\ud800 카카오 뉴스 요약해줘"}\n', encoding="utf-8")
    [row] = lines_of(routed("--jsonl", str(file)))
    assert (row["id"], row["intent"]) == ("a?", "news_analysis")


def test_lines_when_they_come_by_standard_input_then_each_is_answered(
    routed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = io.TextIOWrapper(io.BytesIO('{"id": 1, "text": "안녕하세요"}\n'.encode()), encoding="utf-8")
    monkeypatch.setattr("sys.stdin", source)
    assert [row["id"] for row in lines_of(routed("--jsonl", "-"))] == [1]


class Counting(io.BytesIO):
    """A source that knows how many lines it gave."""

    given = 0

    def readline(self, size: int | None = -1, /) -> bytes:
        self.given += 1
        return super().readline(size if size is not None else -1)


class Failing:
    """A router that breaks on one text; it notes how far the source was read at each request."""

    def __init__(self, source: Counting) -> None:
        self.source = source
        self.read: list[int] = []

    async def route(self, text: str, run_id: str) -> RouteDecision:
        self.read.append(self.source.given)
        if text == "break":
            raise ZeroDivisionError
        return RouteDecision.model_validate({"intent": "general_query", "confidence": 1, "path": "model"})


@pytest.fixture
def three() -> Counting:
    return Counting(b'{"id": 1, "text": "a"}\n{"id": 2, "text": "break"}\n{"id": 3, "text": "c"}')


async def test_lines_when_they_stream_then_each_is_answered_before_the_next_is_read(three: Counting) -> None:
    router, out = Failing(three), io.StringIO()
    assert await route_lines.route_lines(three, out, router) == (3, 1)
    assert router.read == [1, 2, 3]
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert rows[1]["error"] == "internal error (ZeroDivisionError)"
