"""CVaR's linear program by scenario generation, solved through its dual.

The dual has one row per variable and one per tail, however many scenarios enter: a scenario is a column with bounds
0 and its share, which the dual simplex method flips many at a time. Its row multipliers are the plan.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.optimise.errors import SolverFailed
from daybook.scenario.optimise.highs import (
    INFINITY,
    LOWER,
    UPPER,
    Basis,
    LinearModel,
    Outcome,
    StatusArray,
    give_basis,
    new_solver,
    pass_model,
    read_basis,
    run,
)
from daybook.scenario.optimise.program import Program
from daybook.scenario.optimise.tail_set import TailSet, guess_tail_set

MOST_ROUNDS = 200
_EDGE_TOLERANCE = 1e-10


@dataclass(frozen=True)
class WarmTail:
    """A tail of the last solution: its deep and near scenarios, and where the near ones stood in the basis."""

    deep: IntArray
    near: IntArray
    statuses: StatusArray


@dataclass(frozen=True)
class WarmStart:
    """What a similar program starts from: tails, and the basis of what is no scenario.

    ``capped`` are the (deep, near) scenarios of every tail where caps had to be put in force, ``names`` the instruments
    held where their number had to be limited.
    """

    tails: tuple[WarmTail, ...]
    columns: StatusArray
    rows: StatusArray
    capped: tuple[tuple[IntArray, IntArray], ...] = ()
    names: tuple[int, ...] = ()


@dataclass(frozen=True)
class Generated:
    """The optimum of a program without caps on tails.

    ``x`` is empty where there is none: ``outcome`` says whether the limits conflict or the objective is unbounded.
    ``duals`` are, for each weighted tail, scenarios and the weights in the tail's mean under which x is best; they sum
    to 1 and are at most probability / (1 - level).
    """

    outcome: Outcome
    x: FloatArray
    edges: tuple[float, ...]
    sets: tuple[TailSet, ...]
    warm: WarmStart | None
    rounds: int
    duals: tuple[tuple[IntArray, FloatArray], ...] = ()


def generate(program: Program, warm: WarmStart | None = None) -> Generated:
    """Minimise cost plus weighted tails (those with a weight), all caps on tails left aside.

    Raises ``SolverFailed`` where the solver gives up.
    """
    terms = [term for term in program.tails if term.weight > 0]
    static = _static_columns(program, len(terms))
    scenarios = program.scenarios
    fits = (
        warm is not None
        and len(warm.tails) == len(terms)
        and warm.rows.shape[0] == static.matrix.shape[0]
        and warm.columns.shape[0] == static.matrix.shape[1] + len(terms)
        and all(tail.near.shape[0] and tail.near.max() < scenarios.fixed.shape[0] for tail in warm.tails)
    )
    if warm is not None and fits:
        sets = [TailSet(scenarios, term, tail.deep, tail.near) for term, tail in zip(terms, warm.tails, strict=True)]
    else:
        residuals = scenarios.residuals(guess_positions(program))
        sets = [guess_tail_set(scenarios, term, residuals) for term in terms]
    solver = new_solver()
    pass_model(solver, static)
    for number, tail in enumerate(sets):
        _add_deep(solver, program, number, tail)
    for number, tail in enumerate(sets):
        _add_near(solver, program, number, tail, tail.near)
    if warm is not None and fits:
        columns = np.concatenate([warm.columns, *(tail.statuses for tail in warm.tails)])
        give_basis(solver, Basis(columns=columns, rows=warm.rows))
    return _rounds(solver, program, static, sets)


def _rounds(solver: Any, program: Program, static: LinearModel, sets: list[TailSet]) -> Generated:
    size, first = program.size, static.matrix.shape[1]
    entered = [np.zeros(0, dtype=np.int64), *(np.full(tail.near.shape[0], number) for number, tail in enumerate(sets))]
    for count in range(1, MOST_ROUNDS + 1):
        outcome = run(solver)
        if outcome is not Outcome.OPTIMAL:
            swapped = Outcome.UNBOUNDED if outcome is Outcome.INFEASIBLE else Outcome.INFEASIBLE
            return Generated(swapped, np.zeros(0), (), tuple(sets), None, count)
        multipliers = -np.asarray(solver.getSolution().row_dual, dtype=np.float64)
        x = np.clip(multipliers[:size], program.lower, program.upper)
        edges = tuple(float(edge) for edge in multipliers[size:])
        residuals = program.scenarios.residuals(x[: program.problem.size])
        settled = True
        for number, (tail, edge) in enumerate(zip(sets, edges, strict=True)):
            tolerance = _EDGE_TOLERANCE * max(float(np.abs(residuals).max()), 1e-12)
            most = max(int(tail.mass * residuals.shape[0]), 200)
            numbers, misplaced = tail.find_wrong(residuals, edge, max(tolerance, 1e-13), most)
            if numbers.shape[0] == 0:
                continue
            settled = False
            tail.enter(numbers)
            if misplaced:
                _change_deep(solver, program, number, tail, first + number)
            _add_near(solver, program, number, tail, numbers)
            entered.append(np.full(numbers.shape[0], number))
        if settled:
            owner = np.concatenate(entered).astype(np.int64)
            warm = _warm_start(solver, program, sets, edges, residuals, first, owner)
            duals = _duals(solver, sets, first, owner)
            return Generated(Outcome.OPTIMAL, x, edges, tuple(sets), warm, count, duals)
    raise SolverFailed(f"{MOST_ROUNDS} rounds of scenario generation were not enough")


def guess_positions(program: Program) -> FloatArray:
    """Return rough positions (N,) to rank scenarios by: half in the best instruments, half in each alike."""
    size = program.problem.size
    lower = np.maximum(program.lower[:size], 0.0)
    room = np.minimum(program.upper[:size], 1.0) - lower
    best = lower.copy()
    left = 1.0 - best.sum()
    for instrument in np.argsort(-program.scenarios.mean_gross, kind="stable"):
        taken = min(max(left, 0.0), max(room[instrument], 0.0))
        best[instrument] += taken
        left -= taken
    open_room = room > 0
    alike = np.where(open_room, 1.0 / max(int(open_room.sum()), 1), lower)
    return np.asarray(0.5 * best + 0.5 * alike)


def _static_columns(program: Program, tails: int) -> LinearModel:
    """Return the dual's rows and the columns that are no scenarios: bounds, then limits."""
    size = program.size
    weights = [term.weight for term in program.tails if term.weight > 0]
    reward = program.cost + sum(weights) * program.shift
    has_lower = np.isfinite(program.lower) & (program.lower != 0)
    has_upper = np.isfinite(program.upper)
    columns: list[tuple[FloatArray, float, float]] = []
    eye = np.eye(size)
    columns += [(eye[index], -program.lower[index], 0.0) for index in np.flatnonzero(has_lower)]
    columns += [(-eye[index], program.upper[index], 0.0) for index in np.flatnonzero(has_upper)]
    for row in program.rows:
        if row.lower == row.upper:
            columns.append((row.coefficients, -row.lower, -INFINITY))
            continue
        if np.isfinite(row.lower):
            columns.append((row.coefficients, -row.lower, 0.0))
        if np.isfinite(row.upper):
            columns.append((-row.coefficients, row.upper, 0.0))
    matrix = np.zeros((size + tails, len(columns)))
    for number, (coefficients, _, _) in enumerate(columns):
        matrix[:size, number] = coefficients
    starts_at_zero = program.lower == 0
    return LinearModel(
        cost=np.array([cost for _, cost, _ in columns]),
        lower=np.array([least for _, _, least in columns]),
        upper=np.full(len(columns), INFINITY),
        matrix=matrix,
        row_lower=np.concatenate((np.where(starts_at_zero, -INFINITY, reward), weights)),
        row_upper=np.concatenate((reward, weights)),
    )


