"""Metrics of price histories, each higher = riskier, each from past closes only.

Arrays are (T, n): sessions by instruments, oldest first; nan is a session without a price. A metric is missing (nan)
where less than ``MIN_SHARE`` of its window was observed. A return over a gap counts on the day trading resumes, so a
halt hides no fall.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from daybook.contracts.scores import SCORE_HORIZON_DAYS, RiskMetric
from daybook.risk.score import windows
from daybook.risk.score.errors import ScoreInputError
from daybook.scenario.arrays import FloatArray

YEAR_DAYS = 250
LOOKBACK_DAYS = 250
"""Sessions of the longest window (and one close before them)."""
VOLATILITY_DAYS = 20
EWMA_DECAY = 0.94
"""RiskMetrics (J.P. Morgan 1996), daily."""
EWMA_DAYS = 120
DOWNSIDE_DAYS = 60
LIQUIDITY_DAYS = 60
TAIL_SHARE = 0.05
MIN_SHARE = 0.8
PER_BILLION = 1e9
"""Amihud's ratio is of a return per billion won."""
PRICE_METRICS = (
    RiskMetric.EWMA_VOLATILITY,
    RiskMetric.DRAWDOWN,
    RiskMetric.CVAR_20D,
    RiskMetric.BETA,
    RiskMetric.DOWNSIDE_DEVIATION,
)
"""What closes alone tell."""


@dataclass(frozen=True)
class MetricPanel:
    """Metrics of a history's last rows; every array is (rows, n)."""

    values: Mapping[RiskMetric, FloatArray]
    """nan = missing."""
    coverage: Mapping[RiskMetric, FloatArray]
    """Share of the metric's window that was observed, 0 to 1."""
    baseline: FloatArray
    """Standard deviation of 20 days, a year: all the baseline knows."""
    daily_turnover_krw: FloatArray
    """Mean turnover of 60 days; nan without turnovers."""


def metric_panel(
    closes: FloatArray,
    index_closes: FloatArray | None = None,
    turnovers_krw: FloatArray | None = None,
    *,
    rows: int | None = None,
) -> MetricPanel:
    """Return the metrics of the last ``rows`` sessions (all when None) of closes (T, n).

    ``index_closes`` (T,) is what beta is against (missing without it); ``turnovers_krw`` (T, n) is what liquidity is
    from. Raises ScoreInputError when shapes differ or a price is not positive.
    """
    closes, index_closes, turnovers_krw = checked(closes, index_closes, turnovers_krw)
    wanted = len(closes) if rows is None else min(rows, len(closes))
    market = None if index_closes is None else log_returns(index_closes[:, None])[:, 0]
    returns, filled = log_returns(closes), filled_forward(closes)
    columns = [
        _column(
            closes[:, at],
            filled[:, at],
            returns[:, at],
            market,
            None if turnovers_krw is None else turnovers_krw[:, at],
            wanted,
        )
        for at in range(closes.shape[1])
    ]
    empty = np.full((wanted, 0), np.nan)
    metrics = (*PRICE_METRICS, RiskMetric.AMIHUD)
    kept = {metric: [_enough(*column[metric]) for column in columns] for metric in metrics}
    return MetricPanel(
        values={metric: np.column_stack(parts) if parts else empty for metric, parts in kept.items()},
        coverage={metric: np.column_stack([empty, *(column[metric][1] for column in columns)]) for metric in metrics},
        baseline=np.column_stack([empty, *(_enough(*column["volatility"]) for column in columns)]),
        daily_turnover_krw=np.column_stack([empty, *(_enough(*column["turnover"]) for column in columns)]),
    )


def _column(
    closes: FloatArray,
    filled: FloatArray,
    returns: FloatArray,
    market: FloatArray | None,
    turnovers: FloatArray | None,
    rows: int,
) -> dict[str, windows.Measured]:
    year = np.sqrt(YEAR_DAYS)
    decay = EWMA_DECAY ** np.arange(EWMA_DAYS - 1, -1, -1.0)
    flat = np.full(DOWNSIDE_DAYS, 1.0 / DOWNSIDE_DAYS)
    months = np.full(len(closes), np.nan)
    months[SCORE_HORIZON_DAYS:] = closes[SCORE_HORIZON_DAYS:] / filled[:-SCORE_HORIZON_DAYS] - 1.0
    own = windows.windows(returns, LOOKBACK_DAYS, rows)
    nothing = (np.full(rows, np.nan), np.zeros(rows))
    ewma, ewma_seen = windows.root_mean_square(windows.windows(returns, EWMA_DAYS, rows), decay / decay.sum())
    falls, falls_seen = windows.root_mean_square(windows.windows(np.minimum(returns, 0.0), DOWNSIDE_DAYS, rows), flat)
    volatility, volatility_seen = windows.standard_deviation(windows.windows(returns, VOLATILITY_DAYS, rows))
    overlapping = LOOKBACK_DAYS + 1 - SCORE_HORIZON_DAYS
    return {
        RiskMetric.EWMA_VOLATILITY: (ewma * year, ewma_seen),
        RiskMetric.DRAWDOWN: windows.drawdown(windows.windows(closes, LOOKBACK_DAYS, rows)),
        RiskMetric.CVAR_20D: windows.tail_loss(windows.windows(months, overlapping, rows), TAIL_SHARE),
        RiskMetric.BETA: nothing
        if market is None
        else windows.slope(own, windows.windows(market, LOOKBACK_DAYS, rows)),
        RiskMetric.DOWNSIDE_DEVIATION: (falls * year, falls_seen),
        RiskMetric.AMIHUD: nothing if turnovers is None else _amihud(returns, turnovers, rows),
        "volatility": (volatility * year, volatility_seen),
        "turnover": nothing if turnovers is None else windows.mean(windows.windows(turnovers, LIQUIDITY_DAYS, rows)),
    }


