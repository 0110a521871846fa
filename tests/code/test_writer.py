import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from daybook.code.choosing import MOST_TOOLS
from daybook.code.gate import check_script
from daybook.code.parameters import read_parameters
from daybook.code.task_key import task_key
from daybook.code.writer import ScriptWriter
from daybook.contracts.code import CodeProblem, CodeReason, ScriptOrigin, WriteScript, WrittenScript
from daybook.contracts.layers import Effect, Layer
from daybook.contracts.llm import Completion, FallbackReason
from daybook.contracts.routing import AnswerPath, Intent
from daybook.routing.securities import Securities
from daybook.skills.registry import Registry, registry
from daybook.storage.database import Database
from daybook.storage.scripts import ScriptRecord, ScriptStatus, ScriptStore
from tests.code.facts import ASKED_AT, NO_MODEL, SCRIPT, TASK, PlannedRoutes, ScriptedCompleter, block, run, said

SECURITIES = Securities.shipped()
OTHER_TASK = "카카오와 네이버 최근 30일 뉴스 감성 비교"


class Room:
    """A writer with everything around it."""

    def __init__(
        self,
        database: Database,
        *answers: Completion,
        routes: PlannedRoutes | None = None,
        skills: Registry | None = None,
        complaint: str = "",
    ) -> None:
        self.completer = ScriptedCompleter(list(answers))
        self.shelf = ScriptStore(database)
        self.registry = skills or registry()
        self.writer = ScriptWriter(
            routes or PlannedRoutes(), self.registry, self.completer, self.shelf, SECURITIES, lambda _: complaint
        )

    async def write(self, task: str = TASK, **changes: Any) -> WrittenScript:
        more = {name: changes.pop(name) for name in ("attempt", "previous_code", "problem") if name in changes}
        return await self.writer.write(WriteScript(run=run(task, **changes), **more))


async def keep(room: Room, code: str = SCRIPT, *, status: ScriptStatus = ScriptStatus.APPROVED, **changes: Any) -> str:
    """Keep a script as a run of ``TASK`` would have."""
    kinds = changes.pop("kinds", None)
    written = await Room(room.shelf._home, block(code), skills=room.registry).write()  # type: ignore[arg-type]
    assert written.problems == ()
    parameters = read_parameters(TASK, SECURITIES)
    wanted = {span.kind for span in parameters.spans} if kinds is None else kinds
    record = ScriptRecord(
        script_id=written.script_id,
        ast_digest=written.ast_digest,
        stub_digest=written.stub_digest,
        task_key=task_key(TASK, parameters, wanted),
        task=TASK,
        code=written.code,
        tools=written.reachable_tools,
        inputs=("days", "names"),
        status=status,
        origin="model",
        model="m",
        runs=1,
        first_run_id="c-0",
        approved_by="me",
        created_at=ASKED_AT,
        used_at=None,
    )
    room.shelf.keep(dataclasses.replace(record, **changes))
    return written.script_id


def changed_registry(tool: str) -> Registry:
    """The desk's skills as they would be after one tool was changed."""
    skills = []
    for skill in registry().skills:
        if any(spec.name == tool for spec in skill.tools):
            other = type(skill)(skill.name, skill.description, layer=Layer.PIPELINE)
            other.__dict__.update(skill.__dict__)
            other._tools = {  # type: ignore[attr-defined]
                spec.name: dataclasses.replace(spec, digest="0" * 64) if spec.name == tool else spec
                for spec in skill.tools
            }
            skills.append(other)
        else:
            skills.append(skill)
    return Registry(tuple(skills))


async def test_task_when_a_model_answers_then_the_script_comes_with_all_a_run_needs(database: Database) -> None:
    room = Room(database, block(SCRIPT))
    written = await room.write(limits={"budget_krw": 77})
    assert (written.problems, written.origin) == ((), ScriptOrigin.MODEL)
    assert written.code == SCRIPT
    assert written.inputs == {
        "symbols": ["005930", "000660", "005380"], "names": ["삼성전자", "SK하이닉스", "현대차"], "days": 7
    }  # fmt: skip
    assert [(row.name, row.layer, row.is_untrusted) for row in written.rows] == [("search_news", Layer.PIPELINE, True)]
    (tool,) = written.tools
    assert (tool.name, tool.parameters, tool.required) == ("search_news", ("keyword", "days"), ("keyword",))
    assert (written.reachable_tools, written.max_effect) == (("search_news",), Effect.READ)
    assert len(written.script_id) == len(written.ast_digest) == len(written.stub_digest) == 64
    assert written.completion is not None
    assert room.completer.budgets == [77]
    assert "async def latest_news" in room.completer.prompt


