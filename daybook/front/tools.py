"""Run one tool on the running desk and wait for its reply."""

import asyncio
import uuid
from datetime import timedelta

from temporalio.client import Client

from daybook.contracts.layers import Layer
from daybook.contracts.tool_runs import ToolCallInput
from daybook.contracts.tools import ToolReply
from daybook.front.calls import TemporalCalls
from daybook.front.errors import DeskNoAnswer

_ATTEMPTS = 2
_QUEUEING_S = 20.0


async def call_tool(client: Client, address: str, asked: ToolCallInput) -> ToolReply:
    """Run the workflow ``ToolCall`` and return the tool's reply.

    A call that no worker takes up ends by itself soon after the wait for it: nobody would read a later answer.

    Args:
        client: connected to the desk's server.
        address: where that is, for messages.
        asked: the tool's row, the request, and who asks.

    Raises:
        DeskNoAnswer: when a worker it needs does not run, or none answers in time.
        DeskUnreachable: when no server answers.
        DeskError: when the workflow refuses the request.
    """
    calls = TemporalCalls(client, address)
    row = asked.row
    needed = (Layer.CONTROL, row.layer)
    polled = await asyncio.gather(*(calls.is_polled(layer) for layer in needed))
    silent = [layer.value for layer, is_polled in zip(needed, polled, strict=True) if not is_polled]
    if silent:
        raise DeskNoAnswer(f"no {' and no '.join(silent)} worker is running; start the desk with: daybook up")
    wait_s = _ATTEMPTS * row.timeout_s + _QUEUEING_S
    workflow_id = await calls.start_once(
        "ToolCall",
        asked,
        workflow_id=f"tool-call-{uuid.uuid4().hex}",
        idempotency_key="",
        body_digest="",
        execution_timeout=timedelta(seconds=wait_s + _QUEUEING_S),
        static_summary=f"{row.name} ({row.skill})",
    )
    reply: ToolReply = await calls.result(
        client.get_workflow_handle(workflow_id, result_type=ToolReply),
        otherwise=f"is the {row.layer.value} worker running? look at: daybook status",
        timeout_s=wait_s,
    )
    return reply
