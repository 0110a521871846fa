"""What is kept of a code run: everything it came to, within the size of one message."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.code import CodeOutcome, CodeReason, CodeRunInput, CodeRunResult, ExplainRun
    from daybook.contracts.script_digest import json_bytes

from workflows.code_checks import LARGEST_INPUTS_BYTES, shortened
from workflows.code_state import Ending, RunState

LARGEST_RECORD_BYTES: Final = 1_600_000

_KEPT_OF_STDOUT = 4_000
_KEPT_SOURCES = 20


def record_of(run: CodeRunInput, state: RunState, ending: Ending, now: datetime) -> ExplainRun:
    """Return a run's record. What is too large for a message is left out, what was printed first."""
    kept = run if json_bytes(run.inputs) <= LARGEST_INPUTS_BYTES else run.model_copy(update={"inputs": {}})
    record = ExplainRun(
        run=kept,
        script=state.script,
        outcome=ending.outcome,
        reason=ending.reason,
        message=ending.message[:4_000],
        result=ending.result,
        stdout=state.stdout,
        calls=tuple(state.records),
        sources=tuple(state.sources),
        completions=tuple(state.completions),
        turns=state.turns,
        repairs=state.attempt - 1,
        tier=state.tier,
        ended_at=now,
    )
    for smaller in _STEPS:
        if _size(record) <= LARGEST_RECORD_BYTES:
            break
        record = smaller(record)
    return record


def _less_stdout(record: ExplainRun) -> ExplainRun:
    return record.model_copy(update={"stdout": shortened(record.stdout, _KEPT_OF_STDOUT)})


def _no_arguments(record: ExplainRun) -> ExplainRun:
    return record.model_copy(
        update={"calls": tuple(entry.model_copy(update={"arguments": {}}) for entry in record.calls)}
    )


def _fewer_sources(record: ExplainRun) -> ExplainRun:
    return record.model_copy(update={"sources": record.sources[:_KEPT_SOURCES]})


def _no_result(record: ExplainRun) -> ExplainRun:
    text = f"the result takes {json_bytes(record.result):,} bytes, too much to be kept with the rest of the run"
    failed = {"result": None, "outcome": CodeOutcome.FAILED, "reason": CodeReason.RESULT_TOO_LARGE, "message": text}
    return record.model_copy(update=failed)


_STEPS: Final[tuple[Callable[[ExplainRun], ExplainRun], ...]] = (
    _less_stdout,
    _no_arguments,
    _fewer_sources,
    _no_result,
)


def _size(record: ExplainRun) -> int:
    return json_bytes(record.model_dump(mode="json"))


def unexplained(record: ExplainRun, problem: str) -> CodeRunResult:
    """Return the result of a run that could not be explained and kept."""
    message = "\n".join(text for text in (record.message, problem) if text)[:4_000]
    usages = [entry.usage for entry in record.completions]
    return CodeRunResult(
        run_id=record.run.run_id,
        outcome=record.outcome,
        reason=record.reason,
        message=message,
        result=record.result,
        code=record.script.code,
        origin=record.script.origin,
        script_id=record.script.script_id,
        stdout=record.stdout,
        calls=record.calls,
        sources=record.sources,
        turns=record.turns,
        repairs=record.repairs,
        model_calls=len(record.completions),
        input_tokens=sum(usage.input_tokens for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        cost_micro_krw=sum(entry.cost_micro_krw for entry in record.completions),
        tier=record.tier,
        ended_at=record.ended_at,
    )
