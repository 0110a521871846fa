"""The program in its primal form, by scenario generation: what caps on tails and whole numbers need.

Columns: the variables, one switch (0 or 1) for each choice, then for each tail its edge, the summed excess of its deep
scenarios and the excess of each near one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from daybook.scenario.arrays import FloatArray
from daybook.scenario.optimise.errors import SolverFailed
from daybook.scenario.optimise.generation import MOST_ROUNDS, guess_positions
from daybook.scenario.optimise.highs import (
    BASIC,
    INFINITY,
    LOWER,
    Basis,
    LinearModel,
    Outcome,
    give_basis,
    new_solver,
    pass_model,
    read_basis,
    run,
)
from daybook.scenario.optimise.program import Program
from daybook.scenario.optimise.tail import measure_tail
from daybook.scenario.optimise.tail_set import TailSet, guess_tail_set

_EDGE_TOLERANCE = 1e-10
CAP_TOLERANCE = 1e-9
"""By how much, per unit of budget, a cap on a tail may be exceeded."""


@dataclass(frozen=True)
class Switch:
    """A choice d of 0 or 1: ``least d <= variable <= most d``.

    Args:
        variable: its number.
        most: what the variable is at most when on.
        least: what it is at least when on.
        counted: whether it is one of the names ``max_names`` counts.
        excludes: coefficients (P,) of something that must not exceed ``excluded_above`` when on; None: nothing.
        excluded_above: that number.
        excluded_most: the most it can be when off.
    """

    variable: int
    most: float
    least: float = 0.0
    counted: bool = True
    excludes: FloatArray | None = None
    excluded_above: float = 0.0
    excluded_most: float = 0.0


@dataclass(frozen=True)
class PrimalResult:
    """The optimum, or that there is none; ``gap`` is what whole numbers leave unproved."""

    outcome: Outcome
    x: FloatArray
    edges: tuple[float, ...]
    sets: tuple[TailSet, ...]
    rounds: int
    gap: float


def solve_primal(
    program: Program,
    sets: Sequence[TailSet] | None = None,
    switches: Sequence[Switch] = (),
    max_names: int | None = None,
) -> PrimalResult:
    """Minimise with every cap on tails and every switch in force; exact but for the gap.

    Args:
        program: the program.
        sets: scenarios of each tail to start with; None: guessed.
        switches: choices.
        max_names: most counted switches on.

    Raises ``SolverFailed`` where the solver gives up.
    """
    if sets is None:
        residuals = program.scenarios.residuals(guess_positions(program))
        guessed = [guess_tail_set(program.scenarios, term, residuals) for term in program.tails]
        relaxed = _rounds(program, guessed, (), None)
        if not switches or relaxed.outcome is not Outcome.OPTIMAL:
            return relaxed
        sets = relaxed.sets
    return _rounds(program, list(sets), switches, max_names)


def _rounds(program: Program, sets: list[TailSet], switches: Sequence[Switch], max_names: int | None) -> PrimalResult:
    solver = new_solver(presolve=bool(switches))
    basis: Basis | None = None
    for count in range(1, MOST_ROUNDS + 1):
        pass_model(solver, build_model(program, sets, switches, max_names))
        if basis is not None:
            give_basis(solver, basis)
        outcome = run(solver)
        if outcome is not Outcome.OPTIMAL:
            return PrimalResult(outcome, np.zeros(0), (), tuple(sets), count, 0.0)
        values = np.asarray(solver.getSolution().col_value, dtype=np.float64)
        x = np.clip(values[: program.size], program.lower, program.upper)
        first = program.size + len(switches)
        edges = tuple(float(edge) for edge in values[first : first + 2 * len(sets) : 2])
        before = [(tail.near.shape[0], bool(tail.deep.shape[0])) for tail in sets]
        if not _enter_wrong(program, sets, x, edges):
            info = solver.getInfo()
            gap = max(abs(info.objective_function_value - info.mip_dual_bound), 0.0) if switches else 0.0
            return PrimalResult(Outcome.OPTIMAL, x, edges, tuple(sets), count, gap)
        basis = None if switches else _extend(read_basis(solver), program, sets, before)
    raise SolverFailed(f"{MOST_ROUNDS} rounds of scenario generation were not enough")


def _enter_wrong(program: Program, sets: list[TailSet], x: FloatArray, edges: tuple[float, ...]) -> bool:
    """Let the scenarios enter that the program judged wrongly; return whether there were any that matter.

    Where none is judged wrongly at the program's own edge, what it sees is at least the true CVaR.
    """
    residuals = program.scenarios.residuals(x[: program.problem.size])
    deviation = float(program.shift @ x) + program.shift_constant
    tolerance = _EDGE_TOLERANCE * max(float(np.abs(residuals).max()), 1e-3)
    wrong = False
    for tail, edge in zip(sets, edges, strict=True):
        if tail.term.weight == 0 and tail.term.cap is not None:
            true = measure_tail(residuals, tail.term.level, program.scenarios.probabilities)
            relief = float((tail.term.relief_of(program.size) @ x)[0])
            if true.cvar + deviation - relief <= tail.term.cap + 0.1 * CAP_TOLERANCE:
                continue
        most = max(int(tail.mass * residuals.shape[0]), 200)
        numbers, _ = tail.find_wrong(residuals, edge, tolerance, most)
        if numbers.shape[0]:
            tail.enter(numbers)
            wrong = True
    return wrong


class _Rows:
    """Rows being collected: sparse blocks with their bounds."""

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.blocks: list[sparse.csr_array] = []
        self.lows: list[FloatArray] = []
        self.highs: list[FloatArray] = []

    def add(
        self, parts: Sequence[tuple[int, FloatArray | sparse.csr_array]], low: FloatArray, high: FloatArray
    ) -> None:
        """Add rows made of blocks that start at given columns, in order."""
        pieces, at = [], 0
        for start, block in parts:
            if start > at:
                pieces.append(sparse.csr_array((low.shape[0], start - at)))
            pieces.append(sparse.csr_array(block))
            at = start + block.shape[1]
        if at < self.columns:
            pieces.append(sparse.csr_array((low.shape[0], self.columns - at)))
        self.blocks.append(sparse.hstack(pieces, format="csr"))
        self.lows.append(low)
        self.highs.append(high)


def build_model(
    program: Program, sets: Sequence[TailSet], switches: Sequence[Switch] = (), max_names: int | None = None
) -> LinearModel:
    """Return the primal model of the scenarios that have entered."""
    size, choices = program.size, len(switches)
    first = size + choices
    near_start = first + 2 * len(sets)
    total = near_start + sum(tail.near.shape[0] for tail in sets)
    cost, lower, upper = np.zeros(total), np.zeros(total), np.full(total, INFINITY)
    cost[:size] = program.cost
    lower[:size], upper[:size] = program.lower, program.upper
    upper[size:first] = 1.0
    rows = _Rows(total)
    rows.add(
        [(0, np.array([row.coefficients for row in program.rows]))],
        np.array([row.lower for row in program.rows]),
        np.array([row.upper for row in program.rows]),
    )
    _add_switches(rows, size, switches, max_names)
    start = near_start
    for number, tail in enumerate(sets):
        edge, count = first + 2 * number, tail.near.shape[0]
        lower[edge] = -INFINITY
        shares = tail.shares(tail.near)
        split = np.isfinite(shares)
        upper[start : start + count] = np.where(split, INFINITY, 0.0)
        shares = np.where(split, shares, 0.0)
        cost[:size] += tail.term.weight * program.shift
        cost[edge : edge + 2] = tail.term.weight
        cost[start : start + count] = tail.term.weight * shares
        if tail.deep.shape[0] == 0:
            upper[edge + 1] = 0.0
        _add_tail(rows, program, tail, edge, start, shares)
        start += count
    integer = np.zeros(total, dtype=np.bool_)
    integer[size:first] = True
    return LinearModel(
        cost,
        lower,
        upper,
        sparse.vstack(rows.blocks, format="csr"),
        np.concatenate(rows.lows),
        np.concatenate(rows.highs),
        integer if choices else None,
    )


def _add_tail(rows: _Rows, program: Program, tail: TailSet, edge: int, start: int, shares: FloatArray) -> None:
    infinite = np.full(1, INFINITY)
    if tail.term.cap is not None:
        rows.add(
            [
                (0, program.shift[None, :] - tail.term.relief_of(program.size)),
                (edge, np.ones((1, 2))),
                (start, shares[None, :]),
            ],
            -infinite,
            np.full(1, tail.term.cap - program.shift_constant),
        )
    if tail.deep.shape[0]:
        summed, fixed, mass = tail.deep_sum()
        rows.add([(0, summed[None, :]), (edge, np.array([[mass, 1.0]]))], np.full(1, fixed), infinite)
    count = tail.near.shape[0]
    if count:
        rows.add(
            [(0, tail.rows(tail.near)), (edge, np.ones((count, 1))), (start, sparse.eye_array(count, format="csr"))],
            program.scenarios.fixed[tail.near],
            np.full(count, INFINITY),
        )


def _add_switches(rows: _Rows, size: int, switches: Sequence[Switch], max_names: int | None) -> None:
    for number, switch in enumerate(switches):
        variable = np.zeros((1, size))
        variable[0, switch.variable] = 1.0
        rows.add([(0, variable), (size + number, np.array([[-switch.most]]))], np.full(1, -INFINITY), np.zeros(1))
        if switch.least != 0:
            rows.add([(0, variable), (size + number, np.array([[-switch.least]]))], np.zeros(1), np.full(1, INFINITY))
        if switch.excludes is not None:
            room = switch.excluded_most - switch.excluded_above
            rows.add(
                [(0, switch.excludes[None, :]), (size + number, np.array([[room]]))],
                np.full(1, -INFINITY),
                np.full(1, switch.excluded_most),
            )
    if max_names is not None:
        counted = np.array([[float(switch.counted) for switch in switches]])
        rows.add([(size, counted)], np.zeros(1), np.full(1, float(max_names)))


def _extend(
    basis: Basis, program: Program, sets: Sequence[TailSet], before: Sequence[tuple[int, bool]]
) -> Basis | None:
    """Return a basis for more scenarios: their excess at 0, their rows basic; None where a deep sum has gone."""
    head = program.size + 2 * len(sets)
    columns, rows = [basis.columns[:head]], [basis.rows[: len(program.rows)]]
    column, row = head, len(program.rows)
    for tail, (near, had_deep) in zip(sets, before, strict=True):
        if had_deep != bool(tail.deep.shape[0]):
            return None
        kept = near + int(tail.term.cap is not None) + int(had_deep)
        added = tail.near.shape[0] - near
        columns += [basis.columns[column : column + near], np.full(added, LOWER, dtype=np.int8)]
        rows += [basis.rows[row : row + kept], np.full(added, BASIC, dtype=np.int8)]
        column, row = column + near, row + kept
    return Basis(np.concatenate(columns), np.concatenate(rows))
