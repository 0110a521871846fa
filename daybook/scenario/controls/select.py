"""The pure problem of control selection: which measures lower an expected loss by more than they cost.

A measure k takes the share e_kt of threat t's annual loss away, and what several leave multiplies:
residual = sum_t loss_t prod_k (1 - e_kt). The best set has the least residual plus spend within the budget. There is no
portfolio in it, so all sets can be tried at once; best sets of growing budgets are not nested.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from daybook.scenario.arrays import FloatArray
from daybook.scenario.errors import ScenarioError

MAX_CONTROLS = 20


@dataclass(frozen=True)
class Measure:
    """A measure: its cost, and the share of each threat's loss it takes away."""

    name: str
    cost: float
    reduces: Mapping[str, float]
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The best set within a budget, in the unit of losses and costs."""

    budget: float
    controls: tuple[str, ...]
    residual: float
    spend: float
    total: float


def select_controls(annual_loss: Mapping[str, float], measures: Sequence[Measure], budget: float) -> Selection:
    """Return the set with the least residual expected loss plus spend, exactly; equal totals go to the smaller spend.

    Raises:
        ScenarioError: for more than :data:`MAX_CONTROLS` measures, or numbers that make no sense, named.
    """
    return select_for_budgets(annual_loss, measures, (budget,))[0]


def select_for_budgets(
    annual_loss: Mapping[str, float], measures: Sequence[Measure], budgets: Iterable[float]
) -> tuple[Selection, ...]:
    """Return the best set of each budget; the sets are looked at once for all of them.

    Raises:
        ScenarioError: as :func:`select_controls`.
    """
    _check(annual_loss, measures)
    spend = _doubled(np.zeros(1), [measure.cost for measure in measures])
    residual = np.zeros_like(spend)
    for threat, loss in annual_loss.items():
        left = np.ones(1) * loss
        for measure in measures:
            left = np.concatenate([left, left * (1 - measure.reduces.get(threat, 0.0))])
        residual += left
    allowed = _allowed(measures)
    total = residual + spend
    return tuple(_best(measures, budget, allowed, residual, spend, total) for budget in budgets)


def _best(
    measures: Sequence[Measure],
    budget: float,
    allowed: FloatArray,
    residual: FloatArray,
    spend: FloatArray,
    total: FloatArray,
) -> Selection:
    slack = 1e-12 * max(1.0, abs(budget))
    if not budget >= 0:
        raise ScenarioError("budget", f"must be 0 or above, not {budget:g}")
    rows = np.flatnonzero((allowed > 0) & (spend <= budget + slack))
    least = float(total[rows].min())
    tied = rows[total[rows] <= least + 1e-12 * max(1.0, abs(least))]
    chosen = int(tied[np.argmin(spend[tied])])
    names = tuple(measure.name for place, measure in enumerate(measures) if chosen >> place & 1)
    return Selection(budget, names, float(residual[chosen]), float(spend[chosen]), float(total[chosen]))


def _doubled(start: FloatArray, additions: list[float]) -> FloatArray:
    out = start
    for addition in additions:
        out = np.concatenate([out, out + addition])
    return out


def _allowed(measures: Sequence[Measure]) -> FloatArray:
    """Return 1 for each set that keeps requires and excludes, by the number whose bits say what is in it."""
    sets = np.arange(2 ** len(measures))
    places = {measure.name: place for place, measure in enumerate(measures)}
    allowed = np.ones(sets.size, dtype=np.bool_)
    for place, measure in enumerate(measures):
        inside = (sets >> place) & 1 == 1
        for name in measure.requires:
            allowed &= ~inside | ((sets >> places[name]) & 1 == 1)
        for name in measure.excludes:
            allowed &= ~inside | ((sets >> places[name]) & 1 == 0)
    return allowed.astype(np.float64)


def _check(annual_loss: Mapping[str, float], measures: Sequence[Measure]) -> None:
    if len(measures) > MAX_CONTROLS:
        raise ScenarioError(
            "controls", f"{len(measures)} are too many to try all sets of", f"keep {MAX_CONTROLS} or search locally"
        )
    names = [measure.name for measure in measures]
    if len(set(names)) != len(names):
        raise ScenarioError("controls", "names a control more than once")
    for threat, loss in annual_loss.items():
        if not 0 <= loss < np.inf:
            raise ScenarioError(f"annual_loss.{threat}", f"must be 0 or above, not {loss:g}")
    for measure in measures:
        if not 0 <= measure.cost < np.inf:
            raise ScenarioError(f"controls.{measure.name}.cost", f"must be 0 or above, not {measure.cost:g}")
        for threat, share in measure.reduces.items():
            if threat not in annual_loss:
                raise ScenarioError(
                    f"controls.{measure.name}.reduces", f"names {threat}, which is not among the threats"
                )
            if not 0 <= share <= 1:
                raise ScenarioError(
                    f"controls.{measure.name}.reduces.{threat}", f"must lie within 0 and 1, not {share:g}"
                )
        if odd := [name for name in (*measure.requires, *measure.excludes) if name not in names]:
            raise ScenarioError(f"controls.{measure.name}", f"names {odd[0]}, which is not among the controls")
