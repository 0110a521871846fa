"""Solve a plan problem exactly."""

from daybook.scenario.optimise.problem import PlanProblem
from daybook.scenario.optimise.solution import PlanSolution, TailGuess

__all__ = ["PlanSolution", "TailGuess", "solve"]


def solve(problem: PlanProblem, warm: PlanSolution | None = None) -> PlanSolution:
    """Return the best plan; ``warm`` is the solution of a similar problem.

    Raises ``InfeasiblePlan`` where no plan meets every limit, and the other errors of ``errors.py``.
    """
    raise NotImplementedError
