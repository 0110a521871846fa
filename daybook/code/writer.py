"""Where a run's script comes from: given, stored, written by a model, or from the shipped library."""

import asyncio
from collections.abc import Callable, Mapping

from pydantic import JsonValue

from daybook.ask.ports import Completer, Routes
from daybook.code.choosing import Chosen, given_tools, routed_tools, widened
from daybook.code.digests import script_id, stub_digest
from daybook.code.extraction import script_of, with_usual_imports
from daybook.code.gate import check_script
from daybook.code.parameters import read_parameters
from daybook.code.ports import ScriptShelf
from daybook.code.prompt import repair_request, writing_request
from daybook.code.shipped import fitting
from daybook.code.task_key import task_keys
from daybook.code.tool_use import callable_tools
from daybook.contracts.code import (
    CodeProblem,
    CodeReason,
    CodeRunInput,
    ScriptOrigin,
    ScriptTool,
    WriteScript,
    WrittenScript,
)
from daybook.contracts.llm import Completion, FallbackReason
from daybook.contracts.routing import LONGEST_QUESTION
from daybook.routing.securities import Securities
from daybook.skills.policy import policy_row
from daybook.skills.registry import Registry
from daybook.skills.spec import ToolSpec
from daybook.skills.stub import signature_of
from daybook.skills.toolset import ToolSet
from daybook.storage.errors import RecordNotFound
from daybook.storage.scripts import ScriptRecord, ScriptStatus


