"""The trading worker with counters around its activities: ``counting_worker.py FILE``.

Nothing of the worker is replaced. It writes, for each activity, how often it ran and how many requests to the broker,
database transactions and commits that took. Meant for orders placed one at a time: what runs in a thread of its own
counts for the activity that is being worked on.
"""

import functools
import json
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import event
from sqlalchemy.orm import Session
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from daybook.broker.kis.client import build_broker
from daybook.contracts.calls import WATCH_ACCOUNT, Layer
from daybook.skills.policy import tool_calls_of
from daybook.storage.engine import READING
from workers import hosting, trading


class Counts:
    """Counts by activity and kind. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {}
        self._current = "outside"

    def begin(self, name: str) -> None:
        """An activity starts."""
        if name != WATCH_ACCOUNT.name:
            self._current = name
        self.add("runs", name)

    def add(self, kind: str, name: str = "") -> None:
        """Count one thing for an activity, by default for the one this code runs in."""
        if not name:
            name = activity.info().activity_type if activity.in_activity() else self._current
        with self._lock:
            self._counts.setdefault(name, Counter())[kind] += 1

    def write(self) -> None:
        """Keep the counts so far."""
        with self._lock:
            self._path.write_text(json.dumps(self._counts, indent=1, sort_keys=True))


class _CountedActivity(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, counts: Counts) -> None:
        super().__init__(following)
        self._counts = counts

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        self._counts.begin(activity.info().activity_type)
        try:
            return await super().execute_activity(input)
        finally:
            self._counts.write()


class CountingInterceptor(Interceptor):
    """Counts activities."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap an activity."""
        return _CountedActivity(next, self._counts)


class CountingTransport(httpx.BaseTransport):
    """Counts requests, below the mode lock."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._inner = httpx.HTTPTransport(trust_env=False, retries=0, limits=httpx.Limits(keepalive_expiry=5.0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Count and send."""
        self._counts.add("broker calls")
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()


def _count_transactions(counts: Counts) -> None:
    def after_commit(session: Session) -> None:
        reads = session.get_bind().get_execution_options().get(READING, False)
        counts.add("reads" if reads else "commits")

    event.listen(Session, "after_commit", after_commit)


def main(path: Path) -> None:
    """Run the worker with its counters until it is told to stop."""
    counts = Counts(path)
    _count_transactions(counts)
    setattr(trading, "build_broker", functools.partial(build_broker, inner=CountingTransport(counts)))  # noqa: B010
    options_of = hosting.worker_options

    def with_counts(layer: Layer) -> dict[str, Any]:
        options = options_of(layer)
        return {**options, "interceptors": [*options["interceptors"], CountingInterceptor(counts)]}

    setattr(hosting, "worker_options", with_counts)  # noqa: B010
    hosting.run_worker(Layer.TRADING, rooms=trading.rooms, tools=tool_calls_of(Layer.TRADING), threads=16)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
