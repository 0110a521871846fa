"""The score of a portfolio: its own price history at today's weights, how concentrated it is, how fast it sells."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from daybook.contracts.scores import RiskMetric, RiskScore, ScoreKind
from daybook.risk.score.asset import PARTICIPATION, days_to_liquidate, latest_metrics
from daybook.risk.score.errors import ScoreInputError
from daybook.risk.score.metrics import checked, filled_forward, metric_panel
from daybook.risk.score.model import score_values
from daybook.risk.score.reference import ScoreReference
from daybook.risk.score.reference_file import shipped_reference
from daybook.scenario.arrays import FloatArray


def score_portfolio(
    name: str,
    closes: FloatArray,
    positions_krw: Sequence[float],
    *,
    cash_krw: float = 0.0,
    index_closes: FloatArray | None = None,
    turnovers_krw: FloatArray | None = None,
    threat_loss_ratio: float | None = None,
    participation: float = PARTICIPATION,
    as_of: date | None = None,
    reference: ScoreReference | None = None,
) -> RiskScore:
    """Return the score of positions (n,) in won, held beside cash, as of the last row of ``closes`` (T, n).

    Concentration is the sum of squared shares of the account; days to liquidate are those of the slowest position;
    Amihud's ratio is the mean over positions by weight, missing where one is. A day on which a holding had no price
    yet is a day without a portfolio price: a young holding shortens the history instead of flattering it.

    Raises ScoreInputError where nothing is held, an amount is negative or not finite, or lengths differ.
    """
    frozen = shipped_reference() if reference is None else reference
    closes, index_closes, turnovers_krw = checked(closes, index_closes, turnovers_krw)
    amounts = np.asarray(positions_krw, dtype=np.float64)
    if amounts.shape != (closes.shape[1],):
        raise ScoreInputError("positions_krw", f"closes have {closes.shape[1]} columns; give as many amounts")
    if not np.isfinite(amounts).all() or (amounts < 0).any() or not np.isfinite(cash_krw) or cash_krw < 0:
        raise ScoreInputError("positions_krw", "amounts and cash must be 0 or above; short positions are not scored")
    if not (amounts > 0).any():
        raise ScoreInputError("positions_krw", "nothing is held, so there is nothing to score")
    if not 0 < participation <= 1:
        raise ScoreInputError("participation", f"give a share of daily turnover above 0 and at most 1: {participation}")
    held = np.flatnonzero(amounts > 0)
    weights = amounts[held] / (amounts.sum() + cash_krw)
    panel = metric_panel(portfolio_closes(closes[:, held], weights)[:, None], index_closes, rows=1)
    metrics = latest_metrics(panel, 0, frozen, {RiskMetric.THREAT_LOSS: threat_loss_ratio})
    values = dict(metrics.values) | {RiskMetric.CONCENTRATION: float((weights**2).sum())}
    coverage = dict(metrics.coverage)
    amihud, seen, days = _liquidity(closes[:, held], turnovers_krw, held, amounts, weights, participation)
    values |= {RiskMetric.AMIHUD: amihud, RiskMetric.DAYS_TO_LIQUIDATE: days}
    coverage[RiskMetric.AMIHUD] = seen
    return score_values(
        name,
        ScoreKind.PORTFOLIO,
        type(metrics)(values, coverage, metrics.volatility_ratio),
        frozen,
        as_of=as_of,
    )


def portfolio_closes(closes: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the value (T,) of a portfolio kept at ``weights`` (n,), all positive; the rest is idle cash.

    nan until every holding has a price, and on days when less than half of what is held has one; a holding without a
    price on another day returns nothing that day and what it moved on the day trading resumes. Weights sum to 1 at
    most.
    """
    filled = filled_forward(closes)
    returns = np.full(filled.shape, np.nan)
    returns[1:] = filled[1:] / filled[:-1] - 1.0
    daily = np.zeros(len(closes))
    for at, weight in enumerate(weights.tolist()):
        daily = daily + weight * returns[:, at]
    known = ~np.isnan(daily)
    value = np.cumprod(1.0 + np.where(known, daily, 0.0)).astype(np.float64)
    value[~known] = np.nan
    first = int(np.argmax(known)) if known.any() else 0
    if first > 0:
        value[first - 1] = 1.0
    priced = np.einsum("tn,n->t", ~np.isnan(closes), weights / weights.sum())
    value[priced < 0.5] = np.nan
    return value


def _liquidity(
    closes: FloatArray,
    turnovers_krw: FloatArray | None,
    held: np.ndarray[tuple[int], np.dtype[np.intp]],
    amounts: FloatArray,
    weights: FloatArray,
    participation: float,
) -> tuple[float, float, float]:
    """Return Amihud's ratio by weight, its coverage, and the days the slowest position takes; nan where unknown."""
    if turnovers_krw is None:
        return float("nan"), 0.0, float("nan")
    panel = metric_panel(closes, None, turnovers_krw[:, held], rows=1)
    shares = weights / weights.sum()
    amihud = float((panel.values[RiskMetric.AMIHUD][-1] * shares).sum())
    seen = float((panel.coverage[RiskMetric.AMIHUD][-1] * shares).sum())
    days = [
        days_to_liquidate(float(amounts[at]), float(panel.daily_turnover_krw[-1, column]), participation)
        for column, at in enumerate(held.tolist())
    ]
    return amihud, seen, float("nan") if np.isnan(days).any() else max(days)
