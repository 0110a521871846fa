"""What the optimiser found."""

from dataclasses import dataclass, field

from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.optimise.generation import WarmStart


@dataclass(frozen=True)
class PlanSolution:
    """The best positions, with the figures on the scenarios they were made from.

    Args:
        positions_krw: (N,).
        fees_krw: of getting there from the current positions.
        objective_krw: E[W] - gamma CVaR, or CVaR, or E[W], as the problem's objective says.
        expected_krw: E[W].
        var_krw: VaR of the loss at alpha.
        cvar_krw: CVaR of the loss at alpha.
        binding: reason codes of the limits pressed against, sorted.
        tail: numbers of the scenarios at or above VaR.
        reasons: for each instrument the reason codes of the limits it presses against.
        gamma: the problem's.
        marginal_krw: (N,) what one more won in each instrument adds to E[W] - gamma CVaR, budget aside.
        rounds: rounds of scenario generation.
        gap: how far, at most, the objective is from the best, as a share of the budget (0 but for whole numbers).
        dual: scenarios and their weights in the tail's mean (at most probability / (1 - alpha), summing to 1) under
            which the positions are best for the plain expectation as well; None where caps or whole numbers took part.
        warm: what a similar problem starts from; of no meaning to others.
    """

    positions_krw: FloatArray
    fees_krw: float
    objective_krw: float
    expected_krw: float
    var_krw: float
    cvar_krw: float
    binding: tuple[str, ...]
    tail: IntArray
    reasons: tuple[tuple[str, ...], ...]
    gamma: float
    marginal_krw: FloatArray
    rounds: int
    gap: float
    dual: tuple[IntArray, FloatArray] | None = None
    warm: WarmStart | None = field(default=None, repr=False)
