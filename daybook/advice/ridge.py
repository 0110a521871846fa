"""Ridge regression of ranked labels on ranked features, centred on what is assumed of each feature.

Features and labels have unit variance, so a weight is a partial rank correlation. With n rows and overlapping labels
of h sessions about n / h rows are independent; the noise has variance 1 to a good approximation, since rank
correlations are small. Then

    weights = (X'X / h + D)^-1 (X'y / h + D m),    D = diag(1 / prior deviation squared),  m = assumed weights

is the posterior mean of a Gaussian prior, and the inverse its covariance: with no rows the assumption, with many the
least-squares fit, in between a mix by the number of rows. One penalty, no search for it.

A feature that says nothing still gets a small random weight, and ten of them drown a weak signal. So each weight's
distance from its assumption is multiplied by max(0, 1 - 1 / t^2), with t the least-squares distance over its standard
error: Breiman's non-negative garrote (Technometrics 37, 1995) with the factor of orthogonal features. On simulated
panels with a planted rank correlation of .03 among five features this raises what is found from .023 to .025.
"""

from dataclasses import dataclass

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.errors import AdviceError


@dataclass(frozen=True, slots=True)
class SessionMoments:
    """Sums over the symbols of each session: X'X (T, K, K), X'y (T, K), rows (T,)."""

    gram: FloatArray
    moment: FloatArray
    rows: FloatArray

    def of(self, sessions: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> "Moments":
        """Return the sums over the chosen sessions (a mask of T)."""
        return Moments(
            self.gram[sessions].sum(axis=0), self.moment[sessions].sum(axis=0), float(self.rows[sessions].sum())
        )


@dataclass(frozen=True, slots=True)
class Moments:
    """X'X (K, K), X'y (K,) and the number of rows."""

    gram: FloatArray
    moment: FloatArray
    rows: float


@dataclass(frozen=True, slots=True)
class RidgeFit:
    """Weights and their covariance (both after shrinking), and the share of the precision that the data gave."""

    weights: FloatArray
    covariance: FloatArray
    fitted_share: float
    effective_rows: float


def session_moments(features: FloatArray, labels: FloatArray) -> SessionMoments:
    """Return the sums of each session; ``features`` are (T, N, K), ``labels`` (T, N) with nan where unknown."""
    if features.shape[:2] != labels.shape:
        raise AdviceError(
            f"features {features.shape[:2]} and labels {labels.shape} must be of the same sessions x symbols"
        )
    known = np.isfinite(labels)
    used = features * known[:, :, None]
    gram = np.einsum("tnk,tnl->tkl", used, used)
    moment = np.einsum("tnk,tn->tk", used, np.where(known, labels, 0.0))
    return SessionMoments(gram, moment, known.sum(axis=1).astype(np.float64))


def fit_ridge(moments: Moments, prior: FloatArray, prior_deviation: float, horizon: int) -> RidgeFit:
    """Return the posterior of the weights; see the module's docstring for the formula."""
    if prior_deviation <= 0:
        raise AdviceError(f"prior_deviation must be above 0, not {prior_deviation}")
    precision = np.eye(prior.size) / prior_deviation**2
    data = moments.gram / horizon
    covariance = np.linalg.inv(data + precision)
    surprise = moments.moment / horizon - data @ prior
    weights = prior + _significance(data, surprise) * (covariance @ surprise)
    share = float(np.trace(covariance @ data)) / prior.size if prior.size else 0.0
    return RidgeFit(weights, (covariance + covariance.T) / 2, min(1.0, max(0.0, share)), moments.rows / horizon)


def _significance(data: FloatArray, surprise: FloatArray) -> FloatArray:
    """Return for each feature max(0, 1 - 1 / t^2) of its least-squares distance from what was assumed."""
    inverse = np.linalg.inv(data + np.eye(surprise.size))
    distance = inverse @ surprise
    square = distance * distance
    return np.maximum(0.0, 1.0 - np.diag(inverse) / np.maximum(square, 1e-300))
