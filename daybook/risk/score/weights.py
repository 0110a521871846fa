"""How metrics weigh: what a fit decides, and what is judgement until data allow a fit.

An asset's and a portfolio's weights sum to 1. Expert weights take the same sum in both kinds, so that one calibration
serves both: it is made with the expert metrics at ``NEUTRAL``, and they tilt the index by at most half their sum.
"""

from collections.abc import Mapping, Sequence

from daybook.contracts.scores import RiskMetric, ScoreKind

NEUTRAL = 0.5
"""The percentile of an expert metric in the calibration: the median of its reference."""

EXPERT_WEIGHTS: Mapping[ScoreKind, Mapping[RiskMetric, float]] = {
    ScoreKind.ASSET: {
        RiskMetric.AMIHUD: 0.02,
        RiskMetric.DAYS_TO_LIQUIDATE: 0.02,
        RiskMetric.THREAT_LOSS: 0.04,
    },
    ScoreKind.PORTFOLIO: {
        RiskMetric.AMIHUD: 0.02,
        RiskMetric.DAYS_TO_LIQUIDATE: 0.01,
        RiskMetric.CONCENTRATION: 0.01,
        RiskMetric.THREAT_LOSS: 0.04,
    },
}
"""Judgement: small, since the packaged sample holds closes only and cannot say more."""

EXPERT_QUANTILES: Mapping[RiskMetric, tuple[Sequence[float], Sequence[float]]] = {
    RiskMetric.CONCENTRATION: ((0.0, 0.02, 0.05, 0.10, 0.25, 1.0), (0.0, 0.1, 0.3, 0.5, 0.75, 1.0)),
    RiskMetric.THREAT_LOSS: ((0.0, 0.002, 0.005, 0.01, 0.03, 0.10), (0.0, 0.15, 0.3, 0.5, 0.8, 1.0)),
}
"""Judgement: (value, percentile) of metrics no market data rank."""


def full_weights(fitted: Mapping[RiskMetric, float]) -> dict[ScoreKind, dict[RiskMetric, float]]:
    """Return each kind's weights: the fitted ones (they sum to 1) scaled into the room the expert ones leave."""
    weights: dict[ScoreKind, dict[RiskMetric, float]] = {}
    for kind, expert in EXPERT_WEIGHTS.items():
        judged = {metric: weight for metric, weight in expert.items() if metric not in fitted}
        room = 1.0 - sum(judged.values())
        weights[kind] = {metric: room * weight for metric, weight in fitted.items()} | judged
    return weights
