"""What a ranking was worth: information, spread, turnover, and what was left after cost against simple rivals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from daybook.advice.arrays import BoolArray, FloatArray, IntArray
from daybook.advice.costs import TradingCosts
from daybook.advice.errors import AdviceError
from daybook.advice.features.price import low_volatility, momentum_12_1
from daybook.advice.features.rolling import window_mean
from daybook.advice.information import InformationSummary, session_ics, summarise
from daybook.advice.labels import forward_returns
from daybook.advice.panel import Panel
from daybook.advice.quantile_returns import (
    PeriodReturns,
    equal_weights,
    period_returns,
    rebalance_rows,
    top_quantile,
)

SESSIONS_A_YEAR = 245
RANDOM_RIVALS = 10


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A ranking's worth. Yearly figures are simple multiples of a period's mean; excess is net minus a rival's net.

    ``periods`` are the top fifth's returns; ``period_excess`` its net returns less those of equal weights.
    """

    information: InformationSummary
    periods: PeriodReturns
    period_excess: FloatArray
    quintile_spread_a_year: float
    turnover_a_year: float
    gross_a_year: float
    net_a_year: float
    net_excess_a_year: Mapping[str, float]
    excess_t: Mapping[str, float]
    capacity_krw: float


def evaluate(
    panel: Panel,
    scores: FloatArray,
    *,
    horizon: int = 20,
    costs: TradingCosts | None = None,
    index_levels: FloatArray | None = None,
    participation: float = 0.10,
    seed: int = 0,
) -> Evaluation:
    """Evaluate out-of-sample ``scores`` (sessions x symbols, nan where none) with a rebalance every ``horizon``.

    ``index_levels`` are closes of KOSPI200 on the panel's sessions; without them that rival is left out. Rivals pay
    the same costs. Raises ``AdviceError`` when fewer than two periods can be looked at.
    """
    rates = costs or TradingCosts()
    returns = forward_returns(panel, horizon)
    rows = rebalance_rows(scores, returns, horizon)
    if rows.size < 2:
        raise AdviceError(f"{rows.size} periods of {horizon} sessions with scores and returns; 2 are needed")
    turnover = window_mean(panel.turnover_krw, 20, 1)
    known = np.isfinite(returns[rows]) & np.isfinite(scores[rows])

    def run(weights: FloatArray) -> PeriodReturns:
        return period_returns(panel, weights, rows, returns, rates, turnover, participation)

    best = run(equal_weights(top_quantile(scores[rows], known)))
    worst = run(equal_weights(top_quantile(scores[rows], known, lowest=True)))
    rivals = {
        name: run(weights).net for name, weights in _rivals(panel, rows, np.isfinite(returns[rows]), seed).items()
    }
    rivals["random"] = np.mean([rivals.pop(name) for name in list(rivals) if name.startswith("random")], axis=0)
    if index_levels is not None:
        rivals["kospi200"] = index_levels[rows + 1 + horizon] / index_levels[rows + 1] - 1
    a_year = SESSIONS_A_YEAR / horizon
    return Evaluation(
        information=summarise(session_ics(scores, returns), horizon),
        periods=best,
        period_excess=best.net - rivals["equal_weight"],
        quintile_spread_a_year=float((best.gross - worst.gross).mean()) * a_year,
        turnover_a_year=float(best.turnover[1:].mean()) * a_year,
        gross_a_year=float(best.gross.mean()) * a_year,
        net_a_year=float(best.net.mean()) * a_year,
        net_excess_a_year={name: float((best.net - net).mean()) * a_year for name, net in rivals.items()},
        excess_t={name: _t(best.net - net) for name, net in rivals.items()},
        capacity_krw=_median(best.capacity_krw),
    )


def _rivals(panel: Panel, rows: IntArray, known: BoolArray, seed: int) -> dict[str, FloatArray]:
    random = np.random.Generator(np.random.PCG64(seed))
    named: dict[str, FloatArray] = {"equal_weight": equal_weights(known)}
    for name, values in {"low_volatility": low_volatility(panel), "momentum_12_1": momentum_12_1(panel)}.items():
        usable = known & np.isfinite(values[rows])
        named[name] = equal_weights(top_quantile(values[rows], usable))
    for number in range(RANDOM_RIVALS):
        named[f"random_{number}"] = equal_weights(top_quantile(random.random(known.shape), known))
    return named


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def _t(values: FloatArray) -> float:
    deviation = float(values.std(ddof=1))
    return float(values.mean()) / deviation * values.size**0.5 if deviation > 0 else float("nan")
