"""Solve a plan problem exactly: linear programs by scenario generation, whole numbers only where they are needed."""

import dataclasses

import numpy as np

from daybook.contracts.scenario import Objective
from daybook.scenario.arrays import FloatArray
from daybook.scenario.optimise.binding import count_names, find_binding, find_reasons
from daybook.scenario.optimise.choices import burnt_instruments, switches_of
from daybook.scenario.optimise.diagnosis import explain_infeasible
from daybook.scenario.optimise.errors import UnboundedPlan
from daybook.scenario.optimise.generation import Generated, WarmStart, generate
from daybook.scenario.optimise.highs import Outcome
from daybook.scenario.optimise.names import branch_names
from daybook.scenario.optimise.primal import CAP_TOLERANCE, PrimalResult, Switch, solve_primal
from daybook.scenario.optimise.problem import PlanProblem, check_problem
from daybook.scenario.optimise.program import Program, build_program
from daybook.scenario.optimise.solution import PlanSolution
from daybook.scenario.optimise.tail import Tail, measure_tail
from daybook.scenario.optimise.tail_set import TailSet, guess_tail_set

__all__ = ["PlanSolution", "solve"]


def solve(problem: PlanProblem, warm: PlanSolution | None = None) -> PlanSolution:
    """Return the best plan; ``warm`` is the solution of a similar problem and changes nothing but the time taken.

    Raises ``InfeasiblePlan`` where no plan meets every limit, and the other errors of ``errors.py``.
    """
    check_problem(problem)
    program = build_program(problem)
    if bool((program.lower > program.upper).any()):
        raise explain_infeasible(program)
    start = warm.warm if warm is not None else None
    free = generate(program, start)
    if free.outcome is Outcome.INFEASIBLE:
        raise explain_infeasible(program)
    if free.outcome is Outcome.OPTIMAL and _keeps_all(program, free.x):
        solution = describe(program, free.x, free.warm, free.rounds, 0.0)
        return dataclasses.replace(solution, dual=free.duals[0] if free.duals else None)
    if free.outcome is Outcome.OPTIMAL and _is_about_names(program, free.x):
        named = branch_names(program, free, start.names if start is not None else ())
        if named is not None and _keeps_all(program, named.x):
            warm_start = None if free.warm is None else dataclasses.replace(free.warm, names=named.names)
            return describe(program, named.x, warm_start, free.rounds, named.gap)
    return _solve_in_force(program, free, start)


def _is_about_names(program: Program, x: FloatArray) -> bool:
    """Return whether the number of names is broken and nothing that needs other choices is there."""
    problem = program.problem
    counted = problem.or_all_but_last(problem.is_stock)
    return (
        problem.max_names is not None
        and count_names(program, x) > problem.max_names
        and problem.min_position_krw is None
        and bool((program.lower[: problem.size][counted] >= 0).all())
    )


def _keeps_all(program: Program, x: FloatArray) -> bool:
    """Return whether the optimum without caps, names, smallest positions and the ban on burning keeps them all."""
    problem = program.problem
    if problem.max_names is not None and count_names(program, x) > problem.max_names:
        return False
    if problem.min_position_krw is not None:
        held = np.abs(x[: problem.size]) > 1e-9
        if bool((held & (x[: problem.size] < problem.min_position_krw / program.unit - 1e-9)).any()):
            return False
    if burnt_instruments(program, x):
        return False
    caps = [term for term in program.tails if term.cap is not None]
    if not caps:
        return True
    losses = program.losses(x)
    return all(
        measure_tail(losses, term.level, program.scenarios.probabilities).cvar <= (term.cap or 0.0) + CAP_TOLERANCE
        for term in caps
        if term.cap is not None
    )


def _solve_in_force(program: Program, free: Generated, start: WarmStart | None) -> PlanSolution:
    """Solve with caps in force, then with whole numbers where the solution needs them."""
    result = solve_primal(program, _first_sets(program, free, start))
    if result.outcome is Outcome.INFEASIBLE:
        raise explain_infeasible(program)
    if result.outcome is Outcome.UNBOUNDED:
        raise UnboundedPlan(
            "constraints.max_weight", "the objective grows without end; give every instrument an upper limit"
        )
    gap, switches = 0.0, switches_of(program, result.x)
    while switches:
        chosen = solve_primal(program, result.sets, switches, program.problem.max_names)
        if chosen.outcome is not Outcome.OPTIMAL:
            raise explain_infeasible(program, switches)
        gap = chosen.gap
        result = _polished(program, chosen, switches)
        known = {switch.variable for switch in switches}
        more = tuple(switch for switch in switches_of(program, result.x) if switch.variable not in known)
        switches = (*switches, *more) if more else ()
    warm = _warm_of(program, free, result)
    return describe(program, result.x, warm, free.rounds + result.rounds, gap)


