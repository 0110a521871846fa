"""At most so many names, by branch and bound over the fast linear programs of scenario generation.

A node has names that are in, names that are out and names that are free; its bound is the program in which the free
ones share the places left, each taking as much of a place as of its largest position. Nodes are taken best bound
first, ties in the order they were made: the same search everywhere.
"""

import dataclasses
import heapq
from dataclasses import dataclass

import numpy as np

from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.optimise.generation import Generated, WarmStart, generate
from daybook.scenario.optimise.highs import INFINITY, Outcome
from daybook.scenario.optimise.problem import LimitKind
from daybook.scenario.optimise.program import Program, Row
from daybook.scenario.optimise.tail import measure_tail

MOST_NODES = 5_000
_HELD = 1e-9
_GAP = 1e-10
"""Per unit of budget: bounds this near the best plan are not searched."""


@dataclass(frozen=True)
class NamedPlan:
    """The best plan found: its variables, what the search left unproved per unit of budget, and its names."""

    x: FloatArray
    gap: float
    warm: WarmStart | None
    names: tuple[int, ...]
    nodes: int


def branch_names(program: Program, free: Generated, first_names: tuple[int, ...] = ()) -> NamedPlan | None:
    """Return the best plan with at most ``max_names`` of the counted instruments; None where there is none.

    Args:
        program: without regard to caps on tails; counted instruments have lower bounds of 0 or above.
        free: its optimum without regard to names.
        first_names: names of a similar problem's plan, tried first.

    Raises ``SolverFailed`` where the solver gives up.
    """
    counted = np.flatnonzero(program.problem.or_all_but_last(program.problem.is_stock)).astype(np.int64)
    search = _Search(program, counted, int(program.problem.max_names or 0))
    if first_names:
        search.try_names(frozenset(first_names), free.warm)
    return search.run(free.warm)


class _Search:
    def __init__(self, program: Program, counted: IntArray, places: int) -> None:
        self.program = program
        self.counted = counted
        self.places = places
        self.most = np.minimum(program.upper, 1.0)
        self.must = frozenset(int(name) for name in counted if program.lower[name] > 0)
        self.best: tuple[float, FloatArray, WarmStart | None] | None = None
        self.tried: set[frozenset[int]] = set()
        self.nodes = 0

    def run(self, warm: WarmStart | None) -> NamedPlan | None:
        heap: list[tuple[float, int, frozenset[int], frozenset[int], FloatArray, WarmStart | None]] = []
        made = 0

        def push(inside: frozenset[int], outside: frozenset[int], start: WarmStart | None) -> None:
            nonlocal made
            if len(inside) > self.places:
                return
            found = self._bound(inside, outside, start)
            if found is None:
                return
            value, x, after = found
            made += 1
            if self._pruned(value):
                return
            held = self._held(x)
            if len(held) <= self.places:
                self._offer(value, x, after)
                return
            self.try_names(self._strongest(x, inside), after)
            heapq.heappush(heap, (value, made, inside, outside, x, after))

        push(self.must, frozenset(), warm)
        gap = 0.0
        while heap:
            value, _, inside, outside, x, after = heapq.heappop(heap)
            if self._pruned(value):
                break
            if self.nodes >= MOST_NODES and self.best is not None:
                gap = self.best[0] - value
                break
            name = max(sorted(self._held(x) - inside), key=lambda index: float(x[index]))
            push(inside | {name}, outside, after)
            push(inside, outside | {name}, after)
        if self.best is None:
            return None
        _, x, after = self.best
        return NamedPlan(x, gap, after, tuple(sorted(self._held(x))), self.nodes)

    def try_names(self, names: frozenset[int], start: WarmStart | None) -> None:
        """Offer the best plan of these names alone."""
        if names in self.tried:
            return
        self.tried.add(names)
        others = frozenset(int(name) for name in self.counted) - names
        found = self._bound(names, others, start)
        if found is not None and len(self._held(found[1])) <= self.places:
            self._offer(*found)

    def _offer(self, value: float, x: FloatArray, warm: WarmStart | None) -> None:
        if self.best is None or value < self.best[0]:
            self.best = (value, x, warm)

    def _pruned(self, value: float) -> bool:
        return self.best is not None and value >= self.best[0] - _GAP

    def _held(self, x: FloatArray) -> frozenset[int]:
        return frozenset(int(name) for name in self.counted if abs(x[name]) > _HELD)

    def _strongest(self, x: FloatArray, inside: frozenset[int]) -> frozenset[int]:
        rest = sorted(self._held(x) - inside, key=lambda name: (-float(x[name]), name))
        return inside | frozenset(rest[: self.places - len(inside)])

    def _bound(
        self, inside: frozenset[int], outside: frozenset[int], start: WarmStart | None
    ) -> tuple[float, FloatArray, WarmStart | None] | None:
        self.nodes += 1
        shares = np.zeros(self.program.size)
        upper = self.program.upper.copy()
        upper[self.counted] = self.most[self.counted]
        left = self.places - len(inside)
        for name in self.counted:
            if name in inside:
                continue
            if name in outside or left <= 0:
                upper[name] = 0.0
            elif self.most[name] > 0:
                shares[name] = 1.0 / self.most[name]
        row = Row(shares, -INFINITY, float(max(left, 0)), LimitKind.NAMES, "")
        node = dataclasses.replace(self.program, upper=upper, rows=(*self.program.rows, row))
        if bool((node.lower > node.upper).any()):
            return None
        found = generate(node, start)
        if found.outcome is not Outcome.OPTIMAL:
            return None
        return minimised(self.program, found.x), found.x, found.warm


def minimised(program: Program, x: FloatArray) -> float:
    """Return what the program minimises, caps aside."""
    total = float(program.cost @ x)
    weighted = [term for term in program.tails if term.weight > 0]
    losses = program.losses(x) if weighted else np.zeros(0)
    for term in weighted:
        total += term.weight * measure_tail(losses, term.level, program.scenarios.probabilities).cvar
    return total
