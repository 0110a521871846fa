"""A small cache in memory: the newest few values, each for a limited time."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class ExpiringCache(Generic[K, V]):
    """Keeps at most ``size`` values for ``ttl_s`` seconds; the least recently used goes first."""

    def __init__(self, size: int, ttl_s: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._ttl_s = ttl_s
        self._clock = clock
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        """Return the value of ``key``, loaded when it is not there or too old; a failed load keeps nothing."""
        known = self._values.get(key)
        if known is not None and self._clock() - known[0] < self._ttl_s:
            self._values.move_to_end(key)
            return known[1]
        value = await load()
        self._values[key] = (self._clock(), value)
        self._values.move_to_end(key)
        while len(self._values) > self._size:
            self._values.popitem(last=False)
        return value
