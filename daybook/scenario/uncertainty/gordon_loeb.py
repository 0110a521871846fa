"""How much to spend on protection: Gordon and Loeb, "The economics of information security investment", 2002.

With vulnerability v and possible loss L, spending z leaves the breach probability S(z, v); the best z maximises the
expected net benefit (v - S(z, v)) L - z. Class I: S = v / (alpha z + 1)^beta. Class II: S = v^(alpha z + 1).
For both the best z stays below 1/e of the expected loss v L. That share is an *alarm* on a plan, not a limit: Willemson
(2006) gives breach functions that break it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from daybook.scenario.uncertainty.errors import UncertaintyError

ALARM_SHARE = 1 / math.e


@dataclass(frozen=True)
class Investment:
    """The best spending and what it gains, in the unit of the loss."""

    spend: float
    net_benefit: float
    residual_probability: float


def class_one(vulnerability: float, loss: float, alpha: float, beta: float) -> Investment:
    """Return the best investment where S = v / (alpha z + 1)^beta: z = ((v b a L)^(1/(b+1)) - 1) / a, at least 0.

    Raises:
        UncertaintyError: for a vulnerability outside 0 and 1, a negative loss, alpha not above 0 or beta below 1.
    """
    _check(vulnerability, loss, alpha)
    if not beta >= 1:
        raise UncertaintyError("beta", f"must be 1 or above, not {beta:g}")
    spend = max(0.0, ((vulnerability * beta * alpha * loss) ** (1 / (beta + 1)) - 1) / alpha)
    return _investment(vulnerability, loss, spend, class_one_breach(vulnerability, alpha, beta))


def class_two(vulnerability: float, loss: float, alpha: float) -> Investment:
    """Return the best investment where S = v^(alpha z + 1): z = ln(k v L) / k with k = -alpha ln v, at least 0.

    Raises:
        UncertaintyError: for a vulnerability outside 0 and 1, a negative loss or an alpha not above 0.
    """
    _check(vulnerability, loss, alpha)
    if vulnerability in (0.0, 1.0):
        return Investment(0.0, 0.0, vulnerability)
    slope = -alpha * math.log(vulnerability)
    gain = slope * vulnerability * loss
    spend = math.log(gain) / slope if gain > 1 else 0.0
    return _investment(vulnerability, loss, spend, class_two_breach(vulnerability, alpha))


def class_one_breach(vulnerability: float, alpha: float, beta: float) -> Callable[[float], float]:
    """Return S of class I as a function of the spending."""
    return lambda spend: vulnerability / (alpha * spend + 1) ** beta


def class_two_breach(vulnerability: float, alpha: float) -> Callable[[float], float]:
    """Return S of class II as a function of the spending."""
    return lambda spend: vulnerability ** (alpha * spend + 1)


def class_one_max_ratio(beta: float) -> float:
    """Return the largest best spending over expected loss of class I: (b / (b + 1))^(b + 1), always below 1/e."""
    if not beta >= 1:
        raise UncertaintyError("beta", f"must be 1 or above, not {beta:g}")
    return float((beta / (beta + 1)) ** (beta + 1))


def best_investment(loss: float, breach: Callable[[float], float]) -> Investment:
    """Return the best investment for any breach probability that falls with spending, found numerically.

    Spending more than the expected loss is never worth it, so the search runs from 0 to there: a grid, dense near 0,
    finds the basin and bounded Brent the point; nothing is spent where nothing is gained.

    Raises:
        UncertaintyError: for a negative loss or a breach probability outside 0 and 1.
    """
    vulnerability = breach(0.0)
    _check(vulnerability, loss, 1.0)
    top = vulnerability * loss
    if top == 0:
        return Investment(0.0, 0.0, vulnerability)

    def cost(spend: float) -> float:
        return breach(spend) * loss + spend

    grid = top * np.linspace(0.0, 1.0, 401) ** 3
    at = int(np.argmin([cost(float(spend)) for spend in grid]))
    low, high = float(grid[max(at - 1, 0)]), float(grid[min(at + 1, grid.size - 1)])
    found = optimize.minimize_scalar(cost, bounds=(low, high), method="bounded", options={"xatol": 1e-9 * top})
    spend = float(found.x) if cost(float(found.x)) < top else 0.0
    return _investment(vulnerability, loss, spend, breach)


@dataclass(frozen=True)
class SpendingAlarm:
    """The rule of thumb that protection above 1/e of the expected loss deserves a second look."""

    expected_loss: float
    cap: float
    spend: float

    @property
    def share(self) -> float:
        """Spending over the cap; above 1 the alarm rings. Infinite where money is spent on no expected loss."""
        if self.cap > 0:
            return self.spend / self.cap
        return math.inf if self.spend > 0 else 0.0

    @property
    def rings(self) -> bool:
        """Whether spending is above the cap."""
        return self.share > 1


def spending_alarm(expected_loss: float, spend: float = 0.0) -> SpendingAlarm:
    """Return the alarm for an expected loss (value x attack probability x success probability) and a spending.

    Raises:
        UncertaintyError: for a negative loss or spending.
    """
    if not (expected_loss >= 0 and spend >= 0):
        raise UncertaintyError("expected_loss", "and spend must be 0 or above")
    return SpendingAlarm(expected_loss, expected_loss * ALARM_SHARE, spend)


def _investment(vulnerability: float, loss: float, spend: float, breach: Callable[[float], float]) -> Investment:
    left = breach(spend)
    return Investment(spend, (vulnerability - left) * loss - spend, left)


def _check(vulnerability: float, loss: float, alpha: float) -> None:
    if not 0 <= vulnerability <= 1:
        raise UncertaintyError("vulnerability", f"must lie within 0 and 1, not {vulnerability:g}")
    if not (loss >= 0 and math.isfinite(loss)):
        raise UncertaintyError("loss", f"must be 0 or above, not {loss:g}")
    if not alpha > 0:
        raise UncertaintyError("alpha", f"must be above 0, not {alpha:g}")
