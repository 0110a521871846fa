"""The deflated Sharpe ratio: how likely a Sharpe ratio is real after so many trials, skew and fat tails.

Bailey and López de Prado, "The deflated Sharpe ratio", 2014. Ratios are of one period (a day, say), not of a year,
unless their name says otherwise; kurtosis is not in excess (3 for a normal).
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

_EULER_MASCHERONI = 0.5772156649015329
_NORMAL = NormalDist()


@dataclass(frozen=True)
class DeflatedSharpe:
    """What is left of a Sharpe ratio."""

    threshold: float
    """SR0: the best Sharpe ratio of a period to expect from as many trials without any skill."""
    probability: float
    """P(the true Sharpe ratio is above the threshold)."""


def probabilistic_sharpe(
    sharpe: float, periods: int, skew: float = 0.0, kurtosis: float = 3.0, benchmark: float = 0.0
) -> float:
    """Return P(the true Sharpe ratio of a period exceeds ``benchmark``) from one estimated over ``periods``.

    Raises ``ValueError`` for fewer than two periods, or a skew and kurtosis that no returns of this ratio have.
    """
    if periods < 2:
        raise ValueError(f"periods must be 2 or more, not {periods}")
    variance = 1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2
    if not variance > 0:
        raise ValueError(f"skew {skew:g} and kurtosis {kurtosis:g} leave a Sharpe ratio of {sharpe:g} no variance")
    return _NORMAL.cdf((sharpe - benchmark) * math.sqrt((periods - 1) / variance))


def expected_best_sharpe(trials: int, variance_of_sharpes: float) -> float:
    """Return the largest Sharpe ratio to expect of ``trials`` without skill whose ratios have this variance.

    sqrt(V) ((1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e))), g Euler's constant; 0 for a single trial, which selects nothing.
    Raises ``ValueError`` for no trial or a negative variance.
    """
    if trials < 1:
        raise ValueError(f"trials must be 1 or more, not {trials}")
    if not variance_of_sharpes >= 0:
        raise ValueError(f"variance_of_sharpes must be 0 or above, not {variance_of_sharpes:g}")
    if trials == 1:
        return 0.0
    plain = _NORMAL.inv_cdf(1 - 1 / trials)
    deep = _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance_of_sharpes) * ((1 - _EULER_MASCHERONI) * plain + _EULER_MASCHERONI * deep)


def deflated_sharpe(
    sharpe: float, periods: int, trials: int, variance_of_sharpes: float, skew: float = 0.0, kurtosis: float = 3.0
) -> DeflatedSharpe:
    """Return the deflated Sharpe ratio of the best of ``trials``; ratio and variance are of one period.

    Raises ``ValueError`` as :func:`probabilistic_sharpe` and :func:`expected_best_sharpe`.
    """
    threshold = expected_best_sharpe(trials, variance_of_sharpes)
    return DeflatedSharpe(threshold, probabilistic_sharpe(sharpe, periods, skew, kurtosis, threshold))


def deflated_sharpe_annual(
    sharpe_annual: float,
    periods: int,
    trials: int,
    variance_of_sharpes_annual: float,
    periods_per_year: float = 250,
    skew: float = 0.0,
    kurtosis: float = 3.0,
) -> DeflatedSharpe:
    """Return :func:`deflated_sharpe` of a yearly ratio and the variance of yearly ratios; SR0 stays of one period."""
    if not periods_per_year > 0:
        raise ValueError(f"periods_per_year must be above 0, not {periods_per_year:g}")
    return deflated_sharpe(
        sharpe_annual / math.sqrt(periods_per_year),
        periods,
        trials,
        variance_of_sharpes_annual / periods_per_year,
        skew,
        kurtosis,
    )
