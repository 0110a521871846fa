"""Fitting: quantiles, non-negative weights, and two monotone calibrations. The same rows give the same reference.

Nothing here knows where prices come from: the packaged reference and a refit on one's own KRX bars take this one way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.optimize import minimize

from daybook.contracts.scores import RiskMetric, ScoreKind, ScoreReferenceFacts, ScoreValidation
from daybook.risk.score.errors import ScoreFitError
from daybook.risk.score.isotonic import binned_isotonic
from daybook.risk.score.model import index_of
from daybook.risk.score.piecewise import MonotoneTable, quantile_table
from daybook.risk.score.reference import ScoreReference
from daybook.risk.score.sample import FitSample
from daybook.risk.score.weights import EXPERT_QUANTILES, EXPERT_WEIGHTS, NEUTRAL
from daybook.scenario.arrays import FloatArray

SHARES = np.unique(np.concatenate([np.linspace(0.0, 1.0, 41), (0.005, 0.01, 0.99, 0.995)]))
"""Where quantiles are kept: every 2.5 %, closer at both ends."""
CALIBRATION_BINS = 40
LEAST_ROWS = 2_000
LEAST_EVENTS = 50
RIDGE = 1e-4
"""Keeps weights of nearly equal metrics apart; too small to matter otherwise."""


@dataclass(frozen=True)
class FittedParts:
    """What rows alone decide; a reference without its provenance and its expert parts."""

    weights: Mapping[RiskMetric, float]
    quantiles: Mapping[RiskMetric, MonotoneTable]
    calibration: MonotoneTable
    baseline: MonotoneTable

    def model(self, sample: FitSample) -> FloatArray:
        """Return the model's probability (N,) for rows, expert metrics at their neutral percentile."""
        return self.calibration(fitted_index(sample, self.weights, self.quantiles))

    def volatility_only(self, sample: FitSample) -> FloatArray:
        """Return the baseline's probability (N,) for rows."""
        return self.baseline(sample.volatility)


def fitted_index(
    sample: FitSample, weights: Mapping[RiskMetric, float], quantiles: Mapping[RiskMetric, MonotoneTable]
) -> FloatArray:
    """Return the index (N,) of rows on the scale scores use, expert metrics at their neutral percentile."""
    judged = sum(weight for metric, weight in EXPERT_WEIGHTS[ScoreKind.ASSET].items() if metric not in weights)
    percentiles = {metric: quantiles[metric](sample.values[metric]) for metric in weights}
    fitted = {metric: (1.0 - judged) * weight for metric, weight in weights.items()}
    return index_of(percentiles, fitted, sample.outcomes.shape) + NEUTRAL * judged


def fit_parts(sample: FitSample) -> FittedParts:
    """Return quantiles, weights and calibrations of rows.

    Raises ScoreFitError with fewer than LEAST_ROWS rows or LEAST_EVENTS of either outcome.
    """
    events = float(sample.outcomes.sum())
    if len(sample) < LEAST_ROWS or min(events, len(sample) - events) < LEAST_EVENTS:
        raise ScoreFitError(
            f"{len(sample)} rows with {events:.0f} drawdowns are too few: collect {LEAST_ROWS} rows or more with at "
            f"least {LEAST_EVENTS} of either outcome, or keep the packaged reference"
        )
    quantiles = {metric: quantile_table(values, SHARES) for metric, values in sample.values.items()}
    percentiles = np.stack([quantiles[metric](values) for metric, values in sample.values.items()])
    raw = fit_logit(percentiles, sample.outcomes)
    if raw.sum() <= 0:
        raise ScoreFitError("no metric rises with the risk of a drawdown in these rows; keep the packaged reference")
    weights = dict(zip(sample.values, (raw / raw.sum()).tolist(), strict=True))
    index = fitted_index(sample, weights, quantiles)
    return FittedParts(
        weights,
        quantiles,
        _calibrated(index, sample.outcomes),
        _calibrated(sample.volatility, sample.outcomes),
    )


def _calibrated(x: FloatArray, outcomes: FloatArray) -> MonotoneTable:
    """Return x to probability; below the lowest bin straight to 0 at 0, where nothing moves and nothing falls."""
    knots, rates = binned_isotonic(x, outcomes, CALIBRATION_BINS)
    above = knots > 0
    return MonotoneTable(np.concatenate([[0.0], knots[above]]), np.concatenate([[0.0], rates[above]]))


def fit_logit(percentiles: FloatArray, outcomes: FloatArray) -> FloatArray:
    """Return non-negative slopes (K,) of a logistic regression of outcomes (N,) on percentiles (K, N)."""
    count = len(outcomes)

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        slopes = parameters[1:]
        logits = np.full(count, parameters[0])
        for slope, row in zip(slopes.tolist(), percentiles, strict=True):
            logits = logits + slope * row
        value = (np.logaddexp(0.0, logits) - outcomes * logits).mean() + RIDGE * (slopes**2).sum()
        error = 1.0 / (1.0 + np.exp(-logits)) - outcomes
        gradient = [error.mean(), *((row * error).mean() for row in percentiles)]
        return float(value), np.array(gradient) + np.concatenate([[0.0], 2.0 * RIDGE * slopes])

    start = np.concatenate([[-3.0], np.full(len(percentiles), 1.0)])
    bounds = [(None, None), *([(0.0, None)] * len(percentiles))]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-12})
    slopes: FloatArray = np.asarray(found.x[1:], dtype=np.float64)
    return slopes


def fit_reference(
    sample: FitSample,
    *,
    version: str,
    market: str,
    source: str,
    fitted_on: date,
    liquidity: Mapping[RiskMetric, MonotoneTable],
    notes: tuple[str, ...] = (),
    validations: tuple[ScoreValidation, ...] = (),
) -> ScoreReference:
    """Return a reference fitted on rows; ``liquidity`` gives the quantiles rows without turnovers cannot.

    Use :func:`liquidity_quantiles` for them. Raises ScoreFitError when the rows are too few.
    """
    parts = fit_parts(sample)
    expert = {metric: MonotoneTable.of(*points) for metric, points in EXPERT_QUANTILES.items()}
    return ScoreReference(
        facts=ScoreReferenceFacts(
            version=version,
            market=market,
            source=source,
            fitted_on=fitted_on,
            first_day=date.fromordinal(int(sample.days[0])),
            last_day=date.fromordinal(int(sample.days[-1])),
            instruments=sample.instruments,
            rows=len(sample),
            base_rate=float(sample.outcomes.mean()),
            notes=notes,
            validations=validations,
        ),
        fitted_weights=parts.weights,
        quantiles=expert | dict(liquidity) | dict(parts.quantiles),
        calibration=parts.calibration,
        baseline=parts.baseline,
    )


def liquidity_quantiles(
    amihud: FloatArray, daily_turnover_krw: FloatArray, position_krw: float, participation: float
) -> dict[RiskMetric, MonotoneTable]:
    """Return the quantiles of Amihud's ratio and of days to liquidate a standard position over a market's stocks.

    ``amihud`` and ``daily_turnover_krw`` are one value per stock; stocks that do not trade are left out.
    """
    traded = daily_turnover_krw[np.isfinite(daily_turnover_krw) & (daily_turnover_krw > 0)]
    return {
        RiskMetric.AMIHUD: quantile_table(amihud, SHARES),
        RiskMetric.DAYS_TO_LIQUIDATE: quantile_table(position_krw / (participation * traded), SHARES),
    }
