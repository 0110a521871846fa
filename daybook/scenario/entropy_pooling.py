"""Entropy pooling: the scenarios' probabilities nearest to the prior that meet a person's views.

Meucci, "Fully flexible views", 2008: q minimises sum q ln(q / p) under the views, by its dual of one variable a view.
Means are linear in q. An sd is, with the mean pinned. A CVaR is a minimum over thresholds of linear functions, so a
view that raises it is met by adding thresholds until none is broken (exact), one that lowers it by looking for the one
threshold that costs least.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from daybook.contracts.scenario import EntropyView
from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import FloatArray
from daybook.scenario.entropy_dual import Constraint, Met, solve_dual
from daybook.scenario.errors import ScenarioError

Statistic = Literal["mean", "sd", "cvar"]
Relation = Literal["==", ">=", "<="]

MIN_EFFECTIVE_RATIO = 0.10
"""Fewer effective scenarios than this share of all say nothing about tails any more."""

_CVAR_TOLERANCE = 1e-6
_MAX_THRESHOLDS = 60


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


@dataclass(frozen=True)
class Pooled:
    """Probabilities that meet the views, and how far they went for it."""

    probabilities: FloatArray
    relative_entropy: float
    """sum q ln(q / p); 0 where nothing had to move."""
    effective_scenarios: float
    """exp(-sum q ln q): how many equally likely scenarios carry as much information."""


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
        _refuse_unreachable(view)
    constraints = [row for view in views for row in _linear(view, views, start)]
    probabilities = _met(start, constraints, "views").probabilities
    rows = [view for view in views if view.statistic == "cvar"]
    lowered = [view for view in rows if _cvar(view, probabilities, alpha) > view.value and view.relation != ">="]
    if len(lowered) > 1:
        raise EntropyPoolingError(
            lowered[1].name, "only one view may lower a CVaR", "drop this view or lower the mean or sd instead"
        )
    raised = [view for view in rows if view not in lowered and view.relation != "<="]
    probabilities = _with_tails(start, constraints, raised, lowered, probabilities, alpha)
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


def relative_entropy(probabilities: ArrayLike, prior: ArrayLike) -> float:
    """Return sum q ln(q / p), 0 where they agree and infinite where q holds what p excludes."""
    weights, start = np.asarray(probabilities, dtype=np.float64), np.asarray(prior, dtype=np.float64)
    held = weights > 0
    if (start[held] <= 0).any():
        return math.inf
    return max(0.0, float((weights[held] * np.log(weights[held] / start[held])).sum()))


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


def _refuse_unreachable(view: View) -> None:
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


def _linear(view: View, views: Sequence[View], prior: FloatArray) -> list[Constraint]:
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


def _cvar(view: View, probabilities: FloatArray, alpha: float) -> float:
    return tail(-view.values, alpha, probabilities).cvar


def _threshold(view: View, threshold: float, relation: Relation, alpha: float) -> Constraint:
    """Return E[(L - a)+] related to (c - a)(1 - alpha)."""
    excess = np.maximum(-view.values - threshold, 0.0)
    return Constraint(excess, relation, (view.value - threshold) * (1 - alpha))


def _with_tails(
    prior: FloatArray,
    constraints: list[Constraint],
    raised: Sequence[View],
    lowered: Sequence[View],
    probabilities: FloatArray,
    alpha: float,
) -> FloatArray:
    if not lowered:
        return _raise_tails(prior, constraints, raised, probabilities, alpha)
    view = lowered[0]
    best: tuple[float, FloatArray] | None = None
    tried: set[float] = set()
    losses = np.sort(-view.values)
    candidates = np.unique(losses[(losses < view.value)][-max(2, int(losses.size * (1 - alpha) * 4)) :])
    low, high = 0, candidates.size - 1
    while high >= low:
        for at in sorted({round(low + (high - low) * part / 8) for part in range(9)}):
            threshold = float(candidates[at])
            if threshold in tried:
                continue
            tried.add(threshold)
            cut = [*constraints, _threshold(view, threshold, "<=", alpha)]
            try:
                found = _raise_tails(prior, cut, raised, None, alpha)
            except EntropyPoolingError:
                continue
            entropy = relative_entropy(found, prior)
            if best is None or entropy < best[0]:
                best = (entropy, found)
                centre = at
        if best is None or high - low <= 8:
            break
        step = max(1, (high - low) // 8)
        low, high = max(0, centre - step), min(candidates.size - 1, centre + step)
    if best is None:
        raise EntropyPoolingError(f"{view.name}.value", f"no probabilities give a CVaR of {view.value:g}")
    return best[1]


def _raise_tails(
    prior: FloatArray,
    constraints: list[Constraint],
    raised: Sequence[View],
    probabilities: FloatArray | None,
    alpha: float,
) -> FloatArray:
    """Return probabilities under which each view's CVaR is at least its value, by cutting thresholds."""
    cuts: list[Constraint] = []
    found = _met(prior, constraints, "views").probabilities if probabilities is None else probabilities
    for _ in range(_MAX_THRESHOLDS):
        broken = False
        for view in raised:
            now = tail(-view.values, alpha, found)
            if now.cvar < view.value - _CVAR_TOLERANCE * max(abs(view.value), float(view.values.std())):
                cuts.append(_threshold(view, now.var, ">=", alpha))
                broken = True
        if not broken:
            return found
        met = _met(prior, [*constraints, *cuts], raised[0].name)
        found = met.probabilities
        cuts = [cut for cut, binding in zip(cuts, met.binding[len(constraints) :], strict=True) if binding]
    raise EntropyPoolingError(raised[0].name, "no probabilities were found that give this CVaR", "move it nearer")


def _met(prior: FloatArray, constraints: Sequence[Constraint], name: str) -> Met:
    found = solve_dual(prior, constraints)
    if found is None:
        raise EntropyPoolingError(
            name, "no probabilities meet all views together", "drop one or bring them nearer to what is simulated"
        )
    return found


def _statistic(view: View, probabilities: FloatArray, alpha: float) -> float:
    if view.statistic == "cvar":
        return _cvar(view, probabilities, alpha)
    mean = float((probabilities * view.values).sum())
    if view.statistic == "mean":
        return mean
    return math.sqrt(float((probabilities * (view.values - mean) ** 2).sum()))


def _refuse_broken(views: Sequence[View], probabilities: FloatArray, alpha: float) -> None:
    for view in views:
        got = _statistic(view, probabilities, alpha)
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
