"""Scripts for tests of code runs: what they call and return is planned; the sandbox that runs them is scripted."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from temporalio.client import Client, WorkflowHandle

from activities.journal_memory import JournalMemory
from daybook.contracts.base import KST
from daybook.contracts.calls import ADVANCE_SCRIPT, EXPLAIN_RUN, WRITE_SCRIPT
from daybook.contracts.code import (
    AdvancedScript,
    AdvanceScript,
    AdvanceStatus,
    CodeLimits,
    CodeReason,
    CodeRunInput,
    CodeRunResult,
    ExplainRun,
    JournalEntry,
    ScriptCall,
    ScriptOrigin,
    ScriptTool,
    WrittenScript,
)
from daybook.contracts.script_digest import call_digest
from tests.workflows import facts
from tests.workflows.scripted_layers import TOOLS, ScriptedLayers, unique

ASKED_AT = datetime(2026, 3, 6, 10, tzinfo=KST)
CODE = "result = await quote('005930')"

Wanted = tuple[str, dict[str, Any]]
Plan = Callable[[tuple[JournalEntry, ...]], Sequence[Wanted] | dict[str, Any]]
"""What a script does with a journal: the calls it waits for, or fields of its last answer."""


def quotes(*symbols: str) -> list[Wanted]:
    return [("quote", {"symbol": symbol}) for symbol in symbols]


def planned(*batches: Sequence[Wanted], result: Any = "done", **last: Any) -> Plan:
    """Return a script that makes these batches of calls, one after the other, and then ends."""

    def run(journal: tuple[JournalEntry, ...]) -> Sequence[Wanted] | dict[str, Any]:
        made = 0
        for batch in batches:
            if len(journal) == made:
                return batch
            made += len(batch)
        return {"status": AdvanceStatus.DONE, "result": result, **last}

    return run


def failing(reason: CodeReason = CodeReason.SCRIPT_ERROR, message: str = "KeyError: 'x'", line: int | None = 3) -> Plan:
    return planned(status=AdvanceStatus.FAILED, result=None, reason=reason, message=message, line=line)


class ScriptedSandbox:
    """Advances scripts by plan. Codes without a plan run the default one."""

    def __init__(self, default: Plan, by_code: Mapping[str, Plan] | None = None) -> None:
        self.memory = JournalMemory()
        self.requests: list[AdvanceScript] = []
        self.journals: list[tuple[JournalEntry, ...]] = []
        self._default = default
        self._by_code = by_code or {}

    def __call__(self, request: AdvanceScript) -> AdvancedScript:
        self.requests.append(request)
        run = self.memory.complete(request)
        if run is None:
            return AdvancedScript(status=AdvanceStatus.NEEDS_JOURNAL)
        self.journals.append(run.entries)
        step = self._by_code.get(run.beginning.code, self._default)(run.entries)
        common = {"engine": "scripted", "tier": 3, "journal_digest": run.digest}
        if isinstance(step, dict):
            return AdvancedScript(**{**common, **step})
        return AdvancedScript(status=AdvanceStatus.PENDING, calls=calls_of(step, len(run.entries) + 1), **common)


def calls_of(wanted: Sequence[Wanted], first: int = 1) -> tuple[ScriptCall, ...]:
    return tuple(
        ScriptCall(number=number, tool=tool, arguments=arguments, digest=call_digest(arguments))
        for number, (tool, arguments) in enumerate(wanted, start=first)
    )


def written(code: str = CODE, **changes: Any) -> WrittenScript:
    """Return a script that may call every tool of the scripted layers, as far as a script ever may."""
    values: dict[str, Any] = {
        "code": code,
        "origin": ScriptOrigin.MODEL,
        "rows": tuple(TOOLS.values()),
        "tools": tuple(
            ScriptTool(name=name, parameters=("symbol", "keyword"), signature=f"{name}(...)") for name in TOOLS
        ),
    }
    return WrittenScript(**{**values, **changes})


def explained(request: ExplainRun) -> CodeRunResult:
    """Return the result of a run as the pipeline layer would keep it."""
    return CodeRunResult(
        run_id=request.run.run_id,
        outcome=request.outcome,
        reason=request.reason,
        message=request.message,
        result=request.result,
        explanation="explained",
        code=request.script.code,
        origin=request.script.origin,
        stdout=request.stdout,
        calls=request.calls,
        sources=request.sources,
        turns=request.turns,
        repairs=request.repairs,
        tier=request.tier,
        ended_at=request.ended_at,
    )


def run_input(**changes: Any) -> CodeRunInput:
    limits = changes.pop("limits", {})
    values: dict[str, Any] = {
        "run_id": unique("r"),
        "task": "how did Samsung do?",
        "asked_at": ASKED_AT,
        "by": "cli:kim",
        "clock": facts.clock_at("10:00"),
        "limits": CodeLimits(**limits),
    }
    return CodeRunInput(**{**values, **changes})


def script_layers(layers: ScriptedLayers, sandbox: Callable[[AdvanceScript], Any], *scripts: Any) -> None:
    """Script the layers: the sandbox, and the scripts that are written one after the other."""
    layers.script(WRITE_SCRIPT, *(scripts or (written(),)))
    layers.script(ADVANCE_SCRIPT, sandbox)
    layers.script(EXPLAIN_RUN, explained)


async def start(client: Client, run: CodeRunInput) -> WorkflowHandle[Any, CodeRunResult]:
    return await client.start_workflow(
        "CodeRun", run, result_type=CodeRunResult, id=f"code-{run.run_id}", task_queue="control"
    )


async def execute(client: Client, **changes: Any) -> CodeRunResult:
    return await (await start(client, run_input(**changes))).result()
