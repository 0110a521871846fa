"""How the broker has answered lately: calls, failures and delays of the last five minutes."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_S = 300.0
_MOST = 5_000
_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class BrokerFigures:
    """The last five minutes. ``latency_s``: 95 % of the answered calls took at most that long; None without any."""

    calls: int
    errors: int
    latency_s: float | None
    token_failures: int = 0


class CallStatistics:
    """Counts calls. Thread-safe, bounded; ``clock`` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: deque[tuple[float, float | None]] = deque(maxlen=_MOST)

    def now(self) -> float:
        """Return the clock's reading."""
        return self._clock()

    def answered(self, began: float) -> None:
        """Count a call that got a usable reply."""
        ended = self._clock()
        with self._lock:
            self._calls.append((ended, max(0.0, ended - began)))

    def failed(self) -> None:
        """Count a call without a usable reply."""
        with self._lock:
            self._calls.append((self._clock(), None))

    def figures(self, token_failures: int = 0) -> BrokerFigures:
        """Return the figures of the window."""
        since = self._clock() - WINDOW_S
        with self._lock:
            while self._calls and self._calls[0][0] < since:
                self._calls.popleft()
            recent = [took for _, took in self._calls]
        delays = sorted(took for took in recent if took is not None)
        latency_s = delays[max(0, math.ceil(_SHARE * len(delays)) - 1)] if delays else None
        return BrokerFigures(len(recent), len(recent) - len(delays), latency_s, token_failures)
