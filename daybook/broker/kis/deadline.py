"""A span of real time that a suspended machine or a set-back clock cannot stretch."""

import time
from collections.abc import Callable


class Deadline:
    """``seconds`` from now, measured on two clocks; the faster one counts.

    A monotonic clock may stand still while the machine sleeps, and a wall clock may be set back.
    """

    def __init__(
        self,
        seconds: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._seconds = seconds
        self._clocks = ((monotonic, monotonic()), (wall, wall()))

    @property
    def remaining_s(self) -> float:
        """Seconds left, 0.0 when it has passed."""
        elapsed_s = max(clock() - started for clock, started in self._clocks)
        return max(0.0, self._seconds - elapsed_s)

    @property
    def has_passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining_s <= 0
