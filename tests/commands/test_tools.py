import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.models import TyperInfo

from daybook import cli
from daybook.commands import tools
from daybook.contracts.tool_runs import ToolCallInput
from daybook.contracts.tools import SourceRef, ToolReply, ToolStatus
from daybook.front.errors import DeskNoAnswer
from daybook.skills.registry import registry
from tests.commands.conftest import Run
from tests.commands.desk import ScriptedDesk


@pytest.fixture(autouse=True)
def _wired(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [group for group in cli.app.registered_groups if group.name != "tools"]
    monkeypatch.setattr(cli.app, "registered_groups", [*groups, TyperInfo(tools.app, name="tools")])


class Runner:
    """Stands where the desk would run the tool."""

    def __init__(self) -> None:
        self.asked: list[ToolCallInput] = []
        self.answer: Callable[[ToolCallInput], ToolReply] = lambda call: ToolReply(
            tool=call.request.tool, status=ToolStatus.OK, value=1
        )

    async def call_tool(self, client: object, address: str, call: ToolCallInput) -> ToolReply:
        self.asked.append(call)
        return self.answer(call)

    @property
    def arguments(self) -> dict[str, Any]:
        (call,) = self.asked
        return call.request.arguments


@pytest.fixture
def runner(desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch) -> Runner:
    scripted = Runner()
    monkeypatch.setattr(tools, "call_tool", scripted.call_tool)
    return scripted


def test_list_when_asked_then_every_skill_and_tool_is_there_in_80_columns(run: Run) -> None:
    out = run("tools", "list").out
    for skill in registry().skills:
        assert f"{skill.name}: " in out
    for spec in registry().tools:
        assert f"  {spec.name} " in out
    assert "[trading, read, cost low]" in " ".join(out.split())
    assert max(len(line) for line in out.splitlines()) <= 80


def test_list_when_for_programs_then_each_tool_has_policy_schema_and_stub(run: Run) -> None:
    found = json.loads(run("tools", "list", "--json").out)
    assert [entry["name"] for entry in found] == list(registry().tools.names)
    assert {"layer", "effect", "digest", "parameters", "returns", "stub", "cost", "timeout_s"} <= set(found[0])


def test_show_when_asked_then_schema_stub_policy_and_cost_are_there(run: Run) -> None:
    out = run("tools", "show", "search_symbol").out
    assert '"query":{' in out
    assert "async def search_symbol(query: str, count: int = 10) -> list[Match]:" in out
    assert "activity pipeline.tool.search_symbol" in out
    assert "input tokens to offer it" in out
    assert registry().get("search_symbol").digest in out


@pytest.mark.parametrize("line", [("show", "serch_symbol"), ("call", "serch_symbol", "--query", "x")])
def test_tool_when_unknown_then_near_names_are_told(run: Run, runner: Runner, line: tuple[str, ...]) -> None:
    ended = run("tools", *line)
    assert (ended.code, runner.asked) == (1, [])
    assert ended.line.startswith("daybook: there is no tool 'serch_symbol'; did you mean search_symbol")


@pytest.mark.parametrize(
    "line",
    [
        ("--query", "삼성전자", "--count", "3"),
        ("--query=삼성전자", "--count=3"),
        ('{"query": "삼성전자", "count": 3}',),
    ],
)
def test_call_when_arguments_are_given_in_any_form_then_the_tool_gets_them(
    run: Run, runner: Runner, line: tuple[str, ...]
) -> None:
    assert run("tools", "call", "search_symbol", *line).code == 0
    assert {name: str(value) for name, value in runner.arguments.items()} == {"query": "삼성전자", "count": "3"}
    (call,) = runner.asked
    assert (call.row.name, call.request.run_id[:4], call.asked_by[:3]) == ("search_symbol", "cli-", "cli")


def test_call_when_a_name_is_written_with_hyphens_then_it_is_understood(run: Run, runner: Runner) -> None:
    assert run("tools", "call", "ask_claude", "--question", "왜?", "--max-output-tokens", "100").code == 0
    assert runner.arguments == {"question": "왜?", "max_output_tokens": "100"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("search_symbol",), "query is missing"),
        (("search_symbol", "--query"), "query has no value"),
        (("search_symbol", "삼성전자"), "give arguments by name"),
        (("search_symbol", "--query", "x", "--query", "y"), "query is given twice"),
        (("search_symbol", "--query", "x", "--count", "99"), "count: Input should be less than or equal to 30"),
        (("search_symbol", "--name", "x"), "name is not an argument of this tool"),
        (("search_symbol", '{"query": '), "the arguments are no JSON"),
        (("rankings", "--by", "luck"), "by: Input should be 'turnover', 'volume', 'gainers' or 'losers'"),
    ],
)
def test_call_when_arguments_are_wrong_then_one_line_has_the_signature_and_the_desk_is_not_asked(
    run: Run, runner: Runner, line: tuple[str, ...], said: str
) -> None:
    ended = run("tools", "call", *line)
    assert (ended.code, runner.asked) == (1, [])
    assert ended.line.startswith(f"daybook: {line[0]}(")
    assert said in ended.line