async def test_task_when_imports_were_forgotten_then_they_are_added_without_a_repair(database: Database) -> None:
    code = SCRIPT.replace("import asyncio\n", "")
    written = await Room(database, block(code)).write()
    assert written.problems == ()
    assert written.code.startswith("import asyncio\n")


async def test_task_when_the_gate_refuses_then_the_next_attempt_is_told_why(database: Database) -> None:
    wrong = SCRIPT.replace("search_news(", "find_news(")
    room = Room(database, block(wrong), block(SCRIPT))
    first = await room.write()
    (problem,) = first.problems
    assert (problem.reason, problem.line, first.code) == (CodeReason.UNKNOWN_TOOL, 5, wrong)
    second = await room.write(attempt=2, previous_code=first.code, problem=problem)
    assert (second.problems, second.origin) == ((), ScriptOrigin.MODEL)
    assert "there is no tool or function find_news" in room.completer.prompt


async def test_task_when_the_answer_holds_no_code_then_a_repair_asks_again_from_the_start(database: Database) -> None:
    room = Room(database, said("I cannot."), block(SCRIPT))
    first = await room.write()
    assert [problem.reason for problem in first.problems] == [CodeReason.NO_CODE]
    assert first.completion is not None
    second = await room.write(attempt=2, previous_code="", problem=first.problems[0])
    assert second.problems == ()
    assert room.completer.asked[0].messages == room.completer.asked[1].messages


async def test_task_when_the_script_calls_an_order_tool_then_it_is_refused(database: Database) -> None:
    room = Room(database, block("x = await prepare_order(symbol='005930', side='buy', shares=1)\nresult = x"))
    written = await room.write()
    assert [problem.reason for problem in written.problems] == [CodeReason.FORBIDDEN]
    assert (written.reachable_tools, written.rows) == ((), ())


async def test_tools_when_the_router_offers_order_tools_then_they_are_left_out(database: Database) -> None:
    routes = PlannedRoutes(("quote", "prepare_order", "ask_claude", "no_such_tool"), Intent.TRADING_EXECUTION)
    room = Room(database, block("q = await quote(symbol=inputs['symbols'][0])\nresult = q"), routes=routes)
    assert (await room.write("삼성전자 얼마에 살까")).problems == ()
    assert "async def quote" in room.completer.prompt
    assert "prepare_order" not in room.completer.prompt
    assert "ask_claude" not in room.completer.prompt


@pytest.mark.parametrize("path", [AnswerPath.CONFIRM_ORDER, AnswerPath.ORDER_TICKET, AnswerPath.DIRECT_TOOL])
async def test_tools_when_the_router_needs_no_model_then_the_intent_gives_them(
    path: AnswerPath, database: Database
) -> None:
    routes = PlannedRoutes(("prepare_order",), Intent.TRADING_EXECUTION, path)
    room = Room(database, block("q = await quote(symbol=inputs['symbols'][0])\nresult = q"), routes=routes)
    assert (await room.write("삼성전자 매수 제안")).problems == ()
    assert "async def account_balance" in room.completer.prompt
    assert "prepare_order" not in room.completer.prompt


async def test_tools_when_words_of_the_task_speak_for_more_then_a_script_is_told_of_them(database: Database) -> None:
    room = Room(database, block("result = await volatility(symbols=inputs['symbols'])"))
    assert (await room.write("삼성전자와 카카오 뉴스 감성과 변동성")).problems == ()
    assert room.completer.prompt.count("async def ") <= MOST_TOOLS
    assert "async def volatility" in room.completer.prompt


async def test_tools_when_a_script_names_one_it_was_not_told_of_then_the_repair_is(database: Database) -> None:
    code = "d = await drawdown(symbol=inputs['symbols'][0])\nresult = d"
    room = Room(database, block(code), block(code))
    first = await room.write("삼성전자 뉴스")
    assert [problem.reason for problem in first.problems] == [CodeReason.UNKNOWN_TOOL]
    assert "async def drawdown" not in room.completer.prompt
    second = await room.write("삼성전자 뉴스", attempt=2, previous_code=code, problem=first.problems[0])
    assert second.problems == ()
    assert "async def drawdown" in room.completer.prompt


@pytest.mark.parametrize("name", ["prepare_order", "ask_claude"])
async def test_tools_when_a_repair_asks_for_orders_or_models_then_it_is_not_told_of_them(
    name: str, database: Database
) -> None:
    room = Room(database, block("result = 1"))
    problem = CodeProblem(reason=CodeReason.UNKNOWN_TOOL, message=f"{name} is unknown", line=1)
    await room.write(attempt=2, previous_code=f"await {name}()", problem=problem)
    assert f"async def {name}" not in room.completer.prompt