class ScriptWriter:
    """Gets scripts.

    Args:
        routes: the router, for the tools of a task.
        registry: all skills.
        completer: the models.
        shelf: stored scripts.
        securities: finds the securities a task names.
        check_model: says in one line why a model of that name cannot be asked; empty when it can.
    """

    def __init__(
        self,
        routes: Routes,
        registry: Registry,
        completer: Completer,
        shelf: ScriptShelf,
        securities: Securities,
        check_model: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._routes = routes
        self._registry = registry
        self._completer = completer
        self._shelf = shelf
        self._securities = securities
        self._check_model = check_model

    async def write(self, request: WriteScript) -> WrittenScript:
        """Return a script with the gate's verdict; a script with problems must not run.

        A given script is only judged, a stored one is taken when its tools are as they were, an approved one for the
        same task is used again without a model. Else a model writes; when none answers, a script of the library is
        taken if one fits the task.
        """
        run = request.run
        if run.code:
            chosen = given_tools(run, self._registry)
            if chosen.problem:
                return WrittenScript(problems=(chosen.problem,))
            return self._judged(run.code, chosen.tools, ScriptOrigin.GIVEN, self._inputs(run))
        if run.script_id:
            return await self._stored(run)
        if not run.task.strip():
            return _nothing(CodeReason.NO_CODE, "there is neither a task nor a script; give one of them")
        if run.model and (complaint := self._check_model(run.model)):
            return _nothing(CodeReason.NO_MODEL, complaint)
        if request.attempt == 1 and (reused := await self._reused(run)) is not None:
            return reused
        return await self._written(request)

    def _inputs(self, run: CodeRunInput) -> dict[str, JsonValue]:
        """Return what the script finds in ``inputs``: what the person gave, over what the task names."""
        named = read_parameters(run.task[:LONGEST_QUESTION], self._securities).inputs
        inputs = {**named, **run.inputs}
        symbols = inputs.get("symbols")
        if "symbols" in run.inputs and "names" not in run.inputs and isinstance(symbols, list):
            inputs["names"] = [self._name(symbol) for symbol in symbols]
        return inputs

    def _name(self, symbol: JsonValue) -> JsonValue:
        known = self._securities.by_symbol(symbol) if isinstance(symbol, str) else None
        return known.name if known else symbol

    async def _stored(self, run: CodeRunInput) -> WrittenScript:
        try:
            record = await asyncio.to_thread(self._shelf.get, run.script_id)
        except RecordNotFound as error:
            return _nothing(CodeReason.NO_CODE, str(error))
        if record.status is ScriptStatus.STALE or not await self._is_current(record):
            text = f"script {record.script_id[:12]} is stale: a tool it uses has changed; run its task again"
            return _nothing(CodeReason.NO_CODE, text)
        inputs = self._inputs(run)
        missing = [key for key in record.inputs if key not in inputs]
        if missing:
            return _nothing(
                CodeReason.BAD_ARGUMENTS, f"script {record.script_id[:12]} needs the inputs {', '.join(missing)}"
            )
        return self._judged(record.code, self._registry.tools, ScriptOrigin.STORE, inputs)

    async def _reused(self, run: CodeRunInput) -> WrittenScript | None:
        """Return an approved script for the same task with other values; None when there is none."""
        inputs = self._inputs(run)
        keys = task_keys(run.task, read_parameters(run.task, self._securities))
        for record in await asyncio.to_thread(self._shelf.approved_for, tuple(keys.values())):
            if any(key not in inputs for key in record.inputs):
                continue
            if run.tools and not set(record.tools) <= set(run.tools):
                continue
            if not await self._is_current(record):
                continue
            written = self._judged(record.code, self._registry.tools, ScriptOrigin.STORE, inputs)
            if not written.problems:
                return written
        return None

    async def _is_current(self, record: ScriptRecord) -> bool:
        """Whether the tools of a script are as they were; a script whose tools are not is marked stale."""
        if tools_digest(record.tools, self._registry.tools) == record.stub_digest:
            return True
        await asyncio.to_thread(self._shelf.mark_stale, record.script_id)
        return False

    async def _written(self, request: WriteScript) -> WrittenScript:
        run = request.run
        chosen = await routed_tools(run, self._routes, self._registry)
        if chosen.problem:
            return WrittenScript(problems=(chosen.problem,))
        inputs = self._inputs(run)
        tools = chosen.tools
        if request.problem is not None and request.previous_code:
            tools = tools if run.tools else widened(tools, self._registry, request.previous_code)
            asked = repair_request(run, tools, inputs, request.previous_code, request.problem)
        else:
            asked = writing_request(run, tools, inputs)
        completion = await self._completer.complete(asked, run_budget_krw=run.limits.budget_krw)
        if completion.fallback is not None:
            return self._shipped(run, chosen, inputs, completion)
        code = with_usual_imports(script_of(completion.text), tools)
        if not code.strip():
            text = "the answer holds no Python block; answer with exactly one ```python block"
            problem = CodeProblem(reason=CodeReason.NO_CODE, message=text)
            return WrittenScript(origin=ScriptOrigin.MODEL, problems=(problem,), completion=completion)
        return self._judged(code, tools, ScriptOrigin.MODEL, inputs, completion)

    def _shipped(
        self, run: CodeRunInput, chosen: Chosen, inputs: Mapping[str, JsonValue], completion: Completion
    ) -> WrittenScript:
        fit = fitting(run.task, chosen.intent, inputs)
        if fit is not None:
            written = self._judged(
                fit.script.code,
                callable_tools(self._registry.tools),
                ScriptOrigin.LIBRARY,
                {**fit.script.inputs, **inputs},
                completion,
            )
            if not run.tools or set(written.reachable_tools) <= set(run.tools):
                return written
        spent = completion.fallback is FallbackReason.BUDGET_SPENT
        reason = CodeReason.BUDGET_SPENT if spent else CodeReason.NO_MODEL
        said = completion.message or (completion.fallback.value if completion.fallback else "")
        text = f"no model wrote a script ({said}) and no shipped script fits this task; {_ADVICE}"
        problem = CodeProblem(reason=reason, message=text)
        return WrittenScript(origin=ScriptOrigin.MODEL, problems=(problem,), completion=completion)

    def _judged(
        self,
        code: str,
        tools: ToolSet,
        origin: ScriptOrigin,
        inputs: Mapping[str, JsonValue],
        completion: Completion | None = None,
    ) -> WrittenScript:
        if origin is ScriptOrigin.GIVEN:
            code = with_usual_imports(code, tools)
        verdict = check_script(code, tools, self._registry.tools)
        reached = self._registry.tools.select(verdict.reachable)
        digest = stub_digest(reached)
        return WrittenScript(
            code=code,
            origin=origin,
            script_id=script_id(verdict.ast_digest, digest) if verdict.ast_digest else "",
            inputs=dict(inputs),
            rows=tuple(policy_row(spec) for spec in reached),
            tools=tuple(script_tool(spec) for spec in reached),
            stub_digest=digest,
            ast_digest=verdict.ast_digest,
            max_effect=verdict.max_effect,
            reachable_tools=verdict.reachable,
            problems=verdict.problems,
            completion=completion,
        )


_ADVICE = (
    "set a model's key as .env.example says, name the securities meant, or run a script of your own: "
    "daybook code run FILE.py"
)


def tools_digest(names: tuple[str, ...], tools: ToolSet) -> str:
    """Return the digest the named tools have now; empty when one of them is gone."""
    if any(name not in tools for name in names):
        return ""
    return stub_digest(tools.select(names))


def script_tool(spec: ToolSpec) -> ScriptTool:
    """Return what the sandbox is told of a tool."""
    fields = spec.arguments.model_fields
    return ScriptTool(
        name=spec.name,
        parameters=tuple(fields),
        required=tuple(name for name, field in fields.items() if field.is_required()),
        signature=signature_of(spec),
    )


def _nothing(reason: CodeReason, message: str) -> WrittenScript:
    return WrittenScript(problems=(CodeProblem(reason=reason, message=message[:2_000]),))
