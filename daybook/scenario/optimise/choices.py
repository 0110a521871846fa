"""Choices of a plan: at most so many names, no position too small, never buy and sell the same thing."""

import numpy as np

from daybook.scenario.arrays import FloatArray
from daybook.scenario.optimise.binding import count_names
from daybook.scenario.optimise.errors import BadProblem
from daybook.scenario.optimise.primal import Switch
from daybook.scenario.optimise.program import Program

_BURNT = 1e-8


def burnt_instruments(program: Program, x: FloatArray) -> list[int]:
    """Return the sold variables (their numbers) that sell more than is needed, which only pays fees.

    Selling and buying the same thing burns money; a program does it where limits leave money no better place.
    """
    problem = program.problem
    burnt = []
    for position, instrument in enumerate(program.seller):
        variable = problem.size + position
        needed = max(problem.or_zeros(problem.current_krw)[instrument] / program.unit - x[instrument], 0.0)
        if x[variable] - needed > _BURNT and program.fee[variable] > 0:
            burnt.append(variable)
    return burnt


def switches_of(program: Program, x: FloatArray) -> tuple[Switch, ...]:
    """Return the choices that have to be made in whole numbers, given the optimum ``x`` without them."""
    problem = program.problem
    size = problem.size
    floor = problem.or_zeros(problem.min_position_krw) / program.unit
    lower, upper = program.lower[:size], program.upper[:size]
    counted = problem.or_all_but_last(problem.is_stock)
    most = np.minimum(upper, 1.0 + float(np.maximum(-lower, 0.0).sum()))
    names_bind = problem.max_names is not None and count_names(program, x) > problem.max_names
    small = (floor > 0) & (np.abs(x[:size]) > 1e-9) & (x[:size] < floor - 1e-9)
    switches = []
    if names_bind or bool(small.any()):
        for index in range(size):
            is_name = bool(counted[index]) and problem.max_names is not None
            if not (is_name or floor[index] > 0) or upper[index] <= 0:
                continue
            if floor[index] > 0 and lower[index] < 0:
                raise BadProblem("min_position_krw", f"{problem.code(index)} needs a lower_krw of 0 or above")
            least = float(lower[index]) if lower[index] < 0 else float(max(floor[index], lower[index], 0.0))
            switches.append(Switch(index, float(most[index]), least, is_name))
    for variable in burnt_instruments(program, x):
        position = variable - size
        row = program.rows[1 + position]
        instrument = int(program.seller[position])
        switches.append(
            Switch(
                variable,
                float(program.upper[variable]),
                counted=False,
                excludes=row.coefficients,
                excluded_above=row.lower,
                excluded_most=float(max(most[instrument], row.lower) + program.upper[variable]),
            )
        )
    return tuple(switches)
