"""Exit with 0 while this container's worker asks the Temporal server for work: ``worker_health.py LAYER``.

A process that is up but wedged, or cut off from the server, asks for nothing. The server keeps for each task queue who
asked for work and when; this container's worker is the one with its host name. A poll waits up to a minute, so
silence of two minutes is an end.
"""

import asyncio
import os
import socket
import sys
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

LONGEST_SILENCE = timedelta(minutes=2)
_ANSWER_WITHIN_S = 5.0


async def last_poll(layer: str, address: str, namespace: str, host: str) -> datetime | None:
    """Return when a worker on ``host`` last asked for work of a layer; None when none is known.

    Raises:
        RPCError, RuntimeError: when the server does not answer.
    """
    client = await Client.connect(address, namespace=namespace)
    kind = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if layer == "control" else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
    reply = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(namespace=namespace, task_queue=TaskQueue(name=layer), task_queue_type=kind),
        timeout=timedelta(seconds=_ANSWER_WITHIN_S),
    )
    polls = [
        poller.last_access_time.ToDatetime(tzinfo=UTC)
        for poller in reply.pollers
        if poller.identity.partition("@")[2] == host
    ]
    return max(polls, default=None)


def main(layer: str) -> int:
    """Return 0 when the worker is well, else 1 with one line that says what is wrong."""
    address = os.environ.get("DAYBOOK_TEMPORAL__ADDRESS", "127.0.0.1:7233")
    namespace = os.environ.get("DAYBOOK_TEMPORAL__NAMESPACE") or "default"
    try:
        seen = asyncio.run(last_poll(layer, address, namespace, socket.gethostname()))
    except (RPCError, RuntimeError) as error:
        sys.stderr.write(f"no answer from {address}: {error}\n")
        return 1
    if seen is None or datetime.now(UTC) - seen > LONGEST_SILENCE:
        sys.stderr.write(f"this worker asks for no {layer} work (last: {seen})\n")
        return 1
    return 0


if __name__ == "__main__":
    verdict = main(sys.argv[1])
    sys.stderr.flush()
    # The client's threads may still be at work; an interpreter that takes itself apart under them can abort.
    os._exit(verdict)
