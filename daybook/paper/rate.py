"""The per-key rate limit: a sliding window of one second over all services, orders included.

A refused call is not counted and, as at KIS, was not executed. The hash service is not counted: it is a helper of
the gateway, and clients call it right before an order.
"""

from collections import defaultdict, deque
from collections.abc import Callable

WINDOW_S = 1.0


class RateLimiter:
    """Counts calls of each app key. ``per_second`` None switches the limit off."""

    def __init__(self, per_second: int | None, monotonic_s: Callable[[], float]) -> None:
        self._per_second = per_second
        self._monotonic_s = monotonic_s
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)

    def admit(self, app_key: str) -> bool:
        """Count a call and return whether it may pass."""
        if self._per_second is None:
            return True
        now = self._monotonic_s()
        recent = self._recent[app_key]
        while recent and now - recent[0] >= WINDOW_S:
            recent.popleft()
        if len(recent) >= self._per_second:
            return False
        recent.append(now)
        return True
