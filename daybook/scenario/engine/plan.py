"""The best plan: positions by linear programming, controls by local search around it, every step exact.

A climb looks at all single changes of the set (add, drop, another step, with what they bring along) and, when none
helps, at all swaps. A neighbour is solved exactly unless its upper bound (``dual``) shows that it cannot be better, so
the set at the end has no better neighbour under exact evaluation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from daybook.contracts.scenario import Objective, Scenario
from daybook.scenario.controls.choice import ControlChoice, choice_of, is_allowed, no_controls, refusal, spend_krw
from daybook.scenario.controls.moves import Neighbourhood
from daybook.scenario.engine.dual import Certificate, adapted, certificate_of, upper_bound
from daybook.scenario.engine.limits import Limits
from daybook.scenario.engine.sample import Sample, cash_growth
from daybook.scenario.engine.threads import ordered_map
from daybook.scenario.optimise.errors import InfeasiblePlan
from daybook.scenario.optimise.problem import PlanProblem
from daybook.scenario.optimise.solution import PlanSolution
from daybook.scenario.optimise.solve import solve

_WORTH_KRW = 1.0
"""A gain below one won is none."""


@dataclass(frozen=True)
class Plan:
    """Positions and controls, best together on the sample they were made from."""

    choice: ControlChoice
    problem: PlanProblem
    solution: PlanSolution
    spend_krw: int

    @property
    def score_krw(self) -> float:
        """What the plan is best at, the larger the better: E[W] - gamma CVaR, E[W] or -CVaR."""
        value = self.solution.objective_krw
        return -value if self.problem.objective is Objective.MIN_CVAR else value


def first_choice(scenario: Scenario) -> ControlChoice:
    """Return what is installed, or ``fixed_controls``.

    Raises:
        ScenarioError: where that set may not be taken.
    """
    fixed = scenario.fixed_controls
    choice = no_controls(scenario) if fixed is None else choice_of(scenario, fixed)
    if (error := refusal(scenario, choice)) is not None:
        raise error
    return choice


class Planner:
    """Looks for the best plan of one scenario on one sample.

    Parameters
    ----------
    sample : Sample
        The scenarios to plan on; its scenario gives controls and budget.
    limits : Limits
        Of the same scenario.
    level : int
        The threat level planned for.
    threads : int
        How many neighbours are bounded at a time.
    """

    def __init__(self, sample: Sample, limits: Limits, level: int, threads: int = 1) -> None:
        self.sample = sample
        self.limits = limits
        self.level = level
        self._threads = threads
        self._scenario = sample.scenario

    def problem(self, choice: ControlChoice) -> PlanProblem:
        """Return the problem of positions under a choice."""
        return self.limits.with_wealth(self.sample.wealth(self.level, choice), spend_krw(self._scenario, choice))

    def plan(self, choice: ControlChoice, warm: PlanSolution | None = None) -> Plan:
        """Return the best positions under a choice.

        Raises:
            InfeasiblePlan: where no positions meet every limit.
        """
        problem = self.problem(choice)
        return Plan(choice, problem, solve(problem, warm), spend_krw(self._scenario, choice))

    def best(self, starts: Iterable[ControlChoice] = (), rivals: Iterable[ControlChoice] = ()) -> Plan:
        """Return the best plan that climbs from the starts reach; without a start that is allowed, from the first set.

        A set of ``rivals`` is climbed from only where it is better than what was found.

        Raises:
            InfeasiblePlan: where no set that was met has a plan; the error of the first.
            ScenarioError: where no set may be taken.
        """
        first = first_choice(self._scenario)
        found: Plan | None = None
        error: InfeasiblePlan | None = None
        chosen = [choice for choice in dict.fromkeys(starts) if is_allowed(self._scenario, choice)]
        for start in chosen or [first]:
            try:
                plan = self._climb(self.plan(start))
            except InfeasiblePlan as refused:
                error = error or refused
                continue
            found = plan if found is None or plan.score_krw > found.score_krw + _WORTH_KRW else found
        for rival in rivals:
            try:
                other = self.plan(rival) if is_allowed(self._scenario, rival) else None
            except InfeasiblePlan:
                continue
            if other is not None and (found is None or other.score_krw > found.score_krw + _WORTH_KRW):
                found = self._climb(other)
        if found is None:
            found = self._rescued(first)
        if found is None:
            raise error or InfeasiblePlan("constraints", "no plan meets every limit")
        return found

    def _rescued(self, first: ControlChoice) -> Plan | None:
        """Return a plan with the first single change that makes one possible, climbed from there."""
        for choice in Neighbourhood(self._scenario).singles(first):
            try:
                return self._climb(self.plan(choice))
            except InfeasiblePlan:
                continue
        return None

    def _climb(self, plan: Plan) -> Plan:
        if self._scenario.fixed_controls is not None:
            return plan
        around = Neighbourhood(self._scenario)
        while True:
            certificate = certificate_of(plan.problem, plan.solution)
            for neighbours in (around.singles(plan.choice), swaps(around, plan.choice)):
                better = self._better(plan, neighbours, certificate)
                if better is not None:
                    plan = better
                    break
            else:
                return plan

    def _better(self, plan: Plan, neighbours: list[ControlChoice], certificate: Certificate) -> Plan | None:
        """Return the best neighbour that beats a plan, or None."""
        bounds = ordered_map(partial(self._bound, certificate=certificate), neighbours, self._threads)
        order = sorted(range(len(neighbours)), key=lambda place: (-bounds[place], place))
        best: Plan | None = None
        for place in order:
            least = (best or plan).score_krw + _WORTH_KRW
            if bounds[place] <= least:
                break
            if self._closer_bound(neighbours[place], certificate, plan.solution) <= least:
                continue
            try:
                other = self.plan(neighbours[place], plan.solution)
            except InfeasiblePlan:
                continue
            if other.score_krw > least:
                best = other
        return best

    def _bound(self, choice: ControlChoice, certificate: Certificate) -> float:
        problem, sample = self.limits.problem, self.sample
        paths, direct = sample.paths(self.level, choice), sample.thinned(self.level, choice).direct
        left = problem.reference_krw - spend_krw(self._scenario, choice)
        growth = cash_growth(self._scenario)
        return upper_bound(problem, paths, direct, growth, left, sample.probabilities, certificate)

    def _closer_bound(self, choice: ControlChoice, certificate: Certificate, solution: PlanSolution) -> float:
        sample = self.sample
        paths, direct = sample.paths(self.level, choice), sample.thinned(self.level, choice).direct
        held, growth = solution.positions_krw, cash_growth(self._scenario)
        other = adapted(certificate, self.limits.problem, paths, direct, growth, held, sample.probabilities)
        return self._bound(choice, other)


def swaps(around: Neighbourhood, choice: ControlChoice) -> list[ControlChoice]:
    """Return the pairs of changes of which one takes something away and the other adds something."""
    found = []
    for other in around.pairs(choice):
        changes = [after - before for before, after in zip(choice.steps, other.steps, strict=True)]
        if min(changes) < 0 < max(changes):
            found.append(other)
    return found
