"""Simulated panels with a signal of known strength, to see that validation finds it, and finds nothing where none is.

Daily returns are market + sector + own noise + drift, the drift of session d being proportional to a signal known at
the end of session d - 2: a position taken at the close of the next session earns it, as the label does. The signal is
an AR(1) across sessions, standard normal across symbols. Its strength is set so that the rank correlation of the
signal at t with the return from close t + 1 over the horizon is ``planted_ic`` (for jointly normal variables the
Spearman correlation is 6 / pi x arcsin(rho / 2)).
"""

import math
from datetime import date, timedelta

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.errors import AdviceError
from daybook.advice.panel import Panel

PLANTED = "planted"
_FIRST_DAY = date(2015, 1, 1)


def planted_panel(
    planted_ic: float,
    *,
    stocks: int = 150,
    days: int = 2_000,
    horizon: int = 20,
    seed: int = 0,
    persistence: float = 0.95,
    decoys: int = 4,
    daily_volatility: float = 0.02,
) -> Panel:
    """Return a simulated panel whose ``signals`` are the planted one and ``decoys`` that mean nothing.

    Decoys move as slowly as the signal. Days are weekdays from 2015 on and stand for sessions.
    """
    if not -0.5 <= planted_ic <= 0.5:
        raise AdviceError(f"planted_ic must be between -0.5 and 0.5, not {planted_ic}")
    random = np.random.Generator(np.random.PCG64(seed))
    signals = {PLANTED: _signal(random, days, stocks, persistence)}
    signals |= {f"decoy_{number}": _signal(random, days, stocks, persistence) for number in range(1, decoys + 1)}
    noise = random.standard_normal((days, stocks))
    market = random.standard_normal((days, 1)) * 0.01
    volatility = daily_volatility * np.exp(0.3 * random.standard_normal(stocks))
    drift = np.zeros((days, stocks))
    drift[2:] = planted_strength(planted_ic, horizon, persistence) * signals[PLANTED][:-2]
    log_close = np.log(20_000) + np.cumsum(market + volatility * (noise + drift), axis=0)
    turnover = np.exp(23 + 0.5 * random.standard_normal(stocks) + 0.4 * random.standard_normal((days, stocks)))
    return Panel(
        days=_weekdays(days),
        symbols=tuple(f"{number:06d}" for number in range(1, stocks + 1)),
        close_krw=np.exp(log_close),
        turnover_krw=turnover,
        member=np.ones((days, stocks), dtype=np.bool_),
        sectors=tuple(f"sector {number % 10}" for number in range(stocks)),
        signals=signals,
    )


def planted_strength(planted_ic: float, horizon: int, persistence: float) -> float:
    """Return the daily drift per unit of signal, in units of daily noise, that gives ``planted_ic``.

    With c the sum of persistence^k and v the variance of the sum of the signal over k = 0 .. horizon - 1, strength a
    gives the correlation a c / sqrt(horizon + a^2 v); solved for a.
    """
    correlation = 2 * math.sin(math.pi * planted_ic / 6)
    powers = persistence ** np.arange(horizon)
    common = float(powers.sum())
    lags = np.abs(np.subtract.outer(np.arange(horizon), np.arange(horizon)))
    variance = float((persistence**lags).sum())
    square = horizon * correlation**2 / (common**2 - correlation**2 * variance)
    return math.copysign(math.sqrt(square), planted_ic) if planted_ic else 0.0


def _signal(random: np.random.Generator, days: int, stocks: int, persistence: float) -> FloatArray:
    shocks = random.standard_normal((days, stocks)) * math.sqrt(1 - persistence**2)
    shocks[0] /= math.sqrt(1 - persistence**2)
    for day in range(1, days):
        shocks[day] += persistence * shocks[day - 1]
    return shocks


def _weekdays(count: int) -> tuple[date, ...]:
    days: list[date] = []
    day = _FIRST_DAY
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    return tuple(days)
