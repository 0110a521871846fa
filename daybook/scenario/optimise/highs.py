"""The linear solver behind a narrow door: single-threaded, quiet, deterministic HiGHS (MIT licence)."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from daybook.scenario.arrays import FloatArray
from daybook.scenario.optimise.errors import SolverFailed

INFINITY = float(highspy.kHighsInf)
TOLERANCE = 1e-9
"""Of feasibility and optimality, on problems scaled to a budget of 1."""

StatusArray = NDArray[np.int8]
Int32Array = NDArray[np.int32]

_STATUSES = (
    highspy.HighsBasisStatus.kLower,
    highspy.HighsBasisStatus.kBasic,
    highspy.HighsBasisStatus.kUpper,
    highspy.HighsBasisStatus.kZero,
    highspy.HighsBasisStatus.kNonbasic,
)
LOWER, BASIC, UPPER, ZERO = 0, 1, 2, 3


class Outcome(Enum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"


_OUTCOMES = {
    highspy.HighsModelStatus.kOptimal: Outcome.OPTIMAL,
    highspy.HighsModelStatus.kInfeasible: Outcome.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: Outcome.UNBOUNDED,
    highspy.HighsModelStatus.kModelEmpty: Outcome.OPTIMAL,
}


@dataclass(frozen=True)
class Basis:
    """Which columns and rows are basic; entries as in HiGHS."""

    columns: StatusArray
    rows: StatusArray


@dataclass
class LinearModel:
    """``min cost x``, ``row_lower <= matrix x <= row_upper``, ``lower <= x <= upper``; the matrix is (rows, columns).

    ``integer`` marks whole-number columns; None: none.
    """

    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    matrix: FloatArray | sparse.csr_array
    row_lower: FloatArray
    row_upper: FloatArray
    integer: NDArray[np.bool_] | None = None


def new_solver(*, presolve: bool = False) -> Any:
    """Return a quiet HiGHS that runs on the calling thread alone."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("simplex_strategy", 1),
        ("presolve", "choose" if presolve else "off"),
        ("primal_feasibility_tolerance", TOLERANCE),
        ("dual_feasibility_tolerance", TOLERANCE),
        ("mip_feasibility_tolerance", TOLERANCE),
        ("mip_rel_gap", 1e-9),
        ("mip_abs_gap", 1e-11),
        ("random_seed", 0),
    ):
        solver.setOptionValue(option, value)
    return solver


def run(solver: Any) -> Outcome:
    """Solve what was passed; raises ``SolverFailed`` where the solver has no answer.

    HiGHS keeps one pool of threads for the process: where something else started it with more threads, one thread
    is refused, and the pool is used as it is (the simplex method itself stays serial).
    """
    status = solver.run()
    if status == highspy.HighsStatus.kError and solver.getModelStatus() == highspy.HighsModelStatus.kNotset:
        solver.setOptionValue("threads", 0)
        status = solver.run()
    found = solver.getModelStatus()
    if found == highspy.HighsModelStatus.kUnboundedOrInfeasible:
        solver.setOptionValue("presolve", "off")
        solver.run()
        found = solver.getModelStatus()
    if found not in _OUTCOMES:
        solver.clearSolver()
        solver.run()
        found = solver.getModelStatus()
    if found not in _OUTCOMES:
        raise SolverFailed(str(solver.modelStatusToString(found)))
    return _OUTCOMES[found]


def pass_model(solver: Any, model: LinearModel) -> None:
    """Give a model to a solver, in place of what it held."""
    rows, columns = model.matrix.shape
    matrix = sparse.csr_array(model.matrix)
    kinds = np.zeros(columns, dtype=np.int32) if model.integer is None else model.integer.astype(np.int32)
    status = solver.passModel(
        columns,
        rows,
        matrix.nnz,
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        model.cost,
        model.lower,
        model.upper,
        model.row_lower,
        model.row_upper,
        matrix.indptr.astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data,
        kinds,
    )
    if status == highspy.HighsStatus.kError:
        raise SolverFailed("the model was refused; it holds numbers too large or too small")


def solve_model(model: LinearModel) -> tuple[Outcome, FloatArray]:
    """Solve a small model once; returns the outcome and the columns' values."""
    solver = new_solver(presolve=model.integer is not None)
    pass_model(solver, model)
    outcome = run(solver)
    return outcome, np.asarray(solver.getSolution().col_value, dtype=np.float64)


def read_basis(solver: Any) -> Basis:
    """Return the basis a solve ended with."""
    basis = solver.getBasis()
    return Basis(
        columns=np.fromiter((int(status) for status in basis.col_status), dtype=np.int8),
        rows=np.fromiter((int(status) for status in basis.row_status), dtype=np.int8),
    )


def give_basis(solver: Any, basis: Basis) -> None:
    """Start the next solve from a basis; one that does not fit is ignored."""
    given = highspy.HighsBasis()
    given.col_status = [_STATUSES[status] for status in basis.columns]
    given.row_status = [_STATUSES[status] for status in basis.rows]
    given.valid = True
    given.alien = False
    solver.setBasis(given)
