"""Market time of things the ledger keeps in real time.

Bookings, halts and approvals carry the real time at which they happened. On a real day that is market time; in a
rehearsal the market runs faster. Each decision recorded both times of its look, so the day's own clock can be read
back from the ledger.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from daybook.contracts.base import KST

_SPEED_TOLERANCE = 1e-3


class MarketTimes:
    """Maps real time to market time through known pairs, straight between them and beyond them."""

    def __init__(self, pairs: Sequence[tuple[datetime, datetime]]) -> None:
        """Take (real, market) pairs; without any, market time is real time."""
        known = dict(pairs)
        self._real = sorted(known)
        self._market = [known[real] for real in self._real]

    @property
    def speed(self) -> float:
        """Market seconds per real second over all pairs; 1 with fewer than two."""
        return self._speed(0, len(self._real) - 1) if len(self._real) > 1 else 1.0

    def of(self, real: datetime) -> datetime:
        """Return the market time (KST) at a real time."""
        if not self._real:
            return real.astimezone(KST)
        left = min(max(bisect_right(self._real, real) - 1, 0), max(len(self._real) - 2, 0))
        speed = self._speed(left, left + 1) if len(self._real) > 1 else 1.0
        elapsed_s = round((real - self._real[left]).total_seconds() * speed, 2)
        return (self._market[left] + timedelta(seconds=elapsed_s)).astimezone(KST)

    def _speed(self, first: int, last: int) -> float:
        real_s = (self._real[last] - self._real[first]).total_seconds()
        market_s = (self._market[last] - self._market[first]).total_seconds()
        speed = market_s / real_s
        return 1.0 if speed <= 0 or abs(speed - 1) < _SPEED_TOLERANCE else speed
