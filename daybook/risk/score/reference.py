"""The frozen, versioned reference: percentiles of each metric, weights, and two calibrations."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from daybook.contracts.scenario import EvidenceKind
from daybook.contracts.scores import RiskMetric, ScoreKind, ScoreReferenceFacts
from daybook.risk.score.errors import ScoreReferenceError
from daybook.risk.score.piecewise import MonotoneTable
from daybook.risk.score.weights import full_weights
from daybook.scenario.arrays import FloatArray


@dataclass(frozen=True)
class ScoreReference:
    """Everything a score depends on besides the metrics; made by a fit, read from a file, never changed.

    Raises ScoreReferenceError where its parts contradict each other.
    """

    facts: ScoreReferenceFacts
    fitted_weights: Mapping[RiskMetric, float]
    """Never negative, sum 1."""
    quantiles: Mapping[RiskMetric, MonotoneTable]
    """Metric value to percentile, 0 to 1."""
    calibration: MonotoneTable
    """Index to probability."""
    baseline: MonotoneTable
    """Volatility of 20 days, a year, to probability."""

    def __post_init__(self) -> None:
        weights = list(self.fitted_weights.values())
        if not weights or min(weights) < 0 or abs(sum(weights) - 1.0) > 1e-9:
            raise ScoreReferenceError("fitted weights must be 0 or above and sum to 1")
        missing = {metric for kind in ScoreKind for metric in self.weights(kind)} - set(self.quantiles)
        if missing:
            raise ScoreReferenceError(f"the reference has no quantiles of {', '.join(sorted(missing))}")
        for name, table in (*self.quantiles.items(), ("calibration", self.calibration), ("baseline", self.baseline)):
            if table.y[0] < 0 or table.y[-1] > 1:
                raise ScoreReferenceError(f"the table of {name} leaves 0 to 1")

    def weights(self, kind: ScoreKind) -> dict[RiskMetric, float]:
        """Return a kind's metrics and weights; they sum to 1."""
        return full_weights(self.fitted_weights)[kind]

    def evidence(self, metric: RiskMetric) -> EvidenceKind:
        """Return whether a metric's weight is fitted or a judgement."""
        return EvidenceKind.DATA if metric in self.fitted_weights else EvidenceKind.EXPERT

    def percentile(self, metric: RiskMetric, values: FloatArray) -> FloatArray:
        """Return percentiles of any shape, 0 to 1; 1 where a value is missing (nan), so that none is ever flattered."""
        return np.nan_to_num(self.quantiles[metric](values), nan=1.0)
