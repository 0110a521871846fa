"""Calls under Black-Scholes and under Merton's jump diffusion (1976), by its series and by simulation."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from daybook.scenario.closed_forms.merton import Merton, simulate_log_returns


@dataclass(frozen=True)
class SimulatedPrice:
    """A price from simulation, with its standard error."""

    value: float
    standard_error: float


def black_scholes_call(spot: float, strike: float, rate: float, volatility: float, years: float) -> float:
    """Return the value of a European call without dividends."""
    spread = volatility * math.sqrt(years)
    if spread == 0:
        return max(0.0, spot - strike * math.exp(-rate * years))
    score = (math.log(spot / strike) + rate * years) / spread + spread / 2
    return float(spot * special.ndtr(score) - strike * math.exp(-rate * years) * special.ndtr(score - spread))


def jump_share_model(rate: float, total_volatility: float, jump_rate: float, jump_share: float, years: float) -> Merton:
    """Return the risk-neutral jump diffusion of which ``jump_share`` of the variance comes from jumps.

    Jumps are lognormal with mean relative size 0, so their log mean is minus half their log variance (Haug 1998, p. 9).
    """
    jump_variance = jump_share * total_volatility**2 / jump_rate if jump_rate > 0 else 0.0
    return Merton(
        drift=rate,
        volatility=total_volatility * math.sqrt(1 - jump_share),
        jump_rate=jump_rate,
        jump_mean=-jump_variance / 2,
        jump_sd=math.sqrt(jump_variance),
        years=years,
    )


def merton_call(spot: float, strike: float, rate: float, model: Merton) -> float:
    """Return the value of a European call: Black-Scholes values weighted by the number of jumps.

    The model's drift must be the interest rate, as it is risk-neutral.
    """
    growth = 1 + model.jump_growth
    expected = model.jump_rate * model.years
    tilted = expected * growth
    total = 0.0
    for count in range(int(tilted + 12 * math.sqrt(tilted + 1) + 20)):
        weight = math.exp(float(special.xlogy(count, tilted)) - tilted - math.lgamma(count + 1))
        variance = model.volatility**2 + count * model.jump_sd**2 / model.years
        carry = rate - model.jump_rate * model.jump_growth + count * math.log(growth) / model.years
        total += weight * black_scholes_call(spot, strike, carry, math.sqrt(variance), model.years)
    return total


def simulated_call(spot: float, strike: float, rate: float, model: Merton, count: int, seed: int) -> SimulatedPrice:
    """Return the value of a European call as the discounted mean payoff over ``count`` simulated prices."""
    prices = spot * np.exp(simulate_log_returns(model, count, np.random.Generator(np.random.Philox(seed))))
    payoff = math.exp(-rate * model.years) * np.maximum(prices - strike, 0.0)
    return SimulatedPrice(float(payoff.mean()), float(payoff.std(ddof=1)) / math.sqrt(count))
