"""Linear regression with standard errors that survive autocorrelation and changing variance.

Ordinary least squares; the covariance is Newey and West's (Econometrica 55, 1987) with Bartlett weights, the usual
lag floor(4 (n / 100) ^ (2 / 9)) and the small-sample factor n / (n - k). p-values are those of the normal
distribution, two-sided.
"""

import math
from dataclasses import dataclass

import numpy as np

from daybook.analysis.errors import TooShort
from daybook.analysis.price_frame import Floats

FEWEST_PER_COEFFICIENT = 10


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One estimate."""

    name: str
    estimate: float
    standard_error: float

    @property
    def t_value(self) -> float:
        """The estimate in standard errors; NaN when it has none."""
        return self.estimate / self.standard_error if self.standard_error > 0 else math.nan

    @property
    def p_value(self) -> float:
        """How likely so large an estimate is by chance alone, were the true one zero."""
        return math.erfc(abs(self.t_value) / math.sqrt(2))


@dataclass(frozen=True, slots=True)
class Regression:
    """Coefficients, the constant first as ``alpha``, and the share of the variance they explain."""

    coefficients: tuple[Coefficient, ...]
    r_squared: float
    observations: int
    lags: int


def regress(target: Floats, factors: Floats, names: tuple[str, ...]) -> Regression:
    """Regress a series on factors (observations x factors).

    Raises ``TooShort`` below ten observations a coefficient and ``ValueError`` for factors that repeat one another.
    """
    count, width = len(target), factors.shape[1] + 1
    if count < FEWEST_PER_COEFFICIENT * width:
        raise TooShort(f"a regression on {', '.join(names)}", FEWEST_PER_COEFFICIENT * width + 1, count + 1)
    design = np.column_stack((np.ones(count), factors))
    scale = np.sqrt((design**2).mean(axis=0))
    if (scale == 0).any() or np.linalg.matrix_rank(design / np.where(scale == 0, 1, scale), tol=1e-8) < width:
        raise ValueError(f"the factors {', '.join(names)} repeat one another or do not move")
    inverse = np.linalg.inv(design.T @ design)
    estimates = inverse @ design.T @ target
    residuals = target - design @ estimates
    lags = math.floor(4 * (count / 100) ** (2 / 9))
    scores = design * residuals[:, np.newaxis]
    middle = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        middle += (1 - lag / (lags + 1)) * (cross + cross.T)
    covariance = inverse @ middle @ inverse * count / (count - width)
    errors = np.sqrt(np.maximum(np.diag(covariance), 0))
    spread = float(((target - target.mean()) ** 2).sum())
    explained = 1 - float((residuals**2).sum()) / spread if spread > 0 else math.nan
    rows = zip(("alpha", *names), estimates, errors, strict=True)
    coefficients = tuple(Coefficient(name, float(value), float(error)) for name, value, error in rows)
    return Regression(coefficients, explained, count, lags)
