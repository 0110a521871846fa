"""What a code run believes of others: nothing that it can check itself.

The runner executes hostile code, so the answers of its layer are taken apart here: form, order, names, digests, sizes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from daybook.contracts.calls import Effect, Layer
    from daybook.contracts.code import (
        LONGEST_SCRIPT,
        AdvancedScript,
        AdvanceStatus,
        CodeLimits,
        CodeProblem,
        CodeReason,
        CodeRunInput,
        JournalEntry,
        ScriptCall,
        ScriptTool,
        WrittenScript,
    )
    from daybook.contracts.llm import FallbackReason
    from daybook.contracts.script_digest import call_digest, json_bytes, why_not_plain
    from daybook.contracts.tools import LARGEST_REPLY_BYTES, ToolReply, ToolRow, ToolStatus

LARGEST_INPUTS_BYTES: Final = 100_000
AS_OF: Final = "as_of"
"""The input that sets a run's point in time; nothing later may be used."""

_CALLABLE = (Effect.READ, Effect.RECORD)
_TOOL_LAYERS = (Layer.PIPELINE, Layer.TRADING)
_LONGEST_PROBLEM = 2_000
_LONGEST_ERROR = 1_500


class Refused(Exception):
    """What a run ends with. ``is_repairable``: another script may do better."""

    def __init__(self, reason: CodeReason, message: str, *, line: int | None = None, is_repairable: bool = False):
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.line = line
        self.is_repairable = is_repairable


def check_input(run: CodeRunInput) -> datetime | None:
    """Return the run's point in time, None for the present.

    Raises ``Refused`` for inputs that are too large, or a point in time that is none.
    """
    size = json_bytes(run.inputs)
    if size > LARGEST_INPUTS_BYTES:
        text = f"the inputs take {size:,} bytes; at most {LARGEST_INPUTS_BYTES:,} are taken, let a tool read the rest"
        raise Refused(CodeReason.BAD_ARGUMENTS, text)
    if odd := why_not_plain(run.inputs):
        raise Refused(CodeReason.BAD_ARGUMENTS, f"the inputs hold {odd}")
    given = run.inputs.get(AS_OF)
    if given is None:
        return None
    try:
        as_of = datetime.fromisoformat(str(given))
    except ValueError:
        as_of = None
    if as_of is None or as_of.tzinfo is None:
        text = f"the input {AS_OF} must be a time with an offset, e.g. 2026-03-06T15:30:00+09:00"
        raise Refused(CodeReason.BAD_ARGUMENTS, text)
    return as_of


def check_script(script: WrittenScript) -> None:
    """Raise ``Refused`` for a script that may not run: problems of the gate, none at all, or too long a one."""
    if script.problems:
        problem = summed_up(script.problems)
        lost = problem.reason in (CodeReason.NO_MODEL, CodeReason.BUDGET_SPENT, CodeReason.NO_SANDBOX)
        raise Refused(problem.reason, problem.message, line=problem.line, is_repairable=not lost)
    if not script.code.strip():
        fallback = script.completion.fallback if script.completion else None
        if script.completion is None or fallback is None:
            raise Refused(CodeReason.NO_CODE, "no script was written", is_repairable=script.completion is not None)
        reason = CodeReason.BUDGET_SPENT if fallback is FallbackReason.BUDGET_SPENT else CodeReason.NO_MODEL
        raise Refused(reason, f"no model wrote a script: {fallback.value} {script.completion.message}".strip())
    if len(script.code) > LONGEST_SCRIPT:
        text = f"the script has {len(script.code):,} characters; at most {LONGEST_SCRIPT:,} are run"
        raise Refused(CodeReason.CODE_TOO_LARGE, text, is_repairable=True)
    if odd := why_not_plain(script.inputs):
        raise Refused(CodeReason.BAD_ARGUMENTS, f"the script's inputs hold {odd}")
    size = json_bytes(script.inputs)
    if size > LARGEST_INPUTS_BYTES:
        text = f"the script's inputs take {size:,} bytes; at most {LARGEST_INPUTS_BYTES:,} are taken"
        raise Refused(CodeReason.BAD_ARGUMENTS, text)


def summed_up(problems: tuple[CodeProblem, ...]) -> CodeProblem:
    """Return several problems as one: the first one's reason and place, every one's text."""
    first = problems[0]
    lines = [first.message] + [
        f"{other.message} (line {other.line})" if other.line else other.message for other in problems[1:]
    ]
    return CodeProblem(reason=first.reason, message="\n".join(lines)[:_LONGEST_PROBLEM], line=first.line)


def callable_rows(script: WrittenScript) -> dict[str, ToolRow]:
    """Return the tools a script may call: those of its rows that neither order nor prepare orders."""
    named = {tool.name for tool in script.tools}
    return {
        row.name: row
        for row in script.rows
        if row.name in named and row.effect in _CALLABLE and row.layer in _TOOL_LAYERS
    }


def callable_tools(script: WrittenScript) -> tuple[ScriptTool, ...]:
    """Return what the sandbox is told of these."""
    rows = callable_rows(script)
    return tuple(tool for tool in script.tools if tool.name in rows)


