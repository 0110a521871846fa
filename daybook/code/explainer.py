"""Ends a run: explains its result, reads its proposals, keeps the run and, when it came out well, the script."""

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue

from daybook.ask.ports import Completer
from daybook.code.explanation import LONGEST_EXPLANATION, explanation_request, joined, notes, template, unfounded
from daybook.code.gate import check_script
from daybook.code.intents import ReadIntents, read_intents
from daybook.code.parameters import open_kinds, read_keys, read_parameters
from daybook.code.ports import RunBook
from daybook.code.task_key import task_key
from daybook.contracts.code import CodeOutcome, CodeRunResult, ExplainRun, ScriptOrigin
from daybook.contracts.llm import Completion
from daybook.routing.securities import Securities
from daybook.skills.toolset import ToolSet
from daybook.storage.scripts import ScriptRecord, ScriptStatus

TEMPLATE = "template"
_LONGEST_MESSAGE = 4_000


class RunExplainer:
    """Explains and keeps runs; a run that is kept already is returned as it was kept, and no model is asked again.

    Args:
        completer: the models.
        book: where runs are kept.
        tools: every tool of the desk.
        securities: finds the securities a task names.
    """

    def __init__(self, completer: Completer, book: RunBook, tools: ToolSet, securities: Securities) -> None:
        self._completer = completer
        self._book = book
        self._tools = tools
        self._securities = securities

    async def explain(self, request: ExplainRun) -> CodeRunResult:
        """Return the run's result with its explanation."""
        kept = await asyncio.to_thread(self._book.find, request.run.run_id)
        if kept is not None:
            return kept.result
        read = read_intents(request.result) if request.outcome is CodeOutcome.DONE else ReadIntents()
        text, by, completion, problem = await self._explained(request, read)
        completions = (*request.completions, *((completion,) if completion else ()))
        result = _result(request, read, completions, text, by, problem)
        script = self._candidate(request, read)
        return await asyncio.to_thread(self._book.keep, request.run.task, request.run.by, result, script)

    async def _explained(self, request: ExplainRun, read: ReadIntents) -> tuple[str, str, Completion | None, str]:
        """Return the explanation, who gave it, the model's call, and why a model's words were not used."""
        if not _asks_model(request):
            return template(request, read), TEMPLATE, None, ""
        asked = explanation_request(request)
        completion = await self._completer.complete(asked, run_budget_krw=request.run.limits.budget_krw)
        said = completion.text.strip()[:LONGEST_EXPLANATION]
        if completion.fallback is not None or not said:
            return template(request, read), TEMPLATE, completion, ""
        unknown = unfounded(said, request)
        if unknown:
            problem = f"the model's explanation was not used: numbers without a source: {', '.join(unknown[:8])}"
            return template(request, read), TEMPLATE, completion, problem
        return joined([said, *notes(request, read)]), completion.model or "model", completion, ""

    def _candidate(self, request: ExplainRun, read: ReadIntents) -> ScriptRecord | None:
        """Return a model's script for the shelf, when its result was valid; None otherwise."""
        script, run = request.script, request.run
        is_valid = request.outcome is CodeOutcome.DONE and _holds_something(request.result) and not read.complaints
        if script.origin is not ScriptOrigin.MODEL or not is_valid or not script.script_id:
            return None
        verdict = check_script(script.code, self._tools)
        if verdict.tree is None or verdict.names is None:
            return None
        parameters = read_parameters(run.task, self._securities)
        kinds = open_kinds(verdict.tree, verdict.names, script.inputs)
        keys = read_keys(verdict.tree, verdict.names)
        return ScriptRecord(
            script_id=script.script_id,
            ast_digest=script.ast_digest,
            stub_digest=script.stub_digest,
            task_key=task_key(run.task, parameters, kinds),
            task=run.task,
            code=script.code,
            tools=script.reachable_tools,
            inputs=tuple(sorted(script.inputs if keys is None else keys & set(script.inputs))),
            status=ScriptStatus.CANDIDATE,
            origin=script.origin.value,
            model=_author(request)[:80],
            runs=1,
            first_run_id=run.run_id,
            approved_by=None,
            created_at=request.ended_at,
            used_at=request.ended_at,
        )


def _author(request: ExplainRun) -> str:
    """Return the name of the model that wrote the script."""
    own = request.script.completion
    models = [one.model for one in (*request.completions, *((own,) if own else ())) if one.model and not one.fallback]
    return models[-1] if models else ""


def _asks_model(request: ExplainRun) -> bool:
    """Whether a model explains: only what a model wrote or a person asked for in words; reuse costs no token."""
    if request.outcome is not CodeOutcome.DONE or not _holds_something(request.result):
        return False
    is_asked = request.script.origin is ScriptOrigin.GIVEN and bool(request.run.task.strip())
    if request.script.origin is not ScriptOrigin.MODEL and not is_asked:
        return False
    spent = sum(one.usage.input_tokens + one.usage.output_tokens for one in request.completions)
    return spent < request.run.limits.tokens


def _holds_something(result: JsonValue) -> bool:
    return result not in (None, {}, [], "")


def _result(
    request: ExplainRun,
    read: ReadIntents,
    completions: Sequence[Completion],
    text: str,
    by: str,
    problem: str,
) -> CodeRunResult:
    script = request.script
    return CodeRunResult(
        run_id=request.run.run_id,
        outcome=request.outcome,
        reason=request.reason,
        message="; ".join(part for part in (request.message, problem, *read.complaints) if part)[:_LONGEST_MESSAGE],
        result=request.result,
        explanation=text,
        explained_by=by,
        code=script.code,
        origin=script.origin,
        script_id=script.script_id,
        stdout=request.stdout,
        calls=request.calls,
        sources=request.sources,
        intents=read.intents,
        turns=request.turns,
        repairs=request.repairs,
        model_calls=sum(1 for one in completions if one.attempts),
        input_tokens=sum(one.usage.input_tokens for one in completions),
        cached_tokens=sum(one.usage.cached_tokens for one in completions),
        output_tokens=sum(one.usage.output_tokens for one in completions),
        cost_micro_krw=sum(one.cost_micro_krw for one in completions),
        tier=request.tier,
        ended_at=request.ended_at,
    )
