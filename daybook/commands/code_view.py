"""How scripts and their runs look in a terminal."""

from collections.abc import Sequence
from typing import Any

from daybook.code.gate import Verdict
from daybook.commands.screen import aligned, labelled
from daybook.commands.tool_view import source_lines, value_lines
from daybook.contracts.base import KST
from daybook.contracts.code import CallRecord, CodeRunResult
from daybook.contracts.tools import ToolStatus
from daybook.llm.fencing import clean_text
from daybook.skills.schema import canonical_json
from daybook.storage.code_runs import CodeRunRecord
from daybook.storage.scripts import ScriptRecord

SHORT_ID = 12
_MICRO = 1_000_000
_MOST_SOURCES = 8
_LONGEST_ARGUMENTS = 60
_LONGEST_TASK = 34


def listing(records: Sequence[ScriptRecord]) -> list[str]:
    """Return scripts as a table."""
    rows = [
        (
            record.script_id[:SHORT_ID],
            record.status.value,
            f"{record.runs:,}",
            f"{record.created_at.astimezone(KST):%m-%d %H:%M}",
            ", ".join(record.inputs) or "-",
            _clip(record.task, _LONGEST_TASK),
        )
        for record in records
    ]
    return aligned(("id", "status", "runs", "kept", "inputs", "task"), rows, right=(2,))


def card(record: ScriptRecord, verdict: Verdict, runs: Sequence[CodeRunRecord], *, is_current: bool) -> list[str]:
    """Return everything that is known of a script."""
    tools = "as they were when it ran" if is_current else "changed since it ran: it is not used again"
    approved = f" by {record.approved_by}" if record.approved_by else ""
    used = f", last {record.used_at.astimezone(KST):%Y-%m-%d %H:%M}" if record.used_at else ""
    lines = [
        labelled("script", record.script_id),
        labelled("task", _clip(record.task, 600)),
        labelled("status", f"{record.status.value}{approved}"),
        labelled("written by", f"{record.model or record.origin}, {record.created_at.astimezone(KST):%Y-%m-%d %H:%M}"),
        labelled("runs", f"{record.runs:,}{used}"),
        labelled("inputs", ", ".join(record.inputs) or "none"),
        labelled("tools", f"{', '.join(record.tools) or 'none'} ({tools})"),
        labelled("effect", f"{verdict.max_effect.value}: it can do nothing stronger; orders are never placed"),
        labelled("syntax digest", record.ast_digest),
        labelled("tools digest", record.stub_digest),
    ]
    lines += [labelled("problem", f"line {one.line}: {one.message}") for one in verdict.problems]
    lines += [labelled("warning", f"line {one.line}: {one.message}") for one in verdict.warnings]
    for run in runs:
        ended = run.result
        reason = f" ({ended.reason.value})" if ended.reason else ""
        lines.append(
            labelled("run", f"{run.at.astimezone(KST):%m-%d %H:%M} {run.run_id} {ended.outcome.value}{reason}")
        )
    return [*lines, "", *record.code.rstrip("\n").split("\n")]


def facts(record: ScriptRecord, is_current: bool) -> dict[str, Any]:
    """Return what is known of a script, for programs."""
    return {
        "script_id": record.script_id,
        "status": record.status.value,
        "task": record.task,
        "runs": record.runs,
        "inputs": list(record.inputs),
        "tools": list(record.tools),
        "tools_are_current": is_current,
        "model": record.model,
        "origin": record.origin,
        "approved_by": record.approved_by,
        "ast_digest": record.ast_digest,
        "stub_digest": record.stub_digest,
        "first_run_id": record.first_run_id,
        "created_at": record.created_at.isoformat(),
        "used_at": record.used_at.isoformat() if record.used_at else None,
    }


def result_lines(result: CodeRunResult) -> list[str]:
    """Return a finished run: explanation, result, calls, sources, proposals, cost."""
    lines = [*result.explanation.split("\n"), ""]
    if result.explained_by != "template":
        lines += ["result", *value_lines(result.result, indent=2), ""]
    lines += [_call(call) for call in result.calls]
    lines += [f"  {line}" for line in source_lines(result.sources[:_MOST_SOURCES])]
    if len(result.sources) > _MOST_SOURCES:
        lines.append(f"  and {len(result.sources) - _MOST_SOURCES} more sources")
    lines += [f"  ticket: waits for you: daybook approve {ticket}" for ticket in result.tickets]
    lines += [f"  problem: {result.message}"] if result.message else []
    return [*lines, *_cost(result)]


def _call(call: CallRecord) -> str:
    ended = "" if call.status is ToolStatus.OK else f" {call.status.value}"
    mark = " [text from outside]" if call.is_untrusted else ""
    arguments = _clip(canonical_json(call.arguments), _LONGEST_ARGUMENTS)
    return f"  call {call.number}: {call.tool} {arguments} {call.elapsed_ms:,} ms{ended}{mark}"


def _cost(result: CodeRunResult) -> list[str]:
    repairs = f", {result.repairs} repairs" if result.repairs else ""
    lines = [
        f"  script {result.script_id[:SHORT_ID] or '-'} ({result.origin.value}), {len(result.calls)} calls in "
        f"{result.turns} turns{repairs}, sandbox tier {result.tier}"
    ]
    if not result.model_calls:
        return [*lines, "  no model, 0 KRW"]
    share = result.cached_tokens / result.input_tokens if result.input_tokens else 0
    return [
        *lines,
        f"  {result.model_calls} model calls, {result.input_tokens:,} tokens in ({share:.0%} cached), "
        f"{result.output_tokens:,} out, {result.cost_micro_krw / _MICRO:.2f} KRW; explained by {result.explained_by}",
    ]


def _clip(text: str, longest: int) -> str:
    line = " ".join(clean_text(text, max(longest, 1) + 200).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
