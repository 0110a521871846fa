"""Calls to the Temporal server, with its errors turned into the desk's own, and keyed starts that happen once."""

import asyncio
import contextlib
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from daybook.contracts.calls import Layer
from daybook.front.errors import DeskError, DeskNoAnswer, DeskNotFound, DeskUnreachable, IdempotencyConflict

CONTROL_QUEUE = "control"
ANSWER_TIMEOUT_S = 60.0

_KEY_MEMO = "idempotency_key"
_BODY_MEMO = "body_digest"
_KEYS_REMEMBERED_FOR = timedelta(days=30)
_POLL_SEEN_WITHIN = timedelta(seconds=90)
"""A worker's long poll lasts up to a minute, and the server keeps a dead poller listed for five."""
_QUERY_TIMEOUT_S = 15
_UPDATE_TIMEOUT_S = 30
_OUT_OF_REACH = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
_NO_WORKER = (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.DEADLINE_EXCEEDED)


def keyed_id(prefix: str, key: str) -> str:
    """Return the id of the workflow or update that belongs to an idempotency key."""
    return f"{prefix}-{hashlib.sha256(key.encode()).hexdigest()[:24]}"


class TemporalCalls:
    """What the front asks of the server at ``address``."""

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address

    async def start_once(
        self, workflow: str, argument: Any, *, workflow_id: str, idempotency_key: str, body_digest: str, **options: Any
    ) -> str:
        """Start a workflow and return its id; the same key and body again find the one that was started.

        Raises:
            WorkflowAlreadyStartedError: when the workflow exists and was not started with this key.
            IdempotencyConflict: when it was started with this key and another body.
        """
        memo = {_KEY_MEMO: idempotency_key, _BODY_MEMO: body_digest} if idempotency_key else None
        with self.reaching():
            try:
                await self._client.start_workflow(
                    workflow,
                    argument,
                    id=workflow_id,
                    task_queue=CONTROL_QUEUE,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                    memo=memo,
                    **options,
                )
            except WorkflowAlreadyStartedError:
                if not idempotency_key:
                    raise
                found = await (await self._client.get_workflow_handle(workflow_id).describe()).memo()
                if found.get(_KEY_MEMO) != idempotency_key:
                    raise
                if found.get(_BODY_MEMO) != body_digest:
                    raise IdempotencyConflict("this idempotency key was used before for another request") from None
        return workflow_id

    async def refuse_key_of_another_day(self, workflow_id: str, idempotency_key: str) -> None:
        """Refuse a key that started another day in the last month.

        Days are named after their date, so a key used for another date shows only in that day's memo.

        Raises:
            IdempotencyConflict: when another day was started with the key.
        """
        since = (datetime.now(UTC) - _KEYS_REMEMBERED_FOR).isoformat(timespec="seconds")
        query = f"WorkflowType='TradingDay' AND StartTime > '{since}'"
        with self.reaching():
            async for execution in self._client.list_workflows(query, limit=200):
                if execution.id != workflow_id and (await execution.memo()).get(_KEY_MEMO) == idempotency_key:
                    raise IdempotencyConflict("this idempotency key was used before for another request")

    async def update(self, workflow_id: str, update: str, argument: Any, *, key: str, absent: str) -> str:
        """Send an update and return its answer; the same ``key`` again returns the first answer.

        Raises:
            DeskNotFound: with ``absent``, when no such workflow runs.
            DeskError: when the workflow refuses.
            DeskNoAnswer: when no worker answers in time.
        """
        handle = self._client.get_workflow_handle(workflow_id)
        update_id = keyed_id(update, key) if key else None
        try:
            with self.reaching(absent):
                sent = handle.execute_update(update, argument, id=update_id)
                return str(await asyncio.wait_for(sent, _UPDATE_TIMEOUT_S))
        except WorkflowUpdateFailedError as error:
            raise DeskError(str(error.cause)) from None
        except (TimeoutError, RPCTimeoutOrCancelledError):
            raise DeskNoAnswer("the control worker does not answer; look at: daybook status") from None

    async def query(self, workflow_id: str, query: str, result_type: type[Any], *, absent: str) -> Any:
        """Ask a workflow and return its answer.

        Raises:
            DeskNotFound: with ``absent``, when there is no such workflow.
            DeskNoAnswer: when no worker answers in time, or the workflow cannot be replayed.
        """
        handle = self._client.get_workflow_handle(workflow_id)
        try:
            with self.reaching(absent):
                try:
                    return await asyncio.wait_for(handle.query(query, result_type=result_type), _QUERY_TIMEOUT_S)
                except RPCError as error:
                    if error.status in _NO_WORKER:
                        raise TimeoutError from None
                    raise
        except WorkflowQueryFailedError as error:
            raise DeskNoAnswer(f"{workflow_id} cannot be read: {error}".splitlines()[0]) from None
        except (TimeoutError, RPCTimeoutOrCancelledError):
            raise DeskNoAnswer("the control worker does not answer; start it with: daybook up") from None

    async def result(self, handle: WorkflowHandle[Any, Any], *, otherwise: str, timeout_s: float) -> Any:
        """Wait for a workflow's result.

        Raises:
            DeskNoAnswer: with ``otherwise``, when it has not ended in time.
            DeskError: when the workflow failed.
        """
        try:
            with self.reaching():
                return await asyncio.wait_for(handle.result(), timeout_s)
        except (TimeoutError, RPCTimeoutOrCancelledError):
            raise DeskNoAnswer(f"no answer within {timeout_s:.0f} s; {otherwise}") from None
        except WorkflowFailureError as error:
            raise DeskError(f"it could not be done: {error.cause}".splitlines()[0]) from None

    async def is_polled(self, layer: Layer) -> bool:
        """Whether a worker of a layer has asked for work lately.

        Raises:
            DeskUnreachable: when no server answers.
        """
        kind = (
            TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW if layer is Layer.CONTROL else TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
        )
        request = DescribeTaskQueueRequest(
            namespace=self._client.namespace, task_queue=TaskQueue(name=layer.value), task_queue_type=kind
        )
        with self.reaching():
            answer = await self._client.workflow_service.describe_task_queue(request, timeout=timedelta(seconds=5))
        since = datetime.now(UTC) - _POLL_SEEN_WITHIN
        return any(poller.last_access_time.ToDatetime(tzinfo=UTC) >= since for poller in answer.pollers)

    async def require_workers(self, *layers: Layer) -> None:
        """Refuse to queue what nobody would take up.

        Raises:
            DeskNoAnswer: naming the layers of which no worker runs.
            DeskUnreachable: when no server answers.
        """
        polled = await asyncio.gather(*(self.is_polled(layer) for layer in layers))
        silent = [layer.value for layer, is_polled in zip(layers, polled, strict=True) if not is_polled]
        if silent:
            raise DeskNoAnswer(f"no {' and no '.join(silent)} worker is running; start the desk with: daybook up")

    @contextlib.contextmanager
    def reaching(self, absent: str = "") -> Iterator[None]:
        """Turn the server's refusals into the desk's errors.

        Raises:
            DeskUnreachable: when the connection is lost.
            DeskNotFound: with ``absent``, when the workflow is not there.
            DeskError: for any other refusal, in one line.
        """
        try:
            yield
        except RPCError as error:
            if absent and error.status is RPCStatusCode.NOT_FOUND:
                raise DeskNotFound(absent) from None
            if error.status in _OUT_OF_REACH or "transport error" in error.message:
                raise DeskUnreachable(
                    f"no Temporal server at {self._address}; start the desk with: daybook up"
                ) from error
            raise DeskError(f"the Temporal server refuses: {error.message}".splitlines()[0]) from error
