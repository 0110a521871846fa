"""Heartbeats for every activity, so that a dead worker is known in seconds and its work goes on elsewhere."""

import asyncio
import contextlib
import inspect
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

BEAT_INTERVAL_S = 1.0


class _BeatingActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Run the activity and beat until it ends."""
        beating = asyncio.create_task(_beat(inspect.iscoroutinefunction(input.fn)))
        try:
            return await super().execute_activity(input)
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating


async def _beat(in_loop: bool) -> None:
    """Beat until cancelled. A blocking activity's beat waits for the loop, so it is made from a thread."""
    while True:
        await asyncio.sleep(BEAT_INTERVAL_S)
        if in_loop:
            activity.heartbeat()
        else:
            await asyncio.to_thread(activity.heartbeat)


class Heartbeats(Interceptor):
    """Beats from the worker's own loop: a process that is gone is silent, one that works is not."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap an activity."""
        return _BeatingActivity(next)
