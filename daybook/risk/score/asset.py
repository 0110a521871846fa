"""Scores of stocks from their price histories."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from daybook.contracts.scores import RiskMetric, RiskScore, ScoreKind
from daybook.risk.score.errors import ScoreInputError
from daybook.risk.score.metrics import MetricPanel, metric_panel
from daybook.risk.score.model import MetricValues, score_values
from daybook.risk.score.reference import ScoreReference
from daybook.risk.score.reference_file import shipped_reference
from daybook.scenario.arrays import FloatArray

STANDARD_POSITION_KRW = 10_000_000.0
"""What a stock's days to liquidate are of, where no position is named."""
PARTICIPATION = 0.10
"""Share of a day's turnover one can trade without moving the price much."""


def days_to_liquidate(position_krw: float, daily_turnover_krw: float, participation: float = PARTICIPATION) -> float:
    """Return position / (participation x turnover): inf where nothing trades, nan where turnover is not known."""
    if position_krw <= 0:
        return 0.0
    capacity = participation * daily_turnover_krw
    return np.inf if capacity == 0 else position_krw / capacity


def score_assets(
    codes: Sequence[str],
    closes: FloatArray,
    *,
    index_closes: FloatArray | None = None,
    turnovers_krw: FloatArray | None = None,
    positions_krw: Sequence[float] | None = None,
    threat_loss_ratios: Sequence[float | None] | None = None,
    participation: float = PARTICIPATION,
    as_of: date | None = None,
    reference: ScoreReference | None = None,
) -> tuple[RiskScore, ...]:
    """Return a score per stock as of the last row of ``closes`` (T, n), in the order of ``codes``.

    Args:
        codes: n symbols or names.
        closes: adjusted closes, oldest first; nan where a session has none. 251 rows or more give every metric.
        index_closes: (T,) levels of the index beta is against.
        turnovers_krw: (T, n) won traded a day.
        positions_krw: n positions in won; STANDARD_POSITION_KRW each where not given.
        threat_loss_ratios: n expected threat losses at the current level, as shares of the position.
        participation: share of a day's turnover that may be traded.
        as_of: the session of the last row.
        reference: the packaged one where not given.

    Raises ScoreInputError naming the field and the way out.
    """
    frozen = shipped_reference() if reference is None else reference
    _require_length("codes", codes, closes)
    _require_length("positions_krw", positions_krw, closes)
    _require_length("threat_loss_ratios", threat_loss_ratios, closes)
    if not 0 < participation <= 1:
        raise ScoreInputError("participation", f"give a share of daily turnover above 0 and at most 1: {participation}")
    panel = metric_panel(closes, index_closes, turnovers_krw, rows=1)
    held = [STANDARD_POSITION_KRW] * len(codes) if positions_krw is None else list(positions_krw)
    threats = [None] * len(codes) if threat_loss_ratios is None else list(threat_loss_ratios)
    if any(not np.isfinite(amount) for amount in held):
        raise ScoreInputError("positions_krw", "an amount is not a finite number; give won, or leave the list out")
    return tuple(
        score_values(
            code,
            ScoreKind.ASSET,
            latest_metrics(
                panel,
                at,
                frozen,
                {
                    RiskMetric.DAYS_TO_LIQUIDATE: days_to_liquidate(
                        abs(held[at]), float(panel.daily_turnover_krw[-1, at]), participation
                    ),
                    RiskMetric.THREAT_LOSS: threats[at],
                },
            ),
            frozen,
            as_of=as_of,
        )
        for at, code in enumerate(codes)
    )


def score_asset(
    code: str,
    closes: FloatArray,
    *,
    index_closes: FloatArray | None = None,
    turnovers_krw: FloatArray | None = None,
    position_krw: float = STANDARD_POSITION_KRW,
    threat_loss_ratio: float | None = None,
    participation: float = PARTICIPATION,
    as_of: date | None = None,
    reference: ScoreReference | None = None,
) -> RiskScore:
    """Return the score of one stock from closes (T,) and, where known, index levels and turnovers (T,)."""
    series = np.asarray(closes, dtype=np.float64)
    if series.ndim != 1:
        raise ScoreInputError("closes", "give one series of closes; score_assets takes many")
    return score_assets(
        (code,),
        series[:, None],
        index_closes=index_closes,
        turnovers_krw=None if turnovers_krw is None else np.asarray(turnovers_krw, dtype=np.float64)[:, None],
        positions_krw=(position_krw,),
        threat_loss_ratios=(threat_loss_ratio,),
        participation=participation,
        as_of=as_of,
        reference=reference,
    )[0]


def latest_metrics(
    panel: MetricPanel, at: int, reference: ScoreReference, others: dict[RiskMetric, float | None]
) -> MetricValues:
    """Return column ``at`` of the panel's last row as one subject's metrics, with what prices do not tell."""
    values: dict[RiskMetric, float | None] = {metric: float(panel.values[metric][-1, at]) for metric in panel.values}
    return MetricValues(
        values=values | others,
        coverage={metric: float(panel.coverage[metric][-1, at]) for metric in panel.coverage},
        volatility_ratio=float(panel.baseline[-1, at]),
    )


def _require_length(field: str, given: Sequence[object] | None, closes: FloatArray) -> None:
    wanted = np.asarray(closes).shape[-1]
    if given is not None and len(given) != wanted:
        raise ScoreInputError(field, f"closes have {wanted} columns, so give {wanted}, not {len(given)}")
