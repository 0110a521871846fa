"""A limit on calls per second, kept by all calls of one client."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """Lets calls start at even distances, at most ``calls_per_s`` in any second; later ones wait in order.

    Even distances instead of bursts: calls that start together may arrive apart, and those of two bursts then
    arrive within one second of the source's own clock.
    """

    def __init__(
        self,
        calls_per_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if calls_per_s <= 0:
            raise ValueError(f"a pace must be positive, not {calls_per_s}")
        self._gap_s = 1.0 / calls_per_s
        self._clock = clock
        self._sleep = sleep
        self._next_at: float | None = None
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Return when the next call may start, and count it."""
        async with self._turn:
            if self._next_at is not None:
                wait_s = self._next_at - self._clock()
                if wait_s > 0:
                    await self._sleep(wait_s)
            self._next_at = self._clock() + self._gap_s
