"""The magnitude of one event as a scenario states it: a :class:`Pert` or a :class:`LogNormal90`.

Events draw their magnitudes through :func:`quantile` from uniforms fixed beforehand, so that a plan with more
protection sees the same events, only smaller or fewer of them.
"""

from numpy.typing import ArrayLike

from daybook.contracts.scenario import LogNormal90, Pert
from daybook.scenario.arrays import FloatArray
from daybook.scenario.uncertainty import lognormal, pert

Distribution = pert.ScaledBeta | lognormal.LogNormal


def distribution_of(spec: Pert | LogNormal90) -> Distribution:
    """Return the distribution a specification names."""
    if isinstance(spec, Pert):
        return pert.standard(spec.low, spec.mode, spec.high, spec.gamma)
    return lognormal.from_interval(spec.low, spec.high)


def quantile(spec: Pert | LogNormal90, u: ArrayLike) -> FloatArray:
    """Return the quantiles at uniforms ``u``, in their shape and the unit of the specification.

    Raises:
        UncertaintyError: where a uniform lies outside [0, 1].
    """
    return distribution_of(spec).quantile(u)


def mean(spec: Pert | LogNormal90) -> float:
    """Return the expectation, in the unit of the specification."""
    return distribution_of(spec).mean


def sd(spec: Pert | LogNormal90) -> float:
    """Return the standard deviation, in the unit of the specification."""
    return distribution_of(spec).sd