async def test_tools_when_a_person_names_them_then_only_they_are_told(database: Database) -> None:
    room = Room(database, block("q = await quote(symbol='005930')\nresult = q"))
    assert (await room.write(tools=("quote",))).problems == ()
    assert "async def search_news" not in room.completer.prompt


@pytest.mark.parametrize(
    ("tools", "reason", "said"),
    [
        (("qoute",), CodeReason.UNKNOWN_TOOL, "did you mean quote"),
        (("quote", "prepare_order"), CodeReason.FORBIDDEN, "prepare_order cannot be called by a script"),
    ],
)
@pytest.mark.parametrize("given", [{}, {"code": "result = 1"}])
async def test_tools_when_a_person_names_wrong_ones_then_nothing_is_asked(
    tools: Sequence[str], reason: CodeReason, said: str, given: dict[str, str], database: Database
) -> None:
    room = Room(database)
    (problem,) = (await room.write(tools=tools, **given)).problems
    assert problem.reason is reason
    assert said in problem.message
    assert room.completer.asked == []


@pytest.mark.parametrize("path", [AnswerPath.TEMPLATE, AnswerPath.GLOSSARY])
async def test_task_when_there_is_nothing_to_compute_then_it_says_what_to_do(
    path: AnswerPath, database: Database
) -> None:
    room = Room(database, routes=PlannedRoutes(path=path))
    (problem,) = (await room.write("안녕")).problems
    assert problem.reason is CodeReason.NO_CODE
    assert "daybook ask" in problem.message


async def test_task_when_it_cannot_be_routed_then_the_router_says_why(database: Database) -> None:
    (problem,) = (await Room(database, routes=PlannedRoutes(refusal="the question has no words")).write("???")).problems
    assert (problem.reason, problem.message) == (CodeReason.NO_CODE, "the question has no words")


@pytest.mark.parametrize("task", ["", "  \n"])
async def test_task_when_it_is_empty_then_it_says_so(task: str, database: Database) -> None:
    (problem,) = (await Room(database).write(task)).problems
    assert problem.reason is CodeReason.NO_CODE


async def test_model_when_it_cannot_be_asked_then_the_catalogue_says_why(database: Database) -> None:
    room = Room(database, complaint="there is no model gpt-9")
    (problem,) = (await room.write(model="gpt-9")).problems
    assert (problem.reason, problem.message) == (CodeReason.NO_MODEL, "there is no model gpt-9")


async def test_task_when_no_model_answers_then_a_library_script_stands_in(database: Database) -> None:
    written = await Room(database, NO_MODEL).write()
    assert (written.origin, written.problems) == (ScriptOrigin.LIBRARY, ())
    assert written.reachable_tools == ("search_news",)
    assert written.inputs["days"] == 7
    assert written.completion == NO_MODEL


@pytest.mark.parametrize(
    ("fallback", "reason"),
    [
        (FallbackReason.NO_KEY, CodeReason.NO_MODEL),
        (FallbackReason.PROVIDER_DOWN, CodeReason.NO_MODEL),
        (FallbackReason.BUDGET_SPENT, CodeReason.BUDGET_SPENT),
    ],
)
async def test_task_when_no_model_answers_and_nothing_fits_then_it_says_what_to_do(
    fallback: FallbackReason, reason: CodeReason, database: Database
) -> None:
    room = Room(database, Completion(fallback=fallback, message="why not"))
    written = await room.write("피보나치 수열의 합을 구해줘")
    (problem,) = written.problems
    assert problem.reason is reason
    assert "why not" in problem.message
    assert "daybook code run FILE.py" in problem.message
    assert written.completion is not None


async def test_task_when_the_library_needs_other_tools_than_are_allowed_then_it_is_not_used(database: Database) -> None:
    written = await Room(database, NO_MODEL).write(tools=("quote",))
    assert [problem.reason for problem in written.problems] == [CodeReason.NO_MODEL]


async def test_code_when_given_then_it_is_only_judged(database: Database) -> None:
    room = Room(database)
    written = await room.write("", code="q = await quote(symbol='005930')\nresult = json.dumps(q)", inputs={"a": 1})
    assert (written.problems, written.origin, written.inputs) == ((), ScriptOrigin.GIVEN, {"a": 1})
    assert written.code.startswith("import json\n")
    assert written.reachable_tools == ("quote",)
    refused = await room.write("", code="import os")
    assert [problem.reason for problem in refused.problems] == [CodeReason.FORBIDDEN]
    assert room.completer.asked == []


async def test_code_when_given_with_symbols_then_their_names_come_along(database: Database) -> None:
    written = await Room(database).write("", code="result = inputs", inputs={"symbols": ["005930", "999995"]})
    assert written.inputs["names"] == ["삼성전자", "999995"]


