"""VaR and CVaR of returns with Student's t distribution, scaled to a standard deviation.

McNeil, Frey and Embrechts, "Quantitative Risk Management", section 2.2.4: the t of nu degrees of freedom has variance
nu / (nu - 2), so a return of standard deviation sd is ``mean + sd sqrt((nu - 2) / nu) T``.
"""

import math

from scipy import special

from daybook.risk.measures.errors import MeasureError, check_alpha
from daybook.risk.measures.tail import Tail


def standard_t_tail(alpha: float, degrees: float) -> Tail:
    """Return the alpha quantile and shortfall of the plain t distribution; ``degrees`` above 1.

    The shortfall is g(q) / (1 - alpha) * (nu + q^2) / (nu - 1), g the density.

    Raises:
        MeasureError: for an alpha outside 0 and 1, or degrees of freedom of 1 or fewer (there is no mean).
    """
    check_alpha(alpha)
    if not degrees > 1:
        raise MeasureError(f"degrees of freedom must be above 1 for a mean of the tail to exist, not {degrees:g}")
    quantile = float(special.stdtrit(degrees, alpha))
    log_density = (
        special.gammaln((degrees + 1) / 2)
        - special.gammaln(degrees / 2)
        - 0.5 * math.log(degrees * math.pi)
        - (degrees + 1) / 2 * math.log1p(quantile**2 / degrees)
    )
    shortfall = math.exp(float(log_density)) / (1 - alpha) * (degrees + quantile**2) / (degrees - 1)
    return Tail(quantile, shortfall)


def student_t_tail(alpha: float, sd: float, degrees: float, mean: float = 0.0, value: float = 1.0) -> Tail:
    """Return VaR and CVaR of ``value`` invested at a t distributed return of this mean and standard deviation.

    Raises:
        MeasureError: as :func:`standard_t_tail`, and for two degrees of freedom or fewer (there is no sd).
    """
    if not degrees > 2:
        raise MeasureError(f"degrees of freedom must be above 2 for a standard deviation to exist, not {degrees:g}")
    if not (sd >= 0 and math.isfinite(sd)):
        raise MeasureError(f"sd must be 0 or above, not {sd:g}")
    plain = standard_t_tail(alpha, degrees)
    scale = sd * math.sqrt((degrees - 2) / degrees)
    return Tail(value * (scale * plain.var - mean), value * (scale * plain.cvar - mean))
