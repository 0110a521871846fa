"""The regression behind ``factor_regression``: choosing the days, building the factors, wording the method."""

from collections.abc import Sequence

import numpy as np

from daybook.analysis.factor_names import Factor
from daybook.analysis.factors import FORMATION_SESSIONS, factor_returns
from daybook.analysis.price_frame import Floats, PriceFrame
from daybook.analysis.regression import Regression, regress
from daybook.analysis.statistics import simple_returns
from daybook.skills.context import ToolContext
from daybook.skills.errors import NoData
from daybook.skills.result import Sourced
from daybook.skills.technical import history as stored
from daybook.skills.technical.ports import DeskUniverse, PriceHistory
from daybook.skills.technical.statistics import FactorExposure, FactorReport

_FULL_ENOUGH = 0.9
"""A universe symbol with fewer of the sessions is left out, lest it shorten all others."""


def run_regression(
    symbol: str,
    factors: Sequence[Factor],
    sessions: int,
    market_symbol: str | None,
    history: PriceHistory,
    universe: DeskUniverse,
    context: ToolContext,
) -> Sourced[FactorReport]:
    """Regress a symbol's daily returns on factors over the days all of them traded; see the tool for errors."""
    reaches_back = sessions + 1 + (FORMATION_SESSIONS + 1 if set(factors) - {Factor.MARKET} else 0)
    target = stored.full_frame(symbol, reaches_back, history, context)
    market = stored.full_frame(market_symbol, reaches_back, history, context) if market_symbol else None
    needs_universe = set(factors) != {Factor.MARKET} or market is None
    others = _universe(symbol, universe, reaches_back, history, context) if needs_universe else []
    target, *rest = _on_common_days([target, *([market] if market else []), *others])
    if market:
        market, *rest = rest
    try:
        columns = [_factor(factor, market, rest) for factor in factors]
        length = min(sessions, len(target) - 1, *(len(column) for column in columns))
        found = regress(
            simple_returns(target.close)[-length:],
            np.column_stack([column[-length:] for column in columns]),
            tuple(factor.value for factor in factors),
        )
    except ValueError as error:
        raise NoData(f"{symbol}: {error}") from error
    days = target.days[-length:]
    report = FactorReport(
        symbol=symbol,
        first_day=days[0],
        last_day=days[-1],
        observations=found.observations,
        r_squared=stored.rounded(found.r_squared, 3),
        method=f"OLS of daily returns; Newey-West errors, {found.lags} lags; p-values of the normal distribution",
        market=_market_text(factors, market_symbol, len(rest)),
        coefficients=_exposures(found),
    )
    names = [symbol, *([market_symbol] if market_symbol else []), *(frame.symbol for frame in rest)]
    return Sourced(report, (stored.source(names, days[0], days[-1]),))


def _universe(
    symbol: str, universe: DeskUniverse, sessions: int, history: PriceHistory, context: ToolContext
) -> list[PriceFrame]:
    """Return the frames of the other symbols that have nearly all sessions; those without bars are left out."""
    found = []
    for other in universe.symbols:
        if other == symbol:
            continue
        try:
            frame = stored.frame(other, sessions, history, context)
        except NoData:
            continue
        if len(frame) >= _FULL_ENOUGH * sessions:
            found.append(frame)
    return found


def _on_common_days(frames: list[PriceFrame]) -> list[PriceFrame]:
    common = set.intersection(*(set(frame.days) for frame in frames))
    kept = []
    for frame in frames:
        rows = [row for row, day in enumerate(frame.days) if day in common]
        columns = (frame.open, frame.high, frame.low, frame.close, frame.volume, frame.turnover)
        kept.append(
            PriceFrame(frame.symbol, tuple(frame.days[row] for row in rows), *(column[rows] for column in columns))
        )
    return kept


def _factor(factor: Factor, market: PriceFrame | None, universe: Sequence[PriceFrame]) -> Floats:
    if factor is Factor.MARKET and market is not None:
        return simple_returns(market.close)
    return factor_returns(factor, universe)[1]


def _market_text(factors: Sequence[Factor], market_symbol: str | None, count: int) -> str:
    if market_symbol:
        return market_symbol
    return f"equal-weighted, {count} symbols of the desk's universe" if Factor.MARKET in factors else ""


def _exposures(found: Regression) -> list[FactorExposure]:
    return [
        FactorExposure(
            name=row.name,
            estimate=float(f"{row.estimate:.4g}"),
            standard_error=stored.rounded(row.standard_error, 6),
            t_value=stored.rounded(row.t_value, 2),
            p_value=stored.rounded(row.p_value, 4),
        )
        for row in found.coefficients
    ]