def _first_sets(program: Program, free: Generated, start: WarmStart | None) -> list[TailSet]:
    """Return the scenarios each tail starts with: the last solution's, or those near the tail of the free optimum."""
    scenarios = program.scenarios
    count = scenarios.fixed.shape[0]
    if start is not None and len(start.capped) == len(program.tails):
        fits = all(near.shape[0] and near.max() < count for _, near in start.capped)
        if fits:
            pairs = zip(program.tails, start.capped, strict=True)
            return [TailSet(scenarios, term, deep, near) for term, (deep, near) in pairs]
    x = free.x if free.outcome is Outcome.OPTIMAL else np.zeros(program.size)
    residuals = scenarios.residuals(x[: program.problem.size])
    return [guess_tail_set(scenarios, term, residuals) for term in program.tails]


def _warm_of(program: Program, free: Generated, result: PrimalResult) -> WarmStart | None:
    if free.warm is None:
        return None
    residuals = program.scenarios.residuals(result.x[: program.problem.size])
    capped = []
    for tail in result.sets:
        edge = measure_tail(residuals, tail.term.level, program.scenarios.probabilities).var
        capped.append(tail.narrowed(residuals, edge, max(100, int(0.3 * tail.mass * residuals.shape[0]))))
    return dataclasses.replace(free.warm, capped=tuple(capped))


def _polished(program: Program, chosen: PrimalResult, switches: tuple[Switch, ...]) -> PrimalResult:
    """Solve once more with the choices made, so that what is off is exactly 0."""
    lower, upper = program.lower.copy(), program.upper.copy()
    rows = list(program.rows)
    for switch in switches:
        on = chosen.x[switch.variable] > max(1e-7, 0.5 * switch.least) or switch.least < 0
        if switch.counted and abs(chosen.x[switch.variable]) <= 1e-7:
            on = False
        if not on:
            lower[switch.variable] = upper[switch.variable] = 0.0
        elif switch.least > 0:
            lower[switch.variable] = max(lower[switch.variable], switch.least)
        if on and switch.excludes is not None:
            rows = [
                dataclasses.replace(row, upper=switch.excluded_above) if row.coefficients is switch.excludes else row
                for row in rows
            ]
    settled = dataclasses.replace(program, lower=lower, upper=upper, rows=tuple(rows))
    result = solve_primal(settled, chosen.sets)
    return result if result.outcome is Outcome.OPTIMAL else chosen


def describe(
    program: Program, x: FloatArray, warm: WarmStart | None = None, rounds: int = 0, gap: float = 0.0
) -> PlanSolution:
    """Return a solution of the program with its figures, in won, measured on all its scenarios."""
    problem, unit = program.problem, program.unit
    losses = program.losses(x)
    odds = program.scenarios.probabilities
    tail = measure_tail(losses, problem.alpha, odds)
    values = {term.kind: measure_tail(losses, term.level, odds).cvar for term in program.tails if term.cap is not None}
    expected = program.expected(x)
    reward, weight = _weights(problem)
    objective = tail.cvar if problem.objective is Objective.MIN_CVAR else reward * expected - weight * tail.cvar
    return PlanSolution(
        positions_krw=x[: problem.size] * unit,
        fees_krw=program.fees(x) * unit,
        objective_krw=objective * unit,
        expected_krw=expected * unit,
        var_krw=tail.var * unit,
        cvar_krw=tail.cvar * unit,
        binding=find_binding(program, x, values),
        tail=np.sort(tail.scenarios),
        reasons=find_reasons(program, x),
        gamma=problem.gamma,
        marginal_krw=_marginal(program, tail),
        rounds=rounds,
        gap=gap,
        warm=warm,
    )


def _weights(problem: PlanProblem) -> tuple[float, float]:
    """Return the weights of E[W] and of CVaR in the objective."""
    if problem.objective is Objective.UTILITY:
        return 1.0, problem.gamma
    return (0.0, 1.0) if problem.objective is Objective.MIN_CVAR else (1.0, 0.0)


def _marginal(program: Program, tail: Tail) -> FloatArray:
    reward, weight = _weights(program.problem)
    in_tail = np.einsum("s,sj->j", tail.shares, program.scenarios.gross[tail.scenarios])
    return np.asarray(reward * program.scenarios.mean_gross + weight * in_tail)
