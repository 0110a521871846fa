import json
from pathlib import Path
from typing import Any

import pytest
from typer.models import TyperInfo

from daybook import cli
from daybook.code.gate import check_script
from daybook.code.writer import tools_digest
from daybook.commands import code
from daybook.contracts.base import Side
from daybook.contracts.code import (
    CallRecord,
    CodeOutcome,
    CodeReason,
    CodeRunResult,
    ScriptIntent,
    ScriptOrigin,
)
from daybook.contracts.tools import SourceRef, ToolStatus
from daybook.front.errors import DeskNoAnswer
from daybook.skills.registry import registry
from daybook.storage.code_runs import CodeRunStore
from daybook.storage.database import Database
from daybook.storage.scripts import ScriptRecord, ScriptStatus, ScriptStore
from tests.code.facts import ASKED_AT, SCRIPT, TASK
from tests.commands.conftest import Run
from tests.commands.desk import ScriptedDesk

CALL = CallRecord(
    number=1, tool="search_news", arguments={"keyword": "삼성전자", "days": 7}, status=ToolStatus.OK, elapsed_ms=1_234,
    is_untrusted=True,
)  # fmt: skip
DONE = CodeRunResult(
    run_id="c-1",
    outcome=CodeOutcome.DONE,
    result={"삼성전자": 0.41},
    explanation="감성은 0.41입니다.",
    explained_by="gpt-6-luna",
    code=SCRIPT,
    origin=ScriptOrigin.MODEL,
    script_id="ab" * 32,
    calls=(CALL, CALL.model_copy(update={"number": 2, "status": ToolStatus.NO_DATA, "is_untrusted": False})),
    sources=(SourceRef(name="한국경제", title="제목", url="https://news.example/1", published_at=ASKED_AT),),
    turns=2,
    model_calls=2,
    input_tokens=3_000,
    cached_tokens=1_500,
    output_tokens=400,
    cost_micro_krw=8_120_000,
    tier=3,
    ended_at=ASKED_AT,
)


