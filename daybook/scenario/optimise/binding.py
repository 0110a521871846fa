"""Which limits a plan presses against, as the reason codes of an allocation row."""

import numpy as np

from daybook.scenario.arrays import FloatArray
from daybook.scenario.optimise.problem import LimitKind
from daybook.scenario.optimise.program import Program

_CLOSE = 1e-7
"""Per unit of budget: nearer than this is at the limit."""


def find_reasons(program: Program, x: FloatArray) -> tuple[tuple[str, ...], ...]:
    """Return for each instrument the codes of the limits it presses against, sorted."""
    problem = program.problem
    reasons: list[set[str]] = [set() for _ in range(problem.size)]
    for index in range(problem.size):
        if program.upper[index] - x[index] <= _CLOSE:
            forbidden = program.upper[index] <= 0
            reasons[index].add(LimitKind.FORBIDDEN if forbidden else problem.upper_kind(index))
        if program.lower[index] > 0 and x[index] - program.lower[index] <= _CLOSE:
            reasons[index].add(problem.lower_kind(index))
    for row in program.rows[1:]:
        if row.kind in (LimitKind.BUDGET, LimitKind.TURNOVER, LimitKind.EXPECTED):
            continue
        members = [index for index in range(problem.size) if row.coefficients[index] and abs(x[index]) > _CLOSE]
        if members and _is_active(float(row.coefficients @ x), row.lower, row.upper):
            for index in members:
                reasons[index].add(row.kind)
    return tuple(tuple(sorted(str(code) for code in codes)) for codes in reasons)


def find_binding(program: Program, x: FloatArray, tail_values: dict[LimitKind, float]) -> tuple[str, ...]:
    """Return the codes of every limit the plan presses against, sorted.

    Args:
        program: the program.
        x: its solution.
        tail_values: CVaR per unit of budget of each capped tail.
    """
    codes = {code for reasons in find_reasons(program, x) for code in reasons} - {str(LimitKind.FORBIDDEN)}
    for row in program.rows[1:]:
        if row.kind in (LimitKind.TURNOVER, LimitKind.EXPECTED):
            value = float(row.coefficients @ x)
            if _is_active(value, row.lower, row.upper):
                codes.add(str(row.kind))
    for term in program.tails:
        if term.cap is not None and term.cap - tail_values[term.kind] <= _CLOSE:
            codes.add(str(term.kind))
    problem = program.problem
    if problem.max_names is not None and count_names(program, x) >= problem.max_names:
        codes.add(str(LimitKind.NAMES))
    return tuple(sorted(str(code) for code in codes))


def count_names(program: Program, x: FloatArray) -> int:
    """Return how many of the instruments ``max_names`` counts are held."""
    counted = program.problem.or_all_but_last(program.problem.is_stock)
    return int((np.abs(x[: program.problem.size][counted]) > 1e-9).sum())


def _is_active(value: float, lower: float, upper: float) -> bool:
    return value - lower <= _CLOSE or upper - value <= _CLOSE