def _add_deep(solver: Any, program: Program, number: int, tail: TailSet) -> None:
    index, values, fixed = _deep_column(program, number, tail)
    solver.addCol(-fixed, 0.0, tail.term.weight, index.shape[0], index, values)


def _change_deep(solver: Any, program: Program, number: int, tail: TailSet, column: int) -> None:
    index, values, fixed = _deep_column(program, number, tail)
    for row, value in zip(index, values, strict=True):
        solver.changeCoeff(int(row), column, float(value))
    solver.changeColCost(column, -fixed)


def _deep_column(program: Program, number: int, tail: TailSet) -> tuple["np.ndarray", FloatArray, float]:
    summed, fixed, total = tail.deep_sum()
    index = np.concatenate((np.arange(program.problem.size), [program.size + number])).astype(np.int32)
    return index, np.concatenate((summed, [total])), fixed


def _add_near(solver: Any, program: Program, number: int, tail: TailSet, numbers: IntArray) -> None:
    count, size = numbers.shape[0], program.problem.size
    if count == 0:
        return
    values = np.empty((count, size + 1))
    values[:, :size] = tail.rows(numbers)
    values[:, size] = 1.0
    index = np.concatenate((np.arange(size), [program.size + number])).astype(np.int32)
    solver.addCols(
        count,
        -program.scenarios.fixed[numbers],
        np.zeros(count),
        tail.term.weight * tail.shares(numbers),
        values.size,
        np.arange(0, values.size, size + 1, dtype=np.int32),
        np.tile(index, count),
        values.ravel(),
    )


def _duals(solver: Any, sets: list[TailSet], first: int, owner: IntArray) -> tuple[tuple[IntArray, FloatArray], ...]:
    values = np.asarray(solver.getSolution().col_value, dtype=np.float64)
    near_values = values[first + len(sets) :]
    duals = []
    for number, tail in enumerate(sets):
        near = np.maximum(near_values[owner == number], 0.0)
        deep = max(float(values[first + number]), 0.0) * tail.shares(tail.deep)
        numbers, shares = np.concatenate((tail.near, tail.deep)), np.concatenate((near, deep)) / tail.term.weight
        kept = np.flatnonzero(shares > 0)
        order = kept[np.argsort(numbers[kept], kind="stable")]
        duals.append((numbers[order], shares[order]))
    return tuple(duals)


def _warm_start(
    solver: Any,
    program: Program,
    sets: list[TailSet],
    edges: tuple[float, ...],
    residuals: FloatArray,
    first: int,
    owner: IntArray,
) -> WarmStart:
    """Return the basis with only the scenarios near each edge standing one by one."""
    basis = read_basis(solver)
    scenario_statuses = basis.columns[first + len(sets) :]
    tails = []
    for number, (tail, edge) in enumerate(zip(sets, edges, strict=True)):
        width = max(60, program.size // 2, int(0.15 * tail.mass * residuals.shape[0]))
        deep, near = tail.narrowed(residuals, edge, width)
        statuses = np.where(residuals[near] > edge, UPPER, LOWER).astype(np.int8)
        known = np.full(residuals.shape[0], -1, dtype=np.int8)
        known[tail.near] = scenario_statuses[owner == number]
        statuses = np.where(known[near] >= 0, known[near], statuses).astype(np.int8)
        tails.append(WarmTail(deep, near, statuses))
    columns = basis.columns[: first + len(sets)].copy()
    columns[first:] = UPPER
    return WarmStart(tuple(tails), columns, basis.rows)
