"""Views of entropy pooling: what a person expects of a quantity, as linear constraints where it is one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from daybook.contracts.scenario import EntropyView
from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import FloatArray
from daybook.scenario.entropy_dual import Constraint
from daybook.scenario.errors import ScenarioError

Statistic = Literal["mean", "sd", "cvar"]
Relation = Literal["==", ">=", "<="]


class EntropyPoolingError(ScenarioError):
    """Views that no probabilities meet, that contradict each other, or that leave too few scenarios."""


@dataclass(frozen=True)
class View:
    """An opinion on one quantity, given by its value in each scenario (S,); CVaR is that of its losses (-values)."""

    name: str
    values: FloatArray
    statistic: Statistic
    relation: Relation
    value: float


def views_of(rows: Sequence[EntropyView], returns: Mapping[str, ArrayLike]) -> tuple[View, ...]:
    """Return a scenario's views on the simulated returns by target (``market`` or a symbol).

    Raises:
        EntropyPoolingError: for a target without returns.
    """
    views = []
    for number, row in enumerate(rows):
        if row.target not in returns:
            raise EntropyPoolingError(
                f"views[{number}].target", f"{row.target} is not simulated", "name market or a stock of the universe"
            )
        values = np.asarray(returns[row.target], dtype=np.float64)
        views.append(View(f"views[{number}]", values, row.statistic, row.relation, row.value))
    return tuple(views)


def refuse_unreachable(view: View) -> None:
    """Raise ``EntropyPoolingError`` for a view no weighting of its values can meet."""
    low, high = float(view.values.min()), float(view.values.max())
    if view.statistic == "sd":
        low, high = 0.0, (high - low) / 2
    elif view.statistic == "cvar":
        low, high = -high, -low
    above = view.relation != "<=" and view.value >= high
    below = view.relation != ">=" and view.value <= low
    if (above or below) and not low == high == view.value:
        raise EntropyPoolingError(
            f"{view.name}.value",
            f"a {view.statistic} of {view.value:g} is out of reach: the scenarios allow {low:g} to {high:g}",
            "choose a value within",
        )


def linear_constraints(view: View, views: Sequence[View], prior: FloatArray) -> list[Constraint]:
    """Return a mean or sd view as constraints; none for a CVaR, which is not linear."""
    if view.statistic == "mean":
        return [Constraint(view.values, view.relation, view.value)]
    if view.statistic == "sd":
        mean = _pinned_mean(view, views, prior)
        return [
            Constraint(view.values, "==", mean),
            Constraint((view.values - mean) ** 2, view.relation, view.value**2),
        ]
    return []


def _pinned_mean(view: View, views: Sequence[View], prior: FloatArray) -> float:
    """Return the mean an sd is taken about: the view on it where there is one, else the prior's."""
    mean = float((prior * view.values).sum())
    for other in views:
        if other.statistic != "mean" or not np.array_equal(other.values, view.values):
            continue
        if other.relation == "==":
            return other.value
        mean = max(mean, other.value) if other.relation == ">=" else min(mean, other.value)
    return mean


def statistic_of(view: View, probabilities: FloatArray, alpha: float) -> float:
    """Return the statistic a view speaks of under these probabilities."""
    if view.statistic == "cvar":
        return cvar_of(view, probabilities, alpha)
    mean = float((probabilities * view.values).sum())
    if view.statistic == "mean":
        return mean
    return math.sqrt(float((probabilities * (view.values - mean) ** 2).sum()))


def cvar_of(view: View, probabilities: FloatArray, alpha: float) -> float:
    """Return the CVaR of the losses, -values, under these probabilities."""
    return tail(-view.values, alpha, probabilities).cvar
