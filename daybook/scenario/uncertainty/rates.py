"""How often something happens, learnt from how often it happened.

n events in T years with Jeffreys' prior give the posterior Gamma(n + 1/2, T); the number of events in a further time t
is then negative binomial, so P(at least one) = 1 - (T / (T + t))^(n + 1/2).
"""

import math
from dataclasses import dataclass

from scipy import special

from daybook.scenario.uncertainty.errors import UncertaintyError


@dataclass(frozen=True)
class RatePosterior:
    """A yearly rate as a gamma distribution of this shape and exposure in years."""

    shape: float
    exposure_years: float

    @property
    def mean(self) -> float:
        """The expected rate a year."""
        return self.shape / self.exposure_years

    @property
    def sd(self) -> float:
        """The standard deviation of the rate."""
        return math.sqrt(self.shape) / self.exposure_years

    def quantile(self, probability: float) -> float:
        """Return a quantile of the rate; raises ``UncertaintyError`` for a probability outside 0 and 1."""
        if not 0 <= probability < 1:
            raise UncertaintyError("probability", f"must lie within 0 and 1, not {probability:g}")
        return float(special.gammaincinv(self.shape, probability)) / self.exposure_years

    def interval(self, coverage: float = 0.90) -> tuple[float, float]:
        """Return the central interval of this coverage: (0.05, 0.95) quantiles for 0.90."""
        return self.quantile((1 - coverage) / 2), self.quantile((1 + coverage) / 2)

    def chance_of_any(self, years: float = 1.0) -> float:
        """Return the predictive probability of at least one event in a further time."""
        return -math.expm1(-self.shape * math.log1p(_years(years) / self.exposure_years))

    def chance_of(self, count: int, years: float = 1.0) -> float:
        """Return the predictive probability of exactly ``count`` events in a further time."""
        if count < 0:
            raise UncertaintyError("count", f"must be 0 or more, not {count}")
        time = _years(years)
        log_chance = (
            special.gammaln(self.shape + count)
            - special.gammaln(self.shape)
            - special.gammaln(count + 1)
            + self.shape * math.log(self.exposure_years / (self.exposure_years + time))
            + special.xlogy(count, time / (self.exposure_years + time))
        )
        return math.exp(float(log_chance))

    def after(self, events: int, years: float) -> "RatePosterior":
        """Return the posterior after further observation."""
        return RatePosterior(self.shape + _events(events), self.exposure_years + _years(years))


def rate_from_counts(events: int, years: float, prior_shape: float = 0.5) -> RatePosterior:
    """Return the posterior of a yearly rate after ``events`` in ``years``; 1/2 is Jeffreys' prior.

    Raises:
        UncertaintyError: for a negative count, no time, or a prior shape that is not above 0.
    """
    if not prior_shape > 0:
        raise UncertaintyError("prior_shape", f"must be above 0, not {prior_shape:g}")
    return RatePosterior(prior_shape + _events(events), _years(years))


def _events(events: int) -> int:
    if events < 0:
        raise UncertaintyError("events", f"must be 0 or more, not {events}")
    return events


def _years(years: float) -> float:
    if not (years > 0 and math.isfinite(years)):
        raise UncertaintyError("years", f"must be above 0, not {years:g}")
    return years
