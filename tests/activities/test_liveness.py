from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from temporalio.api.taskqueue.v1 import PollerInfo
from temporalio.api.workflowservice.v1 import DescribeTaskQueueResponse
from temporalio.service import RPCError, RPCStatusCode

from activities.liveness import FORGOTTEN_S, longest_silence_s


class Server:
    """Answers with each queue's pollers by the seconds since their last poll."""

    def __init__(self, **silences_s: list[float]) -> None:
        self._silences_s = silences_s
        self.namespace = "default"
        self.workflow_service = SimpleNamespace(describe_task_queue=self._describe)

    async def _describe(self, request, **_):
        if not self._silences_s:
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        answer = DescribeTaskQueueResponse()
        for silent_s in self._silences_s[request.task_queue.name]:
            poller = PollerInfo()
            poller.last_access_time.FromDatetime(datetime.now(UTC) - timedelta(seconds=silent_s))
            answer.pollers.append(poller)
        return answer


async def test_silence_when_one_layer_stopped_polling_then_it_is_that_layers():
    silent_s = await longest_silence_s(Server(control=[3, 200], sandbox=[120], pipeline=[1]))
    assert silent_s == pytest.approx(120, abs=1)


async def test_silence_when_a_queue_was_forgotten_then_it_counts_as_long():
    assert await longest_silence_s(Server(control=[1], sandbox=[], pipeline=[1])) == FORGOTTEN_S


async def test_silence_when_the_server_does_not_answer_then_nothing_is_known():
    assert await longest_silence_s(Server()) is None
