"""The tool calls of a script: each made once, as its tool's activity, on the tool's own layer."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.code import CallRecord, CodeReason, JournalEntry, ScriptCall
    from daybook.contracts.script_digest import json_bytes
    from daybook.contracts.tools import ToolReply, ToolRequest, ToolRow, ToolStatus

from workflows.code_checks import Refused, journal_entry
from workflows.code_state import RunState
from workflows.tool_running import run_tool

MOST_AT_ONCE: Final = 16
"""Calls under way at the same time; one workflow task may hold the arguments of this many."""
CALLS_OF_A_SLICE: Final = 64
"""Calls after which a run looks at the length of its history, also in the middle of a batch."""
LARGEST_ARGUMENTS_BYTES: Final = 16_000
"""Of one call, as the layers' tools take them."""


class CallRunner:
    """Makes the calls of one run."""

    def __init__(self, run_id: str, as_of: datetime | None, shown: Callable[[], None]) -> None:
        self._run_id = run_id
        self._as_of = as_of
        self._shown = shown

    async def answer_slice(self, state: RunState, rows: Mapping[str, ToolRow], most_bytes: int) -> None:
        """Answer the next calls that wait, all at once, and go on with the journal in the order of their numbers.

        Raises ``Refused`` when all answers together hold more than ``most_bytes``.
        """
        calls = state.waiting[:CALLS_OF_A_SLICE]
        places = asyncio.Semaphore(MOST_AT_ONCE)
        made: dict[tuple[str, str], asyncio.Task[ToolReply]] = {}
        for call in calls:
            key = (call.tool, call.digest)
            if call not in state.answers and key not in made:
                number = len(state.records) + len(made) + 1
                made[key] = asyncio.create_task(self._make(call, rows[call.tool], number, places))
        try:
            replies = dict(zip(made, await asyncio.gather(*made.values()), strict=True))
        finally:
            for task in made.values():
                task.cancel()
        self._keep(state, calls, replies)
        if state.answers.size_bytes > most_bytes:
            text = f"the calls' answers take {state.answers.size_bytes:,} bytes; at most {most_bytes:,} are kept"
            raise Refused(CodeReason.JOURNAL_TOO_LARGE, text)
        if state.journal.is_too_large:
            text = f"the script with all its answers takes {state.journal.request_bytes:,} bytes: too much to hand on"
            raise Refused(CodeReason.JOURNAL_TOO_LARGE, text)

    @staticmethod
    def _keep(state: RunState, calls: tuple[ScriptCall, ...], replies: dict[tuple[str, str], ToolReply]) -> None:
        entries: list[JournalEntry] = []
        recorded: set[tuple[str, str]] = set()
        for call in calls:
            key = (call.tool, call.digest)
            if key not in replies:
                entries.append(state.answers.repeat(call))
                continue
            reply = replies[key]
            entry = journal_entry(call, reply)
            entries.append(entry)
            if key in recorded:
                continue
            recorded.add(key)
            state.answers.keep(call, entry)
            state.add_sources(reply.sources)
            state.records.append(
                CallRecord(
                    number=len(state.records) + 1,
                    tool=call.tool,
                    arguments=call.arguments,
                    status=reply.status if entry.ok else ToolStatus(entry.error_code),
                    elapsed_ms=reply.elapsed_ms,
                    is_untrusted=reply.is_untrusted,
                )
            )
        state.journal.append(entries)
        state.waiting = state.waiting[len(calls) :]

    async def _make(self, call: ScriptCall, row: ToolRow, number: int, places: asyncio.Semaphore) -> ToolReply:
        size = json_bytes(call.arguments)
        if size > LARGEST_ARGUMENTS_BYTES:
            text = f"the arguments take {size:,} bytes; at most {LARGEST_ARGUMENTS_BYTES:,} are taken"
            return ToolReply(tool=row.name, status=ToolStatus.BAD_ARGUMENTS, message=text)
        request = ToolRequest(
            tool=row.name, arguments=call.arguments, run_id=self._run_id, number=number, as_of=self._as_of
        )
        summary = f"{number} {row.name}({json.dumps(call.arguments, ensure_ascii=False)})"
        async with places:
            reply = await run_tool(row, request, summary=summary)
        self._shown()
        return reply.model_copy(update={"is_untrusted": reply.is_untrusted or row.is_untrusted})
