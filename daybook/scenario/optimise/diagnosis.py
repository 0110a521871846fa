"""Say why no plan meets every limit: which limits, and by how much each alone would have to give way.

Each limit that stands for one number of the scenario is given one slack. A limit whose slack alone makes room stands
in every set of limits in conflict; the least slack is what it would take. Where none alone is enough, the least total
of all slacks says which have to move together (an elastic program, Chinneck 2008).
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daybook.scenario.optimise.errors import Conflict, InfeasiblePlan, OptimiserError
from daybook.scenario.optimise.highs import INFINITY, Outcome
from daybook.scenario.optimise.primal import Switch, solve_primal
from daybook.scenario.optimise.problem import FIELD_OF_LIMIT, LimitKind
from daybook.scenario.optimise.program import Program, Row

_NO_SLACK = 1e-9
_BUDGET = FIELD_OF_LIMIT[LimitKind.BUDGET]
_OF_PATHS = {FIELD_OF_LIMIT[kind] for kind in (LimitKind.CVAR, LimitKind.RUIN, LimitKind.EXPECTED)}
"""Limits on what becomes of a plan; they have no room in won."""


@dataclass(frozen=True)
class _Family:
    """Limits that are one number of the scenario."""

    kind: LimitKind
    label: str
    limit: float


def explain_infeasible(program: Program, switches: Sequence[Switch] = ()) -> OptimiserError:
    """Return the error that says which limits are in conflict."""
    families = _families(program)
    problem = program.problem
    alone = {}
    for number in range(len(families)):
        slack = _least_slack(program, families, [number], switches)
        if slack is not None:
            alone[number] = slack[number]
    conflicts = [
        _conflict(program, families[number], slack) for number, slack in alone.items() if abs(slack) > _NO_SLACK
    ]
    if problem.max_names is not None and switches:
        conflicts += _names_conflict(program, switches)
    room = next((conflict.relaxation_krw for conflict in conflicts if conflict.field == _BUDGET), None)
    together = all(conflict.field == _BUDGET for conflict in conflicts)
    if together:
        # More money alone would do, but it is the limits that contradict each other wherever they can give way.
        conflicts = _joint_conflicts(program, families, switches) or conflicts
        together = len(conflicts) > 1
    if not conflicts:
        return InfeasiblePlan("constraints", "no plan meets every limit of constraints; loosen them", ("constraints",))
    if not together and any(conflict.field != _BUDGET for conflict in conflicts):
        conflicts = [conflict for conflict in conflicts if conflict.field != _BUDGET]
    conflicts.sort(key=lambda conflict: abs(conflict.relaxation_krw or 0.0))
    fields = tuple(dict.fromkeys(conflict.field for conflict in conflicts))
    return InfeasiblePlan(conflicts[0].field, _message(program, conflicts, together, room), fields, tuple(conflicts))


def _joint_conflicts(program: Program, families: Sequence[_Family], switches: Sequence[Switch]) -> list[Conflict]:
    """Return the limits that have to give way together, the budget only where nothing else makes room."""
    every = list(range(len(families)))
    apart = [number for number in every if families[number].kind is not LimitKind.BUDGET]
    slacks = _least_slack(program, families, apart, switches) or _least_slack(program, families, every, switches) or {}
    return [_conflict(program, families[number], slack) for number, slack in slacks.items() if abs(slack) > _NO_SLACK]


def _families(program: Program) -> list[_Family]:
    problem, size = program.problem, program.problem.size
    families: dict[tuple[LimitKind, str], _Family] = {}

    def note(kind: LimitKind, label: str, limit: float) -> None:
        families.setdefault((kind, label), _Family(kind, label, limit))

    for index in range(size):
        if np.isfinite(program.upper[index]):
            kind = problem.upper_kind(index)
            largest = max(
                program.upper[other]
                for other in range(size)
                if problem.upper_kind(other) is kind and np.isfinite(program.upper[other])
            )
            note(kind, "", float(largest))
        if program.lower[index] > 0:
            note(problem.lower_kind(index), "", float(program.lower[index]))
    for row in program.rows:
        if row.kind is LimitKind.BUDGET and row.name:
            continue
        label = row.name if row.kind is LimitKind.GROUP else ""
        note(row.kind, label, _limit_of_row(program, row))
    for term in program.tails:
        if term.cap is not None:
            note(term.kind, "", term.cap)
    return list(families.values())


def _limit_of_row(program: Program, row: Row) -> float:
    if row.kind is LimitKind.BUDGET:
        return 1.0
    if row.kind is LimitKind.TURNOVER:
        return (program.problem.max_turnover_krw or 0.0) / program.unit
    if row.kind is LimitKind.EXPECTED:
        return (program.problem.min_expected_krw or 0.0) / program.unit
    return row.upper if np.isfinite(row.upper) else row.lower


def _least_slack(
    program: Program, families: Sequence[_Family], elastic: Sequence[int], switches: Sequence[Switch]
) -> dict[int, float] | None:
    """Return the least slack of some families that makes room, others kept; None where they cannot.

    Bounds become rows, each with its family's slack; the budget has two slacks: what finds no place is positive, what
    is lacking negative.
    """
    size, count = program.size, len(families)
    total = size + count + 1
    columns = {(family.kind, family.label): size + number for number, family in enumerate(families)}
    rows = [_elastic_row(program, row, total, columns) for row in program.rows]
    lower = np.concatenate((program.lower, np.zeros(count + 1)))
    upper = np.concatenate((program.upper, np.zeros(count + 1)))
    upper[[size + number for number in elastic]] = INFINITY
    if any(families[number].kind is LimitKind.BUDGET for number in elastic):
        upper[-1] = INFINITY
    problem = program.problem
    for index in range(problem.size):
        if np.isfinite(program.upper[index]):
            kind = problem.upper_kind(index)
            step = program.upper[index] if kind is LimitKind.LIQUIDITY else 1.0
            rows.append(_bound(total, index, columns[(kind, "")], -step, -INFINITY, float(program.upper[index])))
            upper[index] = INFINITY
        if program.lower[index] > 0:
            slack = columns[(problem.lower_kind(index), "")]
            rows.append(_bound(total, index, slack, 1.0, float(program.lower[index]), INFINITY))
            lower[index] = 0.0
    tails = tuple(
        dataclasses.replace(term, weight=0.0, relief=columns[(term.kind, "")])
        for term in program.tails
        if term.cap is not None
    )
    widened = dataclasses.replace(
        program,
        cost=np.concatenate((np.zeros(size), np.ones(count + 1))),
        lower=lower,
        upper=upper,
        rows=tuple(rows),
        shift=np.concatenate((program.shift, np.zeros(count + 1))),
        fee=np.concatenate((program.fee, np.zeros(count + 1))),
        tails=tails,
    )
    wide = tuple(
        dataclasses.replace(
            switch,
            most=max(switch.most, 1.0),
            excludes=None if switch.excludes is None else np.concatenate((switch.excludes, np.zeros(count + 1))),
        )
        for switch in switches
    )
    result = solve_primal(widened, None, wide, problem.max_names if switches else None)
    if result.outcome is not Outcome.OPTIMAL:
        return None
    slacks = {number: float(result.x[size + number]) for number in range(count)}
    for number, family in enumerate(families):
        if family.kind is LimitKind.BUDGET and result.x[-1] > slacks[number]:
            slacks[number] = -float(result.x[-1])
    return slacks


def _elastic_row(program: Program, row: Row, total: int, columns: dict[tuple[LimitKind, str], int]) -> Row:
    wide = np.zeros(total)
    wide[: program.size] = row.coefficients
    if row.kind is LimitKind.BUDGET:
        if not row.name:
            wide[columns[(row.kind, "")]], wide[-1] = 1.0, -1.0
        return dataclasses.replace(row, coefficients=wide)
    slack = columns[(row.kind, row.name if row.kind is LimitKind.GROUP else "")]
    wide[slack] = -1.0 if np.isfinite(row.upper) else 1.0
    return dataclasses.replace(row, coefficients=wide)


def _bound(total: int, index: int, slack: int, step: float, low: float, high: float) -> Row:
    coefficients = np.zeros(total)
    coefficients[index], coefficients[slack] = 1.0, step
    return Row(coefficients, low, high, LimitKind.GROUP, "")


def _names_conflict(program: Program, switches: Sequence[Switch]) -> list[Conflict]:
    allowed = program.problem.max_names or 0
    for names in range(allowed + 1, program.problem.size + 1):
        if solve_primal(program, None, switches, names).outcome is Outcome.OPTIMAL:
            return [Conflict(FIELD_OF_LIMIT[LimitKind.NAMES], "", float(allowed), float(names - allowed))]
    return []


def _conflict(program: Program, family: _Family, slack: float) -> Conflict:
    relaxation = slack * family.limit if family.kind is LimitKind.LIQUIDITY else slack
    return Conflict(FIELD_OF_LIMIT[family.kind], family.label, family.limit * program.unit, relaxation * program.unit)


def _message(program: Program, conflicts: Sequence[Conflict], together: bool, room: float | None) -> str:
    ways = "; ".join(_way_out(program, conflict) for conflict in conflicts)
    asked = "one of these has to give way" if len(conflicts) > 1 else "it has to give way"
    if together:
        asked = "these have to give way together"
    said = "no plan meets every limit"
    of_paths = together and any(conflict.field in _OF_PATHS for conflict in conflicts)
    if room is not None and conflicts[0].field != _BUDGET and not of_paths:
        budget = program.problem.budget_krw
        said += (
            f" (they have room for {_won(budget - room)} of {_won(budget)})"
            if room > 0
            else f" (they need {_won(budget - room)}, and there are {_won(budget)})"
        )
    return f"{said}; {asked}: {ways}"


def _won(amount: float) -> str:
    return f"{amount:,.0f} won" if abs(amount) >= 1_000 else f"{amount:.4g} won"


def _way_out(program: Program, conflict: Conflict) -> str:
    whole = program.problem.reference_krw or program.problem.budget_krw
    slack = conflict.relaxation_krw or 0.0
    label = f" ({conflict.label})" if conflict.label else ""
    kind = next(kind for kind, field in FIELD_OF_LIMIT.items() if field == conflict.field)
    if kind is LimitKind.NAMES:
        return f"{conflict.field} from {conflict.limit_krw:.0f} to {conflict.limit_krw + slack:.0f}"
    if kind is LimitKind.BUDGET:
        what = "find no place within the other limits" if slack > 0 else "are lacking for the other limits"
        return f"{conflict.field}: {_won(abs(slack))} {what}"
    if kind is LimitKind.LIQUIDITY:
        return f"{conflict.field} times {1 + slack / conflict.limit_krw:.4g}"
    if kind is LimitKind.RUIN:
        return f"{conflict.field}: the worst paths end {_won(slack)} too low on average; raise it, or lower the floor"
    if kind in (LimitKind.NET_SHORT, LimitKind.FORBIDDEN):
        return f"{conflict.field}{label} by {_won(slack)}"
    if kind is LimitKind.EXPECTED:
        start = program.problem.reference_krw
        now, then = (conflict.limit_krw - start) / whole, (conflict.limit_krw - start - slack) / whole
        return f"{conflict.field} from {now:.4g} to {then:.4g}"
    sign = -1.0 if kind in (LimitKind.MIN_CASH, LimitKind.MIN_POSITION) else 1.0
    now, then = conflict.limit_krw / whole, (conflict.limit_krw + sign * slack) / whole
    return f"{conflict.field}{label} from {now:.4g} to {then:.4g}"