async def test_approved_when_the_task_comes_with_other_values_then_no_model_is_asked(database: Database) -> None:
    room = Room(database)
    script_id = await keep(room)
    written = await room.write(OTHER_TASK)
    assert (written.origin, written.script_id, written.problems) == (ScriptOrigin.STORE, script_id, ())
    assert written.inputs == {"symbols": ["035720", "035420"], "names": ["카카오", "NAVER"], "days": 30}
    assert written.code == SCRIPT
    assert written.completion is None
    assert room.completer.asked == []


@pytest.mark.parametrize("status", [ScriptStatus.CANDIDATE, ScriptStatus.STALE])
async def test_kept_when_nobody_approved_it_then_a_model_is_asked(status: ScriptStatus, database: Database) -> None:
    room = Room(database, block(SCRIPT))
    await keep(room, status=status)
    assert (await room.write(OTHER_TASK)).origin is ScriptOrigin.MODEL


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "카카오 최근 30일 뉴스 요약"},
        {"task": "카카오와 네이버 뉴스 감성 비교"},  # names no period, which the script needs
        {"tools": ("quote",)},
        {"attempt": 2, "problem": CodeProblem(reason=CodeReason.SCRIPT_ERROR, message="x"), "previous_code": SCRIPT},
    ],
)
async def test_approved_when_it_does_not_serve_then_a_model_is_asked(changes: Any, database: Database) -> None:
    room = Room(database, block("result = 1"))
    await keep(room)
    assert (await room.write(**({"task": OTHER_TASK} | changes))).origin is ScriptOrigin.MODEL


async def test_approved_when_it_was_written_for_fixed_values_then_only_the_same_values_use_it(
    database: Database,
) -> None:
    room = Room(database, block(SCRIPT))
    await keep(room, kinds=set())
    assert (await room.write(TASK)).origin is ScriptOrigin.STORE
    assert (await room.write(OTHER_TASK)).origin is ScriptOrigin.MODEL


async def test_approved_when_a_tool_of_it_changed_then_it_is_stale_and_a_model_is_asked(database: Database) -> None:
    await keep(Room(database))
    room = Room(database, block(SCRIPT), skills=changed_registry("search_news"))
    written = await room.write(OTHER_TASK)
    assert written.origin is ScriptOrigin.MODEL
    assert [record.status for record in room.shelf.newest()] == [ScriptStatus.STALE]


async def test_approved_when_another_tool_changed_then_it_is_still_used(database: Database) -> None:
    await keep(Room(database))
    room = Room(database, skills=changed_registry("quote"))
    assert (await room.write(OTHER_TASK)).origin is ScriptOrigin.STORE


async def test_script_id_when_named_then_it_runs_with_the_given_inputs(database: Database) -> None:
    room = Room(database)
    script_id = await keep(room, status=ScriptStatus.CANDIDATE)
    written = await room.write("", script_id=script_id[:10], inputs={"names": ["카카오"], "days": 3})
    assert (written.origin, written.script_id, written.problems) == (ScriptOrigin.STORE, script_id, ())


@pytest.mark.parametrize(
    ("changes", "reason", "said"),
    [
        ({"script_id": "0" * 64}, CodeReason.NO_CODE, "there is no script"),
        ({"script_id": "x"}, CodeReason.NO_CODE, "give at least 6 characters"),
        ({"inputs": {"names": []}}, CodeReason.BAD_ARGUMENTS, "needs the inputs days"),
    ],
)
async def test_script_id_when_it_cannot_run_then_one_line_says_why(
    changes: Any, reason: CodeReason, said: str, database: Database
) -> None:
    room = Room(database)
    script_id = await keep(room)
    (problem,) = (await room.write("", **({"script_id": script_id} | changes))).problems
    assert problem.reason is reason
    assert said in problem.message


async def test_script_id_when_a_tool_changed_then_it_is_refused_and_stale(database: Database) -> None:
    script_id = await keep(Room(database))
    room = Room(database, skills=changed_registry("search_news"))
    inputs = {"names": ["카카오"], "days": 3}
    (problem,) = (await room.write("", script_id=script_id, inputs=inputs)).problems
    assert problem.reason is CodeReason.NO_CODE
    assert "is stale: a tool it uses has changed" in problem.message
    assert room.shelf.get(script_id).status is ScriptStatus.STALE


def test_registry_when_changed_for_a_test_then_only_that_tool_differs() -> None:
    changed = changed_registry("search_news")
    differing = [spec.name for spec in changed.tools if spec.digest != registry().get(spec.name).digest]
    assert differing == ["search_news"]
    assert check_script(SCRIPT, changed.tools).passes
