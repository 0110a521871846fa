"""What can keep an optimiser from a plan.

::

    ScenarioError
    └── OptimiserError
        ├── BadProblem          the arrays do not fit together, or hold what is no number
        ├── InfeasiblePlan      no plan meets every limit; says which limits and by how much each would have to give way
        │   └── LotsTooCoarse   a plan exists in fractions of a share, but not in whole lots
        ├── UnboundedPlan       nothing keeps the objective from growing without end
        └── SolverFailed        the numerical solver gave up
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from daybook.scenario.errors import ScenarioError


class FailureCode(StrEnum):
    """Why there is no plan."""

    BAD_PROBLEM = "bad_problem"
    INFEASIBLE = "infeasible"
    LOTS_TOO_COARSE = "lots_too_coarse"
    UNBOUNDED = "unbounded"
    SOLVER_FAILED = "solver_failed"


class OptimiserError(ScenarioError):
    """A plan could not be found; ``code`` says why."""

    code: FailureCode = FailureCode.SOLVER_FAILED


class BadProblem(OptimiserError):
    """The problem itself is malformed; ``field`` names the array or the scenario's field."""

    code = FailureCode.BAD_PROBLEM


@dataclass(frozen=True)
class Conflict:
    """One of the limits that cannot all hold.

    Args:
        field: the scenario's field, such as ``constraints.max_weight``.
        label: what of the field (a sector, a code), or empty.
        limit_krw: what it allows now.
        relaxation_krw: by how much it alone would have to give way; None where it alone cannot help.
    """

    field: str
    label: str
    limit_krw: float
    relaxation_krw: float | None


class InfeasiblePlan(OptimiserError):
    """No plan meets every limit.

    Args:
        field: the field of the scenario that has to give way least.
        message: the limits in conflict, in words.
        binding: the fields of all limits in conflict.
        conflicts: the same with numbers, least relaxation first.
    """

    code = FailureCode.INFEASIBLE

    def __init__(
        self, field: str, message: str, binding: tuple[str, ...] = (), conflicts: tuple[Conflict, ...] = ()
    ) -> None:
        super().__init__(field, message)
        self.binding = binding
        self.conflicts = conflicts

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling, as across worker processes."""
        return type(self), (self.field, self.message, self.binding, self.conflicts)


class LotsTooCoarse(InfeasiblePlan):
    """Whole lots cannot meet a limit that fractions of a share can."""

    code = FailureCode.LOTS_TOO_COARSE


class UnboundedPlan(OptimiserError):
    """The objective grows without end: an instrument without an upper limit gains in every scenario."""

    code = FailureCode.UNBOUNDED


class SolverFailed(OptimiserError):
    """The numerical solver stopped without an answer; ``status`` is what it said."""

    code = FailureCode.SOLVER_FAILED

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__("scenario", f"the linear solver stopped without an answer: {status}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling, as across worker processes."""
        return type(self), (self.status,)
