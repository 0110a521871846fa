"""Latency figures of a sample: percentiles and the minimum, in milliseconds."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Latency:
    """What a sample of durations looks like. On a loaded machine trust ``min_ms`` before ``p95_ms``."""

    n: int
    p50_ms: float
    p95_ms: float
    min_ms: float

    @classmethod
    def of(cls, durations_s: Sequence[float]) -> "Latency":
        """Return the figures of durations in seconds.

        Raises:
            ValueError: when there are none.
        """
        if not durations_s:
            raise ValueError("no durations to describe")
        ordered = sorted(durations_s)
        return cls(
            n=len(ordered),
            p50_ms=1000 * _nearest_rank(ordered, 0.50),
            p95_ms=1000 * _nearest_rank(ordered, 0.95),
            min_ms=1000 * ordered[0],
        )

    def as_json(self) -> dict[str, float]:
        """Return the figures, rounded to 0.1 ms."""
        return {name: round(value, 1) for name, value in asdict(self).items()}


def _nearest_rank(ordered: Sequence[float], quantile: float) -> float:
    return ordered[max(0, math.ceil(quantile * len(ordered)) - 1)]


def ratio(value: float, floor: float) -> float:
    """Return how many times the floor a value is."""
    return value / floor if floor else math.nan