def read_answer(raw: object, limits: CodeLimits) -> AdvancedScript:
    """Return the sandbox's answer, what was printed cut to its cap.

    Raises ``Refused`` for one that has another form than it must.
    """
    try:
        answer = AdvancedScript.model_validate(raw)
    except ValidationError as error:
        raise Refused(CodeReason.PROTOCOL, f"the sandbox's answer has no known form ({error.title})") from error
    return answer.model_copy(update={"stdout": shortened(answer.stdout, limits.stdout_bytes)})


def check_answer(answer: AdvancedScript, journal_digest: str, limits: CodeLimits) -> None:
    """Check an answer to a script with a journal.

    Raises ``Refused`` for one that belongs to another journal, ran without a sandbox, holds more than is allowed, or
    says that the script failed.
    """
    if answer.status is AdvanceStatus.NEEDS_JOURNAL:
        raise Refused(CodeReason.PROTOCOL, "the sandbox asks for a journal that it was sent")
    if answer.status is AdvanceStatus.FAILED:
        raise _failure(answer)
    if answer.journal_digest != journal_digest:
        raise Refused(CodeReason.PROTOCOL, "the sandbox answered for another journal than it was sent")
    if answer.tier < 1:
        raise Refused(CodeReason.NO_SANDBOX, "the script was run without a sandbox; its answer is not used")
    if odd := why_not_plain(answer.result):
        raise Refused(CodeReason.BAD_RESULT, f"the result holds {odd}", is_repairable=True)
    size = json_bytes(answer.result)
    if answer.status is AdvanceStatus.DONE and size > limits.result_bytes:
        text = f"the result takes {size:,} bytes of JSON; at most {limits.result_bytes:,} are taken"
        raise Refused(CodeReason.RESULT_TOO_LARGE, text, is_repairable=True)


def _failure(answer: AdvancedScript) -> Refused:
    reason = answer.reason or CodeReason.PROTOCOL
    message = answer.message or "the sandbox gave no reason"
    return Refused(reason, message[:_LONGEST_PROBLEM], line=answer.line, is_repairable=reason in REPAIRABLE)


REPAIRABLE: Final = frozenset(
    {
        CodeReason.SYNTAX_ERROR,
        CodeReason.CODE_TOO_LARGE,
        CodeReason.FORBIDDEN,
        CodeReason.UNKNOWN_TOOL,
        CodeReason.BAD_ARGUMENTS,
        CodeReason.SCRIPT_ERROR,
        CodeReason.TIMEOUT,
        CodeReason.CPU_LIMIT,
        CodeReason.MEMORY_LIMIT,
        CodeReason.OUTPUT_LIMIT,
        CodeReason.RESULT_TOO_LARGE,
        CodeReason.BAD_RESULT,
        CodeReason.NOT_DETERMINISTIC,
        CodeReason.TOO_MANY_CALLS,
    }
)
"""Failures of a script that the model which wrote it may mend. What concerns the sandbox or the run's caps is not."""


def check_calls(
    calls: tuple[ScriptCall, ...], journal: list[JournalEntry], rows: Mapping[str, ToolRow], limits: CodeLimits
) -> None:
    """Check the calls a script waits for. Nothing of a batch is run when one of them is not what it must be.

    Raises ``Refused``: numbers that do not go on from the journal, a tool that is not the script's, a digest that is
    not its arguments', more calls than are allowed.
    """
    if not calls:
        raise Refused(CodeReason.PROTOCOL, "the script waits for no call")
    for number, entry in enumerate(calls, start=len(journal) + 1):
        if entry.number != number:
            raise Refused(CodeReason.PROTOCOL, f"call {number} was announced as number {entry.number}")
        if entry.tool not in rows:
            known = ", ".join(sorted(rows)) or "none"
            text = f"call {number}: {entry.tool[:60]} is not a tool of this script; its tools are: {known}"
            raise Refused(CodeReason.UNKNOWN_TOOL, text[:_LONGEST_PROBLEM])
        if why_not_plain(entry.arguments) or entry.digest != call_digest(entry.arguments):
            raise Refused(CodeReason.PROTOCOL, f"call {number}: the digest is not that of its arguments")
    if len(journal) + len(calls) > limits.calls:
        text = f"the script makes {len(journal) + len(calls)} calls or more; at most {limits.calls} are allowed"
        raise Refused(CodeReason.TOO_MANY_CALLS, text, is_repairable=True)


def journal_entry(call: ScriptCall, reply: ToolReply) -> JournalEntry:
    """Return the entry of a tool's reply: a value, or an error that the script may catch."""
    status, message, size = reply.status, reply.message, json_bytes(reply.value)
    if status is ToolStatus.OK and (odd := why_not_plain(reply.value)):
        status, message = ToolStatus.FAILED, f"the answer holds {odd}"
    elif status is ToolStatus.OK and size <= LARGEST_REPLY_BYTES:
        return JournalEntry(number=call.number, tool=call.tool, digest=call.digest, ok=True, value=reply.value)
    elif status is ToolStatus.OK:
        status = ToolStatus.TOO_LARGE
        message = f"the answer takes {size:,} bytes; at most {LARGEST_REPLY_BYTES:,} are taken: ask for less"
    return JournalEntry(
        number=call.number,
        tool=call.tool,
        digest=call.digest,
        ok=False,
        error_code=status.value,
        error_message=message[:_LONGEST_ERROR],
    )


def shortened(text: str, most_bytes: int) -> str:
    """Return the beginning of a text within a number of bytes of UTF-8."""
    return text.encode("utf-8", "replace")[:most_bytes].decode("utf-8", "ignore")