@pytest.fixture(autouse=True)
def _wired(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [group for group in cli.app.registered_groups if group.name != "code"]
    monkeypatch.setattr(cli.app, "registered_groups", [*groups, TyperInfo(code.app, name="code")])


class Runner:
    """Stands where the desk would run the script."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: CodeRunResult | Exception = DONE

    async def run_code(self, desk: object, settings: object, **asked: Any) -> CodeRunResult:
        self.asked.append(asked)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def runner(desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch) -> Runner:
    scripted = Runner()
    monkeypatch.setattr(code, "run_code", scripted.run_code)
    return scripted


def kept(books: Database, source: str = SCRIPT, **changes: Any) -> ScriptRecord:
    verdict = check_script(source, registry().tools)
    values: dict[str, Any] = {
        "script_id": "ab" * 32,
        "ast_digest": verdict.ast_digest or "1" * 64,
        "stub_digest": tools_digest(verdict.reachable, registry().tools),
        "task_key": "3" * 64,
        "task": TASK,
        "code": source,
        "tools": verdict.reachable,
        "inputs": ("days", "names"),
        "status": ScriptStatus.CANDIDATE,
        "origin": "model",
        "model": "gpt-6.1-sol",
        "runs": 3,
        "first_run_id": "c-1",
        "approved_by": None,
        "created_at": ASKED_AT,
        "used_at": ASKED_AT,
    }
    record = ScriptRecord(**(values | changes))
    ScriptStore(books).keep(record)
    return record


def test_list_when_scripts_are_kept_then_status_runs_and_task_are_there(run: Run, books: Database) -> None:
    kept(books)
    kept(books, script_id="cd" * 32, status=ScriptStatus.STALE)
    lines = run("code", "list").out.splitlines()
    assert lines[0].split() == ["id", "status", "runs", "kept", "inputs", "task"]
    assert lines[1].startswith("abababababab  candidate     3  03-06 10:00  days, names  삼성전자")
    assert [line.split()[0] for line in run("code", "list", "--status", "stale").out.splitlines()[1:]] == [
        "cdcdcdcdcdcd"
    ]


def test_list_when_for_programs_then_every_fact_is_there(run: Run, books: Database) -> None:
    record = kept(books)
    (row,) = json.loads(run("code", "list", "--json").out)
    assert (row["script_id"], row["tools_are_current"], row["runs"]) == (record.script_id, True, 3)


def test_list_when_nothing_is_kept_then_it_says_so(run: Run, books: Database) -> None:
    assert run("code", "list").out.startswith("no script is kept yet")
    assert json.loads(run("code", "list", "--json").out) == []


def test_show_when_asked_then_code_effect_digests_and_runs_are_there(run: Run, books: Database) -> None:
    record = kept(books)
    CodeRunStore(books).keep(TASK, "me", DONE)
    out = run("code", "show", "ababab").out
    assert SCRIPT.strip() in out
    for text in (record.script_id, record.ast_digest, record.stub_digest, "candidate", "gpt-6.1-sol", "c-1 done"):
        assert text in out
    assert "read: it can do nothing stronger; orders are never placed" in " ".join(out.split())
    assert "search_news (as they were when it ran)" in " ".join(out.split())


def test_show_when_a_tool_changed_or_the_script_has_flaws_then_it_says_so(run: Run, books: Database) -> None:
    kept(books, "while True:\n    x = 1", stub_digest="9" * 64, tools=("search_news",))
    out = " ".join(run("code", "show", "ababab").out.split())
    assert "changed since it ran: it is not used again" in out
    assert "warning line 1: while True has no break" in out


def test_show_when_for_programs_then_effect_and_code_are_there(run: Run, books: Database) -> None:
    kept(books)
    shown = json.loads(run("code", "show", "ababab", "--json").out)
    assert (shown["effect"], shown["problems"], shown["code"]) == ("read", [], SCRIPT)


def test_approve_when_the_tools_are_as_they_were_then_the_script_is_approved_by_the_person(
    run: Run, books: Database
) -> None:
    record = kept(books)
    ended = run("code", "approve", "abababababab")
    assert ended.code == 0
    assert ended.out.startswith("approved abababababab: its task now runs without a model")
    found = ScriptStore(books).get(record.script_id)
    assert found.status is ScriptStatus.APPROVED
    assert (found.approved_by or "").startswith("cli")


def test_approve_when_a_tool_changed_then_one_line_says_what_to_do(run: Run, books: Database) -> None:
    kept(books, stub_digest="9" * 64)
    ended = run("code", "approve", "ababab")
    assert (ended.code, ended.line) == (
        1,
        "daybook: a tool of script abababababab has changed since it ran; run its task again",
    )
    assert ScriptStore(books).get("ababab").status is ScriptStatus.STALE


def test_approve_when_the_gate_refuses_the_script_now_then_it_is_not_approved(run: Run, books: Database) -> None:
    kept(books, "import os\nresult = 1", tools=(), stub_digest=tools_digest((), registry().tools))
    ended = run("code", "approve", "ababab")
    assert ended.code == 1
    assert "does not pass the gate any more: import os is not allowed" in ended.line
    assert ScriptStore(books).get("ababab").status is ScriptStatus.CANDIDATE


@pytest.mark.parametrize("command", ["show", "approve"])
@pytest.mark.parametrize(("name", "said"), [("ffffff", "there is no script ffffff"), ("ab", "at least 6 characters")])
def test_script_when_unknown_then_one_line_says_so(
    command: str, name: str, said: str, run: Run, books: Database
) -> None:
    ended = run("code", command, name)
    assert ended.code == 1
    assert said in ended.line


@pytest.mark.parametrize("line", [("list",), ("show", "ababab"), ("approve", "ababab")])
def test_ledger_when_there_is_none_then_one_line_says_so(line: tuple[str, ...], run: Run) -> None:
    ended = run("code", *line)
    assert ended.code == 1
    assert "start the desk with: daybook up" in ended.line


def test_run_when_a_task_is_given_then_the_whole_run_is_shown(run: Run, runner: Runner) -> None:
    ended = run("code", "run", "최근 1주일", "삼성전자 뉴스 감성", "--model", "gpt-6.1-sol")
    assert ended.code == 0
    (asked,) = runner.asked
    assert (asked["task"], asked["model"], asked["code"]) == ("최근 1주일 삼성전자 뉴스 감성", "gpt-6.1-sol", "")
    assert (asked["language"], asked["by"][:3]) == ("ko", "cli")
    assert ended.out.splitlines() == [
        "감성은 0.41입니다.",
        "",
        "result",
        "  삼성전자  0.41",
        "",
        '  call 1: search_news {"days":7,"keyword":"삼성전자"} 1,234 ms [text from outside]',
        '  call 2: search_news {"days":7,"keyword":"삼성전자"} 1,234 ms no_data',
        "  source: 한국경제 | 제목 | 2026-03-06T10:00+09:00 | https://news.example/1",
        "  script abababababab (model), 2 calls in 2 turns, sandbox tier 3",
        "  2 model calls, 3,000 tokens in (50% cached), 400 out, 8.12 KRW; explained by gpt-6-luna",
    ]


def test_run_when_the_task_is_english_then_so_is_the_explanation(run: Run, runner: Runner) -> None:
    assert run("code", "run", "Compare the news sentiment of Samsung Electronics and Kakao").code == 0
    assert runner.asked[0]["language"] == "en"


def test_run_when_a_template_explains_then_the_result_is_not_shown_twice(run: Run, runner: Runner) -> None:
    runner.answer = DONE.model_copy(
        update={"explained_by": "template", "model_calls": 0, "origin": ScriptOrigin.STORE, "calls": (), "sources": ()}
    )
    out = run("code", "run", "뉴스").out
    assert "result" not in out
    assert out.splitlines()[-1] == "  no model, 0 KRW"


def test_run_when_orders_are_proposed_then_their_tickets_are_told(run: Run, runner: Runner) -> None:
    intent = ScriptIntent(symbol="005930", side=Side.BUY, shares=1, limit_price_krw=71_900)
    runner.answer = DONE.model_copy(update={"intents": (intent,), "tickets": ("code-c-1-1",)})
    assert "  ticket: waits for you: daybook approve code-c-1-1" in run("code", "run", "제안해줘").out.splitlines()


def test_run_when_a_file_is_given_then_its_script_is_run_with_the_inputs(
    run: Run, runner: Runner, tmp_path: Path
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(SCRIPT, "utf-8")
    inputs = '{"names": ["카카오"], "days": 3}'
    assert run("code", "run", str(file), "--inputs", inputs, "--tools", "search_news, quote").code == 0
    (asked,) = runner.asked
    assert (asked["code"], asked["task"], asked["inputs"]) == (SCRIPT, "", {"names": ["카카오"], "days": 3})
    assert asked["tools"] == ["search_news", "quote"]


def test_run_when_a_kept_script_is_named_then_its_id_is_passed_on(run: Run, runner: Runner) -> None:
    assert run("code", "run", "--script", "abababababab").code == 0
    assert (runner.asked[0]["script_id"], runner.asked[0]["task"]) == ("abababababab", "")


def test_run_when_for_programs_then_the_whole_result_is_printed(run: Run, runner: Runner) -> None:
    assert CodeRunResult.model_validate_json(run("code", "run", "뉴스", "--json").out) == DONE


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_run_when_there_is_no_result_then_one_line_and_the_exit_code_say_so(
    form: tuple[str, ...], run: Run, runner: Runner
) -> None:
    runner.answer = CodeRunResult(
        run_id="c-1",
        outcome=CodeOutcome.FAILED,
        reason=CodeReason.SCRIPT_ERROR,
        message="KeyError: 'x'\nin line 3\x1b[2J",
        ended_at=ASKED_AT,
    )
    ended = run("code", "run", "뉴스", *form)
    assert ended.code == 1
    if form:
        assert json.loads(ended.out)["reason"] == "SCRIPT_ERROR"
    else:
        assert ended.line == "daybook: SCRIPT_ERROR: KeyError: 'x' in line 3[2J"


def test_run_when_the_result_holds_terminal_codes_then_they_are_not_printed(run: Run, runner: Runner) -> None:
    runner.answer = DONE.model_copy(update={"explanation": "ok\x1b[2J\x07", "result": {"title": "a\x1b]0;x\x07"}})
    out = run("code", "run", "뉴스").out
    assert "\x1b" not in out
    assert "\x07" not in out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ((), "write a task or name a file"),
        (("nothing.py",), "there is no nothing.py"),
        (("folder.py",), "folder.py is no file"),
        (("empty.py",), "empty.py is empty"),
        (("latin.py",), "latin.py is not UTF-8 text"),
        (("long.py",), "at most 40,000 are run"),
        (("뉴스", "--inputs", "{"), "--inputs is no JSON"),
        (("뉴스", "--inputs", "[1]"), "--inputs must be one JSON object"),
        (("good.py", "--script", "ababab"), "give a file or --script, not both"),
    ],
)
def test_run_when_the_arguments_are_wrong_then_one_line_says_so_and_the_desk_is_not_asked(
    line: tuple[str, ...], said: str, run: Run, runner: Runner
) -> None:
    Path("folder.py").mkdir()
    Path("empty.py").write_text("\n")
    Path("good.py").write_text("result = 1")
    Path("latin.py").write_bytes("x = 'é'".encode("latin-1"))
    Path("long.py").write_text("x = 1\n" * 10_000)
    ended = run("code", "run", *line)
    assert (ended.code, runner.asked) == (1, [])
    assert said in ended.line


def test_run_when_no_worker_runs_then_one_line_says_what_to_do(run: Run, runner: Runner) -> None:
    runner.answer = DeskNoAnswer("no sandbox worker is running; start the desk with: daybook up")
    ended = run("code", "run", "뉴스")
    assert (ended.code, ended.line) == (1, "daybook: no sandbox worker is running; start the desk with: daybook up")
