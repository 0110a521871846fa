"""Search for the best set of controls, where only trying a set tells what it is worth.

The value of a set is whatever ``evaluate`` says, usually the objective of the plan that is best with it. Each set is
evaluated once. Equal values go to the cheaper set, then to the one met first, so a search is deterministic.
"""

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from daybook.contracts.scenario import Scenario
from daybook.scenario.controls.choice import (
    ControlChoice,
    choice_of,
    control_cost_krw,
    is_allowed,
    no_controls,
    refusal,
    spend_krw,
)
from daybook.scenario.controls.moves import Neighbourhood
from daybook.scenario.errors import ScenarioError

Evaluate = Callable[[ControlChoice], float]

MAX_SETS = 2**20
FEW_SETS = 128
"""So few allowed sets are all tried: rules and limits that leave no more tear the neighbourhoods of a climb apart."""


@dataclass(frozen=True)
class Found:
    """The best choice a search met, its value, how many sets were evaluated, and the value of each."""

    choice: ControlChoice
    value: float
    evaluations: int
    values: dict[ControlChoice, float]


class _Book:
    """Values seen so far, and the best of them."""

    def __init__(self, scenario: Scenario, evaluate: Evaluate, limit: int | None) -> None:
        self._scenario = scenario
        self._evaluate = evaluate
        self._limit = limit
        self.values: dict[ControlChoice, float] = {}

    @property
    def full(self) -> bool:
        return self._limit is not None and len(self.values) >= self._limit

    def value(self, choice: ControlChoice) -> float:
        if choice not in self.values:
            self.values[choice] = float(self._evaluate(choice))
        return self.values[choice]

    def better(self, one: ControlChoice, other: ControlChoice) -> bool:
        """Say whether ``one`` is worth more than ``other``, or as much for less."""
        first, second = self.value(one), self.value(other)
        if first != second:
            return first > second
        return spend_krw(self._scenario, one) < spend_krw(self._scenario, other)

    def best(self, choices: Iterable[ControlChoice]) -> ControlChoice | None:
        found: ControlChoice | None = None
        for choice in choices:
            if choice not in self.values and self.full:
                continue
            self.value(choice)
            if found is None or self.better(choice, found):
                found = choice
        return found


def allowed_choices(scenario: Scenario) -> list[ControlChoice]:
    """Return every choice that may be taken, those of few and early controls first.

    Raises:
        ScenarioError: where there are more than :data:`MAX_SETS` sets to look at.
    """
    if scenario.fixed_controls is not None:
        return [_start(scenario)]
    if (total := _sets(scenario)) > MAX_SETS:
        raise ScenarioError("controls", f"there are {total:,} sets, too many to try all", "use the local search")
    ranges = [(c.levels,) if c.already_installed else range(c.levels + 1) for c in scenario.controls]
    every = (ControlChoice(steps) for steps in itertools.product(*ranges))
    return sorted((choice for choice in every if is_allowed(scenario, choice)), key=lambda choice: sum(choice.steps))


def brute_force(scenario: Scenario, evaluate: Evaluate) -> Found:
    """Try every allowed set and return the best.

    Raises:
        ScenarioError: where no set may be taken, or there are too many.
    """
    book = _Book(scenario, evaluate, None)
    best = book.best(allowed_choices(scenario))
    if best is None:
        raise refusal(scenario, no_controls(scenario)) or ScenarioError("controls", "no set of them may be taken")
    return Found(best, book.values[best], len(book.values), book.values)


def local_search(
    scenario: Scenario,
    evaluate: Evaluate,
    *,
    starts: Iterable[ControlChoice] = (),
    reach: int = 3,
    max_evaluations: int | None = None,
) -> Found:
    """Climb from set to neighbouring set until no neighbour is better, from several starts.

    A climb takes the best single change (add, drop, another step) while one helps, else the best pair of changes (a
    swap is one), else the best trade of one control for two or two for one. It begins at the set of nothing new, at
    ``starts``, and at sets as large as the spending limit lets them be, filled from the cheapest, from the dearest, and
    in both directions of the catalogue. Where rules and limits leave :data:`FEW_SETS` or fewer, all are tried instead.

    Parameters
    ----------
    scenario : Scenario
        Its controls, spending limit and ``fixed_controls``.
    evaluate : callable
        Value of a choice, to be maximised; called once for each choice.
    starts : iterable of ControlChoice
        Sets worth a climb of their own, such as the answer of an easier problem.
    reach : int
        How far a climb looks: 1 single changes, 2 pairs too, 3 trades too.
    max_evaluations : int, optional
        Stop looking for better sets after so many evaluations.

    Raises
    ------
    ScenarioError
        Where not even the first set may be taken.
    """
    first = _start(scenario)
    book = _Book(scenario, evaluate, max_evaluations)
    book.value(first)
    if scenario.fixed_controls is None and not _tried_all(scenario, book):
        around = Neighbourhood(scenario)
        for start in dict.fromkeys([first, *starts, *_large_sets(scenario, around, first)]):
            if is_allowed(scenario, start):
                _climb(start, book, around, reach)
    best = book.best(book.values)
    chosen = first if best is None else best
    return Found(chosen, book.values[chosen], len(book.values), book.values)


def _climb(start: ControlChoice, book: _Book, around: Neighbourhood, reach: int) -> None:
    if start not in book.values and book.full:
        return
    book.value(start)
    current = start
    while True:
        for neighbours in (around.singles, around.pairs, around.trades)[:reach]:
            found = book.best(neighbours(current))
            if found is not None and book.better(found, current):
                current = found
                break
        else:
            return


def _start(scenario: Scenario) -> ControlChoice:
    fixed = scenario.fixed_controls
    choice = no_controls(scenario) if fixed is None else choice_of(scenario, fixed)
    if (error := refusal(scenario, choice)) is not None:
        raise error
    return choice


def _sets(scenario: Scenario) -> int:
    return math.prod(1 if control.already_installed else control.levels + 1 for control in scenario.controls)


def _tried_all(scenario: Scenario, book: _Book) -> bool:
    """Try every allowed set where there are few; False where there are many."""
    if _sets(scenario) > 32 * FEW_SETS:
        return False
    choices = allowed_choices(scenario)
    if len(choices) > FEW_SETS:
        return False
    book.best(choices)
    return True


def _large_sets(scenario: Scenario, around: Neighbourhood, first: ControlChoice) -> list[ControlChoice]:
    """Return sets filled up to the spending limit, control by control, in four orders."""
    places = [place for place, control in enumerate(scenario.controls) if not control.already_installed]
    costs = {p: control_cost_krw(scenario, scenario.controls[p], scenario.controls[p].levels) for p in places}
    by_cost = sorted(places, key=lambda place: costs[place])
    return [_filled(scenario, around, first, order) for order in (by_cost, by_cost[::-1], places, places[::-1])]


def _filled(scenario: Scenario, around: Neighbourhood, first: ControlChoice, order: list[int]) -> ControlChoice:
    choice = first
    for place in order:
        larger = around.changed(choice, place, scenario.controls[place].levels)
        if _contains(larger, choice) and is_allowed(scenario, larger):
            choice = larger
    return choice


def _contains(one: ControlChoice, other: ControlChoice) -> bool:
    return all(mine >= theirs for mine, theirs in zip(one.steps, other.steps, strict=True))
