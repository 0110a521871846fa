"""Rows to fit and to judge on: metrics of a day, and what the next 20 sessions brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from daybook.contracts.scores import SCORE_DRAWDOWN_RATIO, SCORE_HORIZON_DAYS, RiskMetric
from daybook.risk.score.errors import ScoreFitError
from daybook.risk.score.metrics import PRICE_METRICS, drawdown_outcomes, metric_panel
from daybook.scenario.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class FitSample:
    """N rows, one per instrument and session, sorted by session; each has every metric and a known outcome."""

    values: Mapping[RiskMetric, FloatArray]
    volatility: FloatArray
    """Plain 20-day volatility a year."""
    outcomes: FloatArray
    """1: a drawdown of 10 % or more came within 20 sessions; else 0."""
    days: IntArray
    """Ordinal of the session the metrics know last."""
    known_from: IntArray
    """Ordinal of the session the outcome is known on: rows later than a forecast's day must not be learnt from."""
    instruments: int

    def __len__(self) -> int:
        return len(self.outcomes)

    def rows(self, chosen: FloatArray | IntArray | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> "FitSample":
        """Return the chosen rows (a mask or positions)."""
        return FitSample(
            {metric: values[chosen] for metric, values in self.values.items()},
            self.volatility[chosen],
            self.outcomes[chosen],
            self.days[chosen],
            self.known_from[chosen],
            self.instruments,
        )


def fit_sample(
    days: Sequence[date],
    closes: FloatArray,
    index_closes: FloatArray,
    turnovers_krw: FloatArray | None = None,
    *,
    every: int = 1,
) -> FitSample:
    """Return the complete rows of a history (T, n), every ``every``-th session; Amihud's ratio only with turnovers.

    Raises ScoreFitError when days do not rise or no row is complete.
    """
    ordinals = np.array([day.toordinal() for day in days], dtype=np.int64)
    if len(ordinals) != len(closes) or (np.diff(ordinals) <= 0).any():
        raise ScoreFitError("days must rise, one for each row of closes")
    panel = metric_panel(closes, index_closes, turnovers_krw)
    outcomes = drawdown_outcomes(np.asarray(closes, dtype=np.float64), SCORE_HORIZON_DAYS, SCORE_DRAWDOWN_RATIO)
    metrics = PRICE_METRICS if turnovers_krw is None else (*PRICE_METRICS, RiskMetric.AMIHUD)
    complete = np.isfinite(outcomes) & np.isfinite(panel.baseline)
    for metric in metrics:
        complete &= np.isfinite(panel.values[metric])
    complete &= (np.arange(len(closes)) % every == 0)[:, None]
    row, column = np.nonzero(complete)
    if not len(row):
        raise ScoreFitError("no session has every metric and 20 sessions after it; give 275 sessions or more")
    return FitSample(
        {metric: panel.values[metric][row, column] for metric in metrics},
        panel.baseline[row, column],
        outcomes[row, column],
        ordinals[row],
        ordinals[row + SCORE_HORIZON_DAYS],
        int(closes.shape[1]),
    )