def _amihud(returns: FloatArray, turnovers: FloatArray, rows: int) -> windows.Measured:
    """Return mean(|r| / turnover) per billion won. Source: Amihud (2002), Illiquidity and stock returns."""
    traded = np.where(turnovers > 0, turnovers, np.nan)
    return windows.mean(windows.windows(np.abs(returns) / traded * PER_BILLION, LIQUIDITY_DAYS, rows))


def _enough(values: FloatArray, coverage: FloatArray) -> FloatArray:
    return np.where(coverage >= MIN_SHARE - 1e-12, values, np.nan)


def filled_forward(prices: FloatArray) -> FloatArray:
    """Return prices (T, n) with each gap filled by the last price before it; nan before the first."""
    at = np.where(np.isnan(prices), 0, np.arange(len(prices))[:, None])
    return np.take_along_axis(prices, np.maximum.accumulate(at, axis=0), axis=0)


def log_returns(prices: FloatArray) -> FloatArray:
    """Return daily log returns (T, n) against the last price before; nan without a price or one before it."""
    returns = np.full(prices.shape, np.nan)
    returns[1:] = np.log(prices[1:] / filled_forward(prices)[:-1])
    return returns


def drawdown_outcomes(closes: FloatArray, horizon_days: int, drawdown_ratio: float) -> FloatArray:
    """Return 1 where the price falls ``drawdown_ratio`` or more from a high within ``horizon_days``, else 0; (T, n).

    Highs and lows are those of closes t to t + horizon. The last ``horizon_days`` rows, and rows without a price, are
    nan: their future is unknown.
    """
    outcomes = np.full(closes.shape, np.nan)
    filled = filled_forward(closes)
    last = len(closes) - horizon_days
    if last <= 0:
        return outcomes
    highest, deepest = filled[:last].copy(), np.zeros((last, closes.shape[1]))
    for step in range(1, horizon_days + 1):
        price = filled[step : step + last]
        highest = np.maximum(highest, price)
        deepest = np.maximum(deepest, 1.0 - price / highest)
    outcomes[:last] = np.where(np.isnan(closes[:last]), np.nan, deepest >= drawdown_ratio)
    return outcomes


def checked(
    closes: FloatArray, index_closes: FloatArray | None, turnovers_krw: FloatArray | None
) -> tuple[FloatArray, FloatArray | None, FloatArray | None]:
    """Return the inputs as float64 of agreeing shapes; raises ScoreInputError naming the field otherwise."""
    closes = np.asarray(closes, dtype=np.float64)
    if closes.ndim != 2 or not len(closes):
        raise ScoreInputError("closes", "give sessions by instruments, one session at least")
    if not (np.isnan(closes) | (np.isfinite(closes) & (closes > 0))).all():
        raise ScoreInputError("closes", "a price is not above 0; leave sessions without a price empty (nan)")
    if index_closes is not None:
        index_closes = np.asarray(index_closes, dtype=np.float64)
        if index_closes.shape != (len(closes),):
            raise ScoreInputError(
                "index_closes", f"give one level a session: {len(closes)}, not shape {index_closes.shape}"
            )
        if not (np.isnan(index_closes) | (np.isfinite(index_closes) & (index_closes > 0))).all():
            raise ScoreInputError("index_closes", "a level is not above 0; leave unknown sessions empty (nan)")
    if turnovers_krw is not None:
        turnovers_krw = np.asarray(turnovers_krw, dtype=np.float64)
        if turnovers_krw.shape != closes.shape:
            raise ScoreInputError("turnovers_krw", f"give one per close: {closes.shape}, not {turnovers_krw.shape}")
        if not (np.isnan(turnovers_krw) | (np.isfinite(turnovers_krw) & (turnovers_krw >= 0))).all():
            raise ScoreInputError("turnovers_krw", "a turnover is below 0; leave unknown sessions empty (nan)")
    return closes, index_closes, turnovers_krw
