"""Entropy pooling: the scenarios' probabilities nearest to the prior that meet a person's views.

Meucci, "Fully flexible views", 2008: q minimises sum q ln(q / p) under the views, by its dual of one variable a view.
Means are linear in q. An sd is, with the mean pinned. A CVaR is a minimum over thresholds of linear functions, so a
view that raises it is met by adding thresholds until none is broken (exact), one that lowers it by looking for the one
threshold that costs least.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from daybook.scenario.arrays import FloatArray
from daybook.scenario.entropy_dual import relative_entropy
from daybook.scenario.entropy_tails import meet, meet_tails
from daybook.scenario.entropy_views import (
    EntropyPoolingError,
    View,
    cvar_of,
    linear_constraints,
    refuse_unreachable,
    statistic_of,
    views_of,
)

__all__ = ["EntropyPoolingError", "Pooled", "View", "effective_scenarios", "pool", "relative_entropy", "views_of"]

MIN_EFFECTIVE_RATIO = 0.10
"""Fewer effective scenarios than this share of all say nothing about tails any more."""


@dataclass(frozen=True)
class Pooled:
    """Probabilities that meet the views, and how far they went for it."""

    probabilities: FloatArray
    relative_entropy: float
    """sum q ln(q / p); 0 where nothing had to move."""
    effective_scenarios: float
    """exp(-sum q ln q): how many equally likely scenarios carry as much information."""


def pool(
    views: Sequence[View],
    prior: ArrayLike | None = None,
    *,
    scenarios: int | None = None,
    alpha: float = 0.95,
    min_effective_ratio: float = MIN_EFFECTIVE_RATIO,
) -> Pooled:
    """Return the probabilities nearest to the prior (equal ones when None) under which every view holds.

    Parameters
    ----------
    views : sequence of View
        All of the same number of scenarios. Without any, ``scenarios`` or ``prior`` says how many there are.
    prior : vector, optional
        Prior probabilities (S,), summing to 1.
    scenarios : int, optional
        The number of scenarios where neither views nor prior tell.
    alpha : float
        The confidence level of CVaR views.
    min_effective_ratio : float
        The least share of effective scenarios; 0 accepts any.

    Raises
    ------
    EntropyPoolingError
        Where a view is out of the scenarios' reach, views contradict each other, or fewer effective scenarios are
        left than asked.
    """
    start = _prior(views, prior, scenarios)
    if not views:
        return _pooled(start, start)
    for view in views:
        refuse_unreachable(view)
    constraints = [row for view in views for row in linear_constraints(view, views, start)]
    probabilities = meet(start, constraints, "views").probabilities
    rows = [view for view in views if view.statistic == "cvar"]
    lowered = [view for view in rows if cvar_of(view, probabilities, alpha) > view.value and view.relation != ">="]
    linear = probabilities
    raised = [view for view in rows if view not in lowered and view.relation != "<="]
    probabilities = meet_tails(start, constraints, raised, lowered, linear, alpha)
    sunk = [view for view in lowered if view.relation == "==" and _falls_short(view, probabilities, alpha)]
    if sunk:
        lowered = [view for view in lowered if view not in sunk]
        probabilities = meet_tails(start, constraints, [*raised, *sunk], lowered, linear, alpha)
    _refuse_broken(views, probabilities, alpha)
    found = _pooled(start, probabilities)
    if found.effective_scenarios < min_effective_ratio * start.size:
        raise EntropyPoolingError(
            views[0].name,
            f"the views leave {found.effective_scenarios:.0f} effective of {start.size} scenarios, "
            f"fewer than {min_effective_ratio:.0%}",
            "bring the views nearer to what is simulated, or stress with a scenario instead",
        )
    return found


def effective_scenarios(probabilities: ArrayLike) -> float:
    """Return exp(-sum q ln q), from 1 to the number of scenarios."""
    weights = np.asarray(probabilities, dtype=np.float64)
    held = weights[weights > 0]
    return math.exp(-float((held * np.log(held)).sum()))


def _prior(views: Sequence[View], prior: ArrayLike | None, scenarios: int | None) -> FloatArray:
    given = None if prior is None else np.asarray(prior, dtype=np.float64)
    count = given.size if given is not None else (views[0].values.size if views else scenarios)
    if not count:
        raise EntropyPoolingError("views", "no scenario to weigh")
    for view in views:
        if view.values.shape != (count,) or not np.isfinite(view.values).all() or not math.isfinite(view.value):
            raise EntropyPoolingError(view.name, f"needs {count} finite values, one a scenario, and a finite target")
    if given is None:
        return np.full(count, 1.0 / count)
    if (given < 0).any() or abs(float(given.sum()) - 1) > 1e-9:
        raise EntropyPoolingError("prior", "must not be negative and must sum to 1")
    return np.asarray(given / given.sum(), dtype=np.float64)


def _falls_short(view: View, probabilities: FloatArray, alpha: float) -> bool:
    """Say whether what other views ask for took this one's CVaR below its value, so that it has to be held up."""
    return cvar_of(view, probabilities, alpha) < view.value - 1e-5 * max(abs(view.value), float(view.values.std()))


def _refuse_broken(views: Sequence[View], probabilities: FloatArray, alpha: float) -> None:
    for view in views:
        got = statistic_of(view, probabilities, alpha)
        slack = 1e-5 * max(abs(view.value), float(view.values.std()))
        short = view.relation != "<=" and got < view.value - slack
        over = view.relation != ">=" and got > view.value + slack
        if short or over:
            raise EntropyPoolingError(
                f"{view.name}.value",
                f"the nearest probabilities give a {view.statistic} of {got:g}, not {view.value:g}",
                "drop a view that pulls the other way",
            )


def _pooled(prior: FloatArray, probabilities: FloatArray) -> Pooled:
    return Pooled(probabilities, relative_entropy(probabilities, prior), effective_scenarios(probabilities))
