"""Daily factor returns built from a universe of symbols.

market: the mean return of all symbols. momentum: the third with the highest return over the 60 sessions before, less
the third with the lowest. liquidity: the third with the lowest mean turnover over those sessions, less the third with
the highest; it stands in for size where numbers of shares are unknown. Groups are formed every 20 sessions from the
sessions before and held equally weighted, so a factor's return of a day uses nothing of that day to choose.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np

from daybook.analysis.factor_names import Factor as Factor
from daybook.analysis.price_frame import Floats, PriceFrame, common_closes
from daybook.analysis.statistics import simple_returns

FORMATION_SESSIONS = 60
HOLDING_SESSIONS = 20
FEWEST_FOR_MARKET = 3
FEWEST_FOR_THIRDS = 9


def factor_returns(factor: Factor, frames: Sequence[PriceFrame]) -> tuple[tuple[date, ...], Floats]:
    """Return a factor's days and returns over the days all symbols traded.

    Raises ``ValueError`` when the universe is too small for the factor or has too few common sessions.
    """
    fewest = FEWEST_FOR_MARKET if factor is Factor.MARKET else FEWEST_FOR_THIRDS
    if len(frames) < fewest:
        raise ValueError(f"the {factor.value} factor needs {fewest} symbols with history, {len(frames)} have it")
    days, closes = common_closes(frames)
    if len(days) < FORMATION_SESSIONS + 2 and factor is not Factor.MARKET:
        raise ValueError(f"the {factor.value} factor needs {FORMATION_SESSIONS + 2} common sessions, {len(days)} exist")
    returns = simple_returns(closes)
    if factor is Factor.MARKET:
        return days[1:], returns.mean(axis=1)
    turnover = _turnover(frames, days)
    third = len(frames) // 3
    values = np.full(len(returns), np.nan)
    for first in range(FORMATION_SESSIONS, len(returns), HOLDING_SESSIONS):
        # returns[first] is the move from close `first` to close `first + 1`; closes up to `first` are known before it
        if factor is Factor.MOMENTUM:
            score = closes[first] / closes[first - FORMATION_SESSIONS] - 1
        else:
            score = -turnover[first - FORMATION_SESSIONS + 1 : first + 1].mean(axis=0)
        order = np.argsort(score, kind="stable")
        held = returns[first : first + HOLDING_SESSIONS]
        values[first : first + HOLDING_SESSIONS] = held[:, order[-third:]].mean(axis=1) - held[:, order[:third]].mean(
            axis=1
        )
    return days[FORMATION_SESSIONS + 1 :], values[FORMATION_SESSIONS:]


def _turnover(frames: Sequence[PriceFrame], days: tuple[date, ...]) -> Floats:
    columns = []
    for frame in frames:
        row_of = {day: row for row, day in enumerate(frame.days)}
        columns.append(frame.turnover[[row_of[day] for day in days]])
    return np.column_stack(columns)
