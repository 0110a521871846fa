"""Which scenarios of a tail stand in a linear program: near ones one by one, deep ones summed into one.

A deep scenario loses more than VaR for certain, so its excess may be summed with that of the others (Espinoza and
Moreno 2014); all others are left out until they are seen to matter. Either simplification can only lower the CVaR the
program sees, so a program that sees the true CVaR of its own solution has the true optimum.
"""

from dataclasses import dataclass, field

import numpy as np

from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.optimise.program import Scenarios, TailTerm

_DEEP_SHARE = 0.3
"""Of a tail's mass, from the worst scenario on: what a first guess takes for deep."""
_FIRST_REACH = 1.5
"""How far beyond the tail a first guess looks."""


@dataclass
class TailSet:
    """The scenarios of one tail.

    ``near`` grows in the order scenarios were found; ``deep`` only shrinks.
    """

    scenarios: Scenarios
    term: TailTerm
    deep: IntArray
    near: IntArray
    _is_near: "np.ndarray" = field(init=False, repr=False)
    _is_deep: "np.ndarray" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        count = self.scenarios.gross.shape[0]
        self._is_near = np.zeros(count, dtype=np.bool_)
        self._is_deep = np.zeros(count, dtype=np.bool_)
        self._is_near[self.near] = True
        self._is_deep[self.deep] = True

    @property
    def mass(self) -> float:
        """1 - level."""
        return 1.0 - self.term.level

    def shares(self, numbers: IntArray) -> FloatArray:
        """Return the most each scenario may weigh in the tail's mean; infinite at level 1."""
        if self.mass <= 1e-12:
            return np.full(numbers.shape[0], np.inf)
        return self.scenarios.weights(numbers) / self.mass

    def rows(self, numbers: IntArray) -> FloatArray:
        """Return ``gross - offset`` of some scenarios."""
        return np.asarray(self.scenarios.gross[numbers] - self.scenarios.offset)

    def deep_sum(self) -> tuple[FloatArray, float, float]:
        """Return the share-weighted sums over the deep scenarios: of their rows, their fixed losses, their shares."""
        weights = self.shares(self.deep)
        summed = np.einsum("s,sj->j", weights, self.scenarios.gross[self.deep])
        total = float(weights.sum())
        fixed = float(np.einsum("s,s->", weights, self.scenarios.fixed[self.deep]))
        return summed - self.scenarios.offset * total, fixed, total

    def find_wrong(self, residuals: FloatArray, edge: float, tolerance: float, most: int) -> tuple[IntArray, bool]:
        """Return scenarios that must enter one by one, and whether any of them was deep.

        Args:
            residuals: (S,) losses.
            edge: the VaR the program sees.
            tolerance: what counts as equal.
            most: how many of those left out may enter, the worst first.
        """
        above = residuals > edge + tolerance
        missing = np.flatnonzero(above & ~self._is_near & ~self._is_deep)
        if self.scenarios.probabilities is not None:
            missing = missing[self.scenarios.probabilities[missing] > 0]
        if missing.shape[0] > most:
            order = np.lexsort((missing, -residuals[missing]))
            missing = np.sort(missing[order[:most]])
        misplaced = self.deep[residuals[self.deep] < edge - tolerance]
        return np.concatenate((misplaced, missing)), bool(misplaced.shape[0])

    def enter(self, numbers: IntArray) -> None:
        """Let scenarios stand one by one from now on."""
        self._is_near[numbers] = True
        if self._is_deep[numbers].any():
            self._is_deep[numbers] = False
            self.deep = self.deep[self._is_deep[self.deep]]
        self.near = np.concatenate((self.near, numbers))

    def narrowed(self, residuals: FloatArray, edge: float, width: int) -> tuple[IntArray, IntArray]:
        """Return (deep, near) around a solution's edge, for the next problem: ``width`` near ones on either side.

        Of those at the edge only the ones that stand one by one already are kept: where wealth hardly depends on the
        scenario, as of cash alone, all are at it.
        """
        order = _by_loss(residuals, self.scenarios)
        first = int(np.searchsorted(-residuals[order], -(edge + 1e-9), side="left"))
        last = int(np.searchsorted(-residuals[order], -(edge - 1e-9), side="right"))
        start, stop = max(first - width, 0), min(last + width, order.shape[0])
        around = order[start:stop]
        at_edge = np.arange(start, stop)
        kept = self._is_near[around] | (at_edge < first) | (at_edge >= last)
        return np.sort(order[:start]), np.sort(around[kept])


def guess_tail_set(scenarios: Scenarios, term: TailTerm, residuals: FloatArray) -> TailSet:
    """Return a first set from the losses of a guessed plan."""
    order = _by_loss(residuals, scenarios)
    above = np.cumsum(scenarios.weights(order))
    mass = 1.0 - term.level
    deep = int(np.searchsorted(above, _DEEP_SHARE * mass)) if mass > 1e-12 else 0
    least = order.shape[0] if mass > 1e-12 else 10
    stop = int(np.searchsorted(above, min(_FIRST_REACH * mass, 1.0))) + 10
    stop = min(stop, order.shape[0], max(least, 10))
    return TailSet(scenarios, term, deep=np.sort(order[:deep]), near=np.sort(order[deep:stop]))


def _by_loss(residuals: FloatArray, scenarios: Scenarios) -> IntArray:
    """Return scenario numbers of positive probability, worst first."""
    order = np.argsort(-residuals, kind="stable")
    if scenarios.probabilities is not None:
        order = order[scenarios.probabilities[order] > 0]
    return order
