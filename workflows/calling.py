"""How workflows call the layers: by the table of calls, never by importing an activity."""

from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.workflow import ActivityHandle

from daybook.contracts.calls import Call

A = TypeVar("A")
R = TypeVar("R")

TRADING_DATE = SearchAttributeKey.for_keyword("TradingDate")
SYMBOL = SearchAttributeKey.for_keyword("Symbol")
MODE = SearchAttributeKey.for_keyword("Mode")
PENDING = SearchAttributeKey.for_bool("Pending")

_FIRST_RETRY = timedelta(milliseconds=500)
_LONGEST_RETRY = timedelta(seconds=5)


def begin(entry: Call[A, R], argument: A, *, summary: str, within: timedelta | None = None) -> ActivityHandle[R]:
    """Start a call on its layer's queue and return its handle.

    Without ``within`` it waits for a worker for as long as it takes; with it the call is given up after that time.
    """
    return workflow.start_activity(
        entry.name,
        argument,
        task_queue=entry.layer.value,
        result_type=entry.result,
        start_to_close_timeout=entry.timeout,
        schedule_to_close_timeout=within,
        heartbeat_timeout=entry.heartbeat,
        retry_policy=RetryPolicy(
            initial_interval=_FIRST_RETRY,
            maximum_interval=_LONGEST_RETRY,
            maximum_attempts=entry.attempts,
            non_retryable_error_types=list(entry.not_retryable),
        ),
        summary=summary[:200],
    )


async def call(entry: Call[A, R], argument: A, *, summary: str) -> R:
    """Run a call on its layer and return its result.

    Raises ``temporalio.exceptions.ActivityError`` when its attempts are used up or the error is not retryable.
    """
    return await begin(entry, argument, summary=summary)
