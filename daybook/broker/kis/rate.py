"""The rate limit of one app key, shared by all threads and processes that use it.

KIS counts calls of a key in a sliding one-second window over all services, orders included (policy of 2026-04-20):
real 18/s, mock 1/s, a new real key 3/s for its first three days. More is answered with EGW00201.
"""

import math
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from daybook.broker.kis.files import locked, private_directory
from daybook.broker.port import RateLimited
from daybook.contracts.base import Mode

REAL_PER_SECOND = 18
MOCK_PER_SECOND = 1
NEW_KEY_PER_SECOND = 3
PAPER_PER_SECOND = 200


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """``calls`` per ``window_s`` seconds. The window is a little over 1 s: calls do not arrive as evenly as sent."""

    calls: int
    window_s: float


def policy_for(
    mode: Mode,
    now: datetime,
    *,
    new_key_until: datetime | None = None,
    rest_per_second: float | None = None,
) -> RatePolicy:
    """Return the policy of a mode at ``now``.

    ``new_key_until`` ends the first three days of a live key. ``rest_per_second`` lowers the limit and never raises it.
    """
    if mode is Mode.PAPER:
        calls, window_s = PAPER_PER_SECOND, 1.0
    elif mode is Mode.MOCK:
        calls, window_s = MOCK_PER_SECOND, 1.1
    else:
        is_new = new_key_until is not None and now < new_key_until
        calls, window_s = (NEW_KEY_PER_SECOND if is_new else REAL_PER_SECOND), 1.05
    if rest_per_second is None or rest_per_second >= calls:
        return RatePolicy(calls, window_s)
    if rest_per_second >= 1:
        return RatePolicy(int(rest_per_second), window_s)
    return RatePolicy(1, window_s / max(rest_per_second, 0.01))


class RateLimiter:
    """Grants permits in order of asking; a permit that lies ahead is reserved and waited for.

    ``path`` is the state file that processes share; None keeps the state in this process. ``monotonic`` must be a
    clock that all processes of the host share (the system's is).
    """

    def __init__(
        self,
        policy: Callable[[], RatePolicy],
        path: Path | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._policy = policy
        self._path = path
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._stamps: list[float] = []
        if path is not None:
            private_directory(path.parent)

    def acquire(self, max_wait_s: float = 30.0) -> None:
        """Wait for a permit; raises ``RateLimited`` (nothing sent) when it would take longer than ``max_wait_s``."""
        policy = self._policy()
        with self._state() as stamps:
            now = self._monotonic()
            horizon_s = max(60.0, max_wait_s)
            # Stamps far ahead come from before a restart of the host, when the clock stood elsewhere.
            kept = [stamp for stamp in stamps if now - policy.window_s < stamp <= now + horizon_s]
            kept.sort()
            due = now
            if len(kept) >= policy.calls:
                due = max(now, kept[-policy.calls] + policy.window_s)
            if due - now > max_wait_s:
                raise RateLimited(
                    f"the call would have to wait {due - now:.1f} s for the rate limit",
                    code="LOCAL_RATE",
                    advice="fewer symbols or a longer decision interval; mock allows one call a second",
                )
            stamps[:] = [*kept, due]
        if due > now:
            self._sleep(due - now)

    @contextmanager
    def _state(self) -> Iterator[list[float]]:
        if self._path is None:
            with self._lock:
                yield self._stamps
            return
        with locked(self._path) as descriptor:
            stamps = _unpack(os.pread(descriptor, 1 << 16, 0))
            yield stamps
            content = struct.pack(f"<{len(stamps)}d", *stamps)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, content, 0)


def _unpack(content: bytes) -> list[float]:
    usable = len(content) - len(content) % 8
    return [stamp for stamp in struct.unpack(f"<{usable // 8}d", content[:usable]) if math.isfinite(stamp)]
