"""A limit on calls per second, kept by all calls of one client."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable


class Pace:
    """Lets at most ``calls`` start within any ``window_s`` seconds; later ones wait for their turn in order.

    The window is a sliding one, so no burst at the edge of two seconds passes more than the limit.
    """

    def __init__(
        self,
        calls: int,
        window_s: float = 1.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if calls < 1 or window_s <= 0:
            raise ValueError(f"a pace needs at least one call in a positive window, not {calls} in {window_s} s")
        self._window_s = window_s
        self._clock = clock
        self._sleep = sleep
        self._started: deque[float] = deque(maxlen=calls)
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Return when the next call may start, and count it."""
        async with self._turn:
            if len(self._started) == self._started.maxlen:
                wait_s = self._started[0] + self._window_s - self._clock()
                if wait_s > 0:
                    await self._sleep(wait_s)
            self._started.append(self._clock())
