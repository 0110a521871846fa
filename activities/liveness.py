"""How long the workers of the other layers have been silent, as the server knows it from their polls."""

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from daybook.contracts.calls import Layer

WATCHED = (Layer.CONTROL, Layer.SANDBOX, Layer.PIPELINE)
FORGOTTEN_S = 300.0
"""The server forgets a poller after five minutes; a queue without any has been silent at least that long."""

_ANSWER_WITHIN = timedelta(seconds=5)


async def longest_silence_s(client: Client) -> float | None:
    """Return the longest silence of a watched layer in real seconds; None when the server does not say.

    A poll waits up to a minute for work, so a worker without any work is silent for about that long.
    """
    now = datetime.now(UTC)
    longest_s = 0.0
    for layer in WATCHED:
        kind = (
            TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if layer is Layer.CONTROL else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
        )
        request = DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=layer.value), task_queue_type=kind
        )
        try:
            answer = await client.workflow_service.describe_task_queue(request, timeout=_ANSWER_WITHIN)
        except RPCError:
            return None
        ages = [(now - poller.last_access_time.ToDatetime(tzinfo=UTC)).total_seconds() for poller in answer.pollers]
        longest_s = max(longest_s, min(ages, default=FORGOTTEN_S))
    return max(0.0, longest_s)
