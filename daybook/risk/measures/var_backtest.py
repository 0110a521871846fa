"""Tests of a VaR against what happened: too many exceptions, and exceptions that come in clusters."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from daybook.risk.measures.errors import MeasureError


@dataclass(frozen=True)
class LikelihoodRatio:
    """A likelihood ratio test: small p-values speak against the VaR."""

    statistic: float
    degrees: int
    p_value: float

    def rejects(self, significance: float = 0.05) -> bool:
        """Return whether the VaR is rejected at a significance."""
        return self.p_value < significance


def kupiec(exceptions: int, days: int, probability: float) -> LikelihoodRatio:
    """Return Kupiec's proportion of failures test (1995): are exceptions as frequent as ``probability`` says?

    Raises:
        MeasureError: unless 0 <= exceptions <= days, at least one day, and a probability within 0 and 1.
    """
    _check_probability(probability)
    if not (days >= 1 and 0 <= exceptions <= days):
        raise MeasureError(f"exceptions must lie within 0 and the days, not {exceptions} of {days}")
    return _ratio(_log_binomial(exceptions, days, exceptions / days) - _log_binomial(exceptions, days, probability), 1)


@dataclass(frozen=True)
class Transitions:
    """How often a day with (1) or without (0) an exception was followed by one with or without."""

    n00: int
    n01: int
    n10: int
    n11: int

    def __post_init__(self) -> None:
        if min(self.n00, self.n01, self.n10, self.n11) < 0 or self.n00 + self.n01 + self.n10 + self.n11 == 0:
            raise MeasureError("transitions must not be negative and not all 0")


def transitions(exceptions: Sequence[bool] | Sequence[int]) -> Transitions:
    """Count the transitions of a series of days, True where the loss went beyond the VaR.

    Raises:
        MeasureError: for fewer than two days.
    """
    days = [bool(day) for day in exceptions]
    if len(days) < 2:
        raise MeasureError("exceptions must be of two days or more")
    pairs = list(itertools.pairwise(days))
    return Transitions(
        pairs.count((False, False)), pairs.count((False, True)), pairs.count((True, False)), pairs.count((True, True))
    )


def christoffersen_independence(counts: Transitions) -> LikelihoodRatio:
    """Return Christoffersen's independence test (1998): is an exception as likely after one as after none?"""
    after_none, after_one = counts.n00 + counts.n01, counts.n10 + counts.n11
    total = after_none + after_one
    pooled = (counts.n01 + counts.n11) / total
    free = _log_binomial(counts.n01, after_none, _share(counts.n01, after_none))
    free += _log_binomial(counts.n11, after_one, _share(counts.n11, after_one))
    return _ratio(free - _log_binomial(counts.n01 + counts.n11, total, pooled), 1)


def conditional_coverage(exceptions: Sequence[bool] | Sequence[int], probability: float) -> LikelihoodRatio:
    """Return Christoffersen's conditional coverage test: the Kupiec and the independence statistic together.

    The Kupiec part counts every day, the independence part every pair of neighbouring days.

    Raises:
        MeasureError: for fewer than two days or a probability outside 0 and 1.
    """
    independence = christoffersen_independence(transitions(exceptions))
    coverage = kupiec(sum(bool(day) for day in exceptions), len(exceptions), probability)
    return _ratio((coverage.statistic + independence.statistic) / 2, 2)


def conditional_coverage_of_counts(counts: Transitions, probability: float) -> LikelihoodRatio:
    """Return the conditional coverage test from transitions alone: the day before the first pair is not counted.

    Raises:
        MeasureError: for a probability outside 0 and 1.
    """
    exceptions, days = counts.n01 + counts.n11, counts.n00 + counts.n01 + counts.n10 + counts.n11
    coverage = kupiec(exceptions, days, probability)
    return _ratio((coverage.statistic + christoffersen_independence(counts).statistic) / 2, 2)


def _log_binomial(hits: int, days: int, probability: float) -> float:
    """Return the log likelihood without its combinatorial constant; 0 log 0 is 0."""
    return float(special.xlogy(hits, probability) + special.xlog1py(days - hits, -probability))


def _share(hits: int, days: int) -> float:
    return hits / days if days else 0.0


def _ratio(log_likelihood_gain: float, degrees: int) -> LikelihoodRatio:
    statistic = max(0.0, 2 * log_likelihood_gain)
    return LikelihoodRatio(statistic, degrees, float(special.chdtrc(degrees, statistic)))


def _check_probability(probability: float) -> None:
    if not 0 < probability < 1:
        raise MeasureError(f"probability of an exception must lie between 0 and 1 (0.05 for 95 %), not {probability:g}")
