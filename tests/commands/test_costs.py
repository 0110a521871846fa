import json
from datetime import UTC, datetime

import pytest

from daybook import cli
from daybook.commands import support
from daybook.commands.costs import costs
from daybook.contracts.base import KST
from daybook.contracts.llm import Usage
from daybook.storage.database import Database
from daybook.storage.llm_call_records import MICRO, CallEnd, CallStart, CallStatus, Limits
from daybook.storage.llm_calls import LlmCallStore
from tests.commands.conftest import Run

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=KST)


@pytest.fixture(autouse=True)
def _command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daybook.commands.costs.today", NOW.date)
    monkeypatch.setattr(support, "today", NOW.date)
    if all(command.callback is not costs for command in cli.app.registered_commands):
        monkeypatch.setattr(cli.app, "registered_commands", list(cli.app.registered_commands))
        cli.app.command(short_help="Show what models cost.")(costs)


def call(books: Database, call_id: str, won: float, *, at: datetime = NOW, error: str = "", **changes: str) -> None:
    names = {
        "provider": "openai",
        "model": "gpt-6.1-terra",
        "purpose": "ask",
        "run_id": "run-1",
        "plan": "routed",
    } | changes
    store = LlmCallStore(books)
    micro_krw = round(won * MICRO)
    begun = CallStart(
        call_id=call_id,
        prefix_digest="",
        cost_micro_usd=micro_krw // 1_400,
        cost_micro_krw=micro_krw,
        krw_per_usd=1_400,
        **names,
    )
    assert store.reserve(begun, Limits(10**6, 10**6), at.astimezone(UTC)) is None
    if error == "running":
        return
    usage = Usage(input_tokens=2_000, cached_tokens=1_500, output_tokens=100)
    status = CallStatus.FAILED if error else CallStatus.SETTLED
    end = CallEnd(status, Usage() if error else usage, 1_075.0, micro_krw // 1_400, micro_krw, 1_200, 1, error)
    store.settle(call_id, end)


@pytest.fixture
def spent(books: Database) -> Database:
    """Two answered calls and a failed one today, one running, and one of another day of the month."""
    call(books, "a", 1.5)
    call(books, "b", 2.25, model="claude-sonnet-5-5", provider="anthropic", purpose="news_score", run_id="run-2")
    call(books, "c", 0, error="TIMEOUT: no answer within 60 s")
    call(books, "d", 3, error="running")
    call(books, "e", 10, at=datetime(2026, 11, 2, 9, 0, tzinfo=KST))
    return books


def test_costs_when_shown_then_tokens_money_reasons_and_budget_fit_80_columns(run: Run, spent: Database) -> None:
    ended = run("costs")
    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (0, "")
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["model", "calls", "in", "cached", "out", "billed", "won", "USD"]
    assert lines[2].split() == ["claude-sonnet-5-5", "1", "2,000", "75%", "100", "1,075", "2.25", "0.0016"]
    assert lines[4].split()[:2] == ["total", "4"]
    text = " ".join(ended.out.split())
    assert "no answer TIMEOUT 1" in text
    assert "reserved 1 still running or broken off" in text
    assert "today: 993.25 of 1,000 won left" in text
    assert "this month: 19,983.25 of 20,000 won left" in text


def test_costs_when_a_month_or_another_day_is_asked_for_then_only_its_calls_are_summed(
    run: Run, spent: Database
) -> None:
    month = json.loads(run("costs", "--month", "2026-11", "--by", "day", "--json").out)
    assert [group["key"] for group in month["groups"]] == ["2026-11-02", "2026-11-23"]
    assert month["total"]["cost_krw"] == 16.75
    day = json.loads(run("costs", "--day", "2026-11-02", "--json").out)
    assert (day["total"]["calls"], day["total"]["cost_krw"]) == (1, 10.0)
    assert json.loads(run("costs", "--month", "this", "--json").out)["total"] == month["total"]


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("provider", ["anthropic", "openai"]),
        ("purpose", ["ask", "news_score"]),
        ("run", ["run-1", "run-2"]),
        ("model", ["claude-sonnet-5-5", "gpt-6.1-terra"]),
    ],
)
def test_costs_when_grouped_then_the_groups_add_up(run: Run, spent: Database, by: str, keys: list[str]) -> None:
    shown = json.loads(run("costs", "--by", by, "--json").out)
    assert [group["key"] for group in shown["groups"]] == keys
    for name in ("calls", "input_tokens", "cached_tokens", "output_tokens", "cost_micro_krw", "cost_micro_usd"):
        assert sum(group[name] for group in shown["groups"]) == shown["total"][name]
    assert shown["failures"] == {"TIMEOUT": 1}
    assert shown["total"]["cached_share"] == 0.75


def test_costs_when_nothing_was_asked_then_it_says_so_with_the_budget(run: Run, books: Database) -> None:
    ended = run("costs")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "no model was asked on 2026-11-23"
    assert "1,000.00 of 1,000 won left" in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--month", "2026-13"), "is not a month"),
        (("--month", "0000-01"), "there is no month"),
        (("--day", "yesterday"), "is not a date"),
        (("--day", "2026-11-23", "--month", "2026-11"), "not both"),
    ],
)
def test_costs_when_asked_for_what_cannot_be_then_one_line_says_so(
    run: Run, books: Database, arguments: tuple[str, ...], said: str
) -> None:
    ended = run("costs", *arguments)
    assert ended.code == 1
    assert said in ended.line


def test_costs_when_there_is_no_ledger_then_one_line_says_what_to_do(run: Run) -> None:
    ended = run("costs")
    assert ended.code == 1
    assert "daybook up" in ended.line
