"""Run scripts with planned tools: in the desk's own jail, with the journal the workflow would keep."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from daybook.code.gate import check_script
from daybook.code.writer import script_tool
from daybook.skills.registry import registry
from sandbox import model
from sandbox.engine import JailEngine

TOOLS = registry().tools
NOW = "2026-03-06T10:00:00+09:00"


class Refusal(Exception):
    """A tool's error, as the journal has it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Ended:
    """How a script ended and which calls it made, in batches."""

    outcome: model.Advance
    batches: list[list[tuple[str, dict[str, Any]]]] = field(default_factory=list)

    @property
    def result(self) -> Any:
        assert self.outcome.status is model.Status.DONE, (self.outcome.reason, self.outcome.message, self.outcome.line)
        return self.outcome.result


def run(
    engine: JailEngine, code: str, answers: Mapping[str, Callable[..., Any]], inputs: Mapping[str, Any] | None = None
) -> Ended:
    """Run a script that passes the gate to its end; every call must fit the stub of a real tool."""
    verdict = check_script(code, TOOLS)
    assert verdict.passes, verdict.problems
    tools = []
    for name in verdict.reachable:
        known = script_tool(TOOLS.get(name))
        tools.append(model.ToolSignature(name, known.parameters, known.required, known.signature))
    journal: list[model.JournalEntry] = []
    batches: list[list[tuple[str, dict[str, Any]]]] = []
    while True:
        request = model.AdvanceRequest(
            code=code, now=NOW, journal=tuple(journal), tools=tuple(tools), inputs=dict(inputs or {})
        )
        outcome = engine.advance(request)
        if outcome.status is not model.Status.PENDING:
            return Ended(outcome, batches)
        batches.append([(call.name, call.arguments) for call in outcome.calls])
        for call in outcome.calls:
            TOOLS.get(call.name).arguments.model_validate(call.arguments)
            journal.append(_entry(call, answers[call.name]))


def _entry(call: model.PendingCall, answer: Callable[..., Any]) -> model.JournalEntry:
    common: dict[str, Any] = {"number": call.number, "name": call.name, "digest": call.digest}
    try:
        return model.JournalEntry(**common, ok=True, value=answer(**call.arguments))
    except Refusal as error:
        return model.JournalEntry(**common, ok=False, error_code=error.code, error_message=str(error))