def test_call_when_the_value_is_rows_then_a_table_and_the_sources_are_printed(run: Run, runner: Runner) -> None:
    rows = [
        {"rank": 1, "name": "삼성전자", "turnover_krw": 1_234_567},
        {"rank": 2, "name": "SK하이닉스", "turnover_krw": 99},
    ]
    runner.answer = lambda call: ToolReply(
        tool=call.request.tool,
        status=ToolStatus.OK,
        value={"by": "turnover", "rows": rows},  # type: ignore[dict-item]
        sources=(SourceRef(name="KIS", title="volume rank"),),
    )
    assert run("tools", "call", "rankings").out.splitlines() == [
        "by  turnover",
        "rows:",
        "  rank  name        turnover_krw",
        "     1  삼성전자       1,234,567",
        "     2  SK하이닉스            99",
        "source: KIS | volume rank",
    ]


def test_call_when_the_text_holds_terminal_codes_then_they_are_not_printed(run: Run, runner: Runner) -> None:
    runner.answer = lambda call: ToolReply(tool="x", status=ToolStatus.OK, value={"answer": "ok\x1b[2J\x07\nnext"})
    assert run("tools", "call", "rankings").out.splitlines() == ["answer  ok[2J", "        next"]


def test_call_when_for_programs_then_the_whole_reply_is_printed(run: Run, runner: Runner) -> None:
    assert json.loads(run("tools", "call", "rankings", "--json").out)["value"] == 1


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_call_when_there_is_no_value_then_the_exit_code_says_so(
    run: Run, runner: Runner, form: tuple[str, ...]
) -> None:
    runner.answer = lambda call: ToolReply(tool="rankings", status=ToolStatus.NO_DATA, message="nothing is ranked")
    ended = run("tools", "call", "rankings", *form)
    assert ended.code == 1
    if form:
        assert json.loads(ended.out)["status"] == "no_data"
    else:
        assert ended.line == "daybook: no_data: nothing is ranked"


def test_call_when_no_worker_runs_then_one_line_says_what_to_do(run: Run, runner: Runner) -> None:
    def silent(call: ToolCallInput) -> ToolReply:
        raise DeskNoAnswer("no trading worker is running; start the desk with: daybook up")

    runner.answer = silent
    ended = run("tools", "call", "rankings")
    assert (ended.code, ended.line) == (1, "daybook: no trading worker is running; start the desk with: daybook up")


def test_call_when_the_desk_is_not_running_then_one_line_says_so(run: Run) -> None:
    ended = run("tools", "call", "rankings")
    assert ended.code == 1
    assert "is not running; start it with: daybook up" in ended.line
