"""The nodes of FAIR (Factor Analysis of Information Risk, Open Group O-RT) and how they follow from each other.

Risk = loss event frequency x loss magnitude; loss event frequency = threat event frequency x vulnerability;
threat event frequency = contact frequency x probability of action; vulnerability = how often threat capability exceeds
control strength; loss magnitude = primary loss + secondary event frequency x secondary magnitude.

Nodes are vectors of simulated values, one a trial. Multiplying trial by trial is exact for expectations of independent
nodes; the spread of a *year's* loss is that of :mod:`daybook.scenario.uncertainty.compound`.
"""

import numpy as np
from numpy.typing import ArrayLike

from daybook.scenario.arrays import FloatArray
from daybook.scenario.uncertainty.errors import UncertaintyError


def risk(loss_event_frequency: ArrayLike, loss_magnitude: ArrayLike) -> FloatArray:
    """Return frequency times magnitude, trial by trial. Raises ``UncertaintyError`` for a negative value."""
    return _amounts("loss_event_frequency", loss_event_frequency) * _amounts("loss_magnitude", loss_magnitude)


def loss_event_frequency(threat_event_frequency: ArrayLike, vulnerability: ArrayLike) -> FloatArray:
    """Return threat events times the share that succeeds. Raises ``UncertaintyError`` for a share outside 0 and 1."""
    return _amounts("threat_event_frequency", threat_event_frequency) * _shares("vulnerability", vulnerability)


def threat_event_frequency(contact_frequency: ArrayLike, probability_of_action: ArrayLike) -> FloatArray:
    """Return contacts times the share acted on. Raises ``UncertaintyError`` for a share outside 0 and 1."""
    return _amounts("contact_frequency", contact_frequency) * _shares("probability_of_action", probability_of_action)


def vulnerability(threat_capability: ArrayLike, control_strength: ArrayLike) -> float:
    """Return the share of trials in which capability exceeds strength.

    Raises:
        UncertaintyError: where there is no trial, or counts of trials differ.
    """
    capability = np.asarray(threat_capability, dtype=np.float64)
    strength = np.asarray(control_strength, dtype=np.float64)
    if capability.size == 0 or (strength.ndim and capability.ndim and capability.shape != strength.shape):
        raise UncertaintyError("threat_capability", "needs as many trials as control_strength, at least one")
    return float(np.mean(capability > strength))


def loss_magnitude(primary: ArrayLike, secondary: ArrayLike = 0.0) -> FloatArray:
    """Return primary plus secondary loss, trial by trial. Raises ``UncertaintyError`` for a negative value."""
    return _amounts("primary", primary) + _amounts("secondary", secondary)


def secondary_loss(event_frequency: ArrayLike, event_magnitude: ArrayLike) -> FloatArray:
    """Return the sum over kinds (last axis) of secondary frequency times magnitude.

    Raises:
        UncertaintyError: for a frequency outside 0 and 1, or a negative magnitude.
    """
    product = _shares("event_frequency", event_frequency) * _amounts("event_magnitude", event_magnitude)
    return np.asarray(product.sum(axis=-1), dtype=np.float64)


def _amounts(field: str, values: ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if not bool(np.all(array >= 0)):
        raise UncertaintyError(field, "must not be negative")
    return array


def _shares(field: str, values: ArrayLike) -> FloatArray:
    array = _amounts(field, values)
    if not bool(np.all(array <= 1)):
        raise UncertaintyError(field, "is a share: at most 1")
    return array
