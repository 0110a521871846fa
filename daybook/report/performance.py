"""Figures over several days: growth without flows, drawdown, and what can be said of a difference."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

FEWEST_DAYS_FOR_AN_ERROR = 5


def growth(ratios: Sequence[float]) -> list[float]:
    """Return the growth of 1 over daily change ratios, the start included: one value more than ratios."""
    values = [1.0]
    for ratio in ratios:
        values.append(values[-1] * (1 + ratio))
    return values


def max_drawdown(values: Sequence[float]) -> float:
    """Return the largest fall from a high before it, as a positive ratio; 0 when nothing fell."""
    high, worst = float("-inf"), 0.0
    for value in values:
        high = max(high, value)
        if high > 0:
            worst = max(worst, 1 - value / high)
    return worst


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """The mean of daily differences and two standard errors of it."""

    mean: float
    two_errors: float
    days: int

    @property
    def tells_nothing(self) -> bool:
        """Whether chance alone explains the difference."""
        return abs(self.mean) <= self.two_errors


def mean_difference(ours: Sequence[float], theirs: Sequence[float]) -> MeanDifference | None:
    """Return the mean daily difference; None when there are too few days to say anything."""
    differences = [our - their for our, their in zip(ours, theirs, strict=True)]
    if len(differences) < FEWEST_DAYS_FOR_AN_ERROR:
        return None
    error = statistics.stdev(differences) / sqrt(len(differences))
    return MeanDifference(statistics.fmean(differences), 2 * error, len(differences))


@dataclass(frozen=True, slots=True)
class IndexDays:
    """An index over given days: its daily change ratios, and which of its closes had to be made up."""

    ratios: tuple[float, ...]
    starts_at_first_close: bool
    missing: tuple[date, ...]


def index_days(days: Sequence[date], closes: Sequence[tuple[date, float]]) -> IndexDays | None:
    """Return the index's daily changes over ``days``, or None when it has no close on any of them.

    It starts at its last close before the first day; without one the first day counts as unchanged. A day without a
    close counts as unchanged too and is named.
    """
    known = {day: close for day, close in closes if close > 0}
    if not any(day in known for day in days):
        return None
    earlier = [day for day in known if day < days[0]]
    last = known[max(earlier)] if earlier else None
    starts_late = last is None
    ratios: list[float] = []
    missing: list[date] = []
    for day in days:
        close = known.get(day)
        if close is None:
            missing.append(day)
        ratios.append(close / last - 1 if close is not None and last is not None else 0.0)
        last = close if close is not None else last
    return IndexDays(tuple(ratios), starts_late, tuple(missing))
