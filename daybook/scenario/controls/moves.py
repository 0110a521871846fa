"""The steps of a search through sets of controls: which other sets lie next to one."""

from daybook.contracts.scenario import Scenario
from daybook.scenario.controls.choice import ControlChoice, is_allowed


class Neighbourhood:
    """The allowed choices around a choice; what a control needs comes along with it, what clashes with it leaves."""

    def __init__(self, scenario: Scenario) -> None:
        """Read the rules of a scenario's controls once."""
        controls = scenario.controls
        places = {control.id: place for place, control in enumerate(controls)}
        self._scenario = scenario
        self._levels = [control.levels for control in controls]
        self._free = [place for place, control in enumerate(controls) if not control.already_installed]
        self._requires = [[places[name] for name in control.requires] for control in controls]
        self._needed_by: list[list[int]] = [[] for _ in controls]
        self._clashes: list[set[int]] = [set() for _ in controls]
        for place, control in enumerate(controls):
            for needed in self._requires[place]:
                self._needed_by[needed].append(place)
            for name in control.excludes:
                self._clashes[place].add(places[name])
                self._clashes[places[name]].add(place)

    def changed(self, choice: ControlChoice, place: int, step: int, brought: int | None = None) -> ControlChoice:
        """Return the choice with one control at another step, and what that step brings along or drives out.

        What it needs and is not taken comes at step ``brought``, or at full strength where it has no such step or
        ``brought`` is None.
        """
        steps = list(choice.steps)
        if step == 0:
            self._drop(steps, place)
        else:
            self._raise(steps, place, step, brought)
        return ControlChoice(tuple(steps))

    def singles(self, choice: ControlChoice) -> list[ControlChoice]:
        """Return the allowed choices that are one change away: add, drop, or another step."""
        return self._allowed(choice, self._changes(choice))

    def pairs(self, choice: ControlChoice) -> list[ControlChoice]:
        """Return the allowed choices that are two changes away, swaps first; the way may lead over a forbidden one."""
        found = []
        for first in self._changes(choice):
            found += self._changes(first)
        found.sort(key=lambda other: sum(other.steps) != sum(choice.steps))
        return self._allowed(choice, found)

    def trades(self, choice: ControlChoice) -> list[ControlChoice]:
        """Return the allowed choices that give one control up for two others, or two for one."""
        found = []
        for first in self._changes(choice):
            for second in self._changes(first):
                for third in self._changes(second):
                    ups = sum(new > old for new, old in zip(third.steps, choice.steps, strict=True))
                    downs = sum(new < old for new, old in zip(third.steps, choice.steps, strict=True))
                    if {ups, downs} == {1, 2}:
                        found.append(third)
        return self._allowed(choice, found)

    def _changes(self, choice: ControlChoice) -> list[ControlChoice]:
        found = [
            self.changed(choice, place, step, brought)
            for place in self._free
            for step in range(self._levels[place] + 1)
            if step != choice.steps[place]
            for brought in (None, *self._partial_steps(choice, place, step))
        ]
        return list(dict.fromkeys(found))

    def _partial_steps(self, choice: ControlChoice, place: int, step: int) -> range:
        """Return the steps below full strength at which what a change needs may come along."""
        if step == 0:
            return range(0)
        missing = [needed for needed in self._requires[place] if choice.steps[needed] == 0]
        return range(1, max((self._levels[needed] for needed in missing), default=1))

    def _allowed(self, choice: ControlChoice, others: list[ControlChoice]) -> list[ControlChoice]:
        return [other for other in dict.fromkeys(others) if other != choice and is_allowed(self._scenario, other)]

    def _raise(self, steps: list[int], place: int, step: int, brought: int | None) -> None:
        steps[place] = step
        for needed in self._requires[place]:
            if steps[needed] == 0:
                full = self._levels[needed]
                self._raise(steps, needed, full if brought is None else min(brought, full), brought)
        for other in self._clashes[place]:
            if steps[other] > 0:
                self._drop(steps, other)

    def _drop(self, steps: list[int], place: int) -> None:
        if place not in self._free:
            return
        steps[place] = 0
        for other in self._needed_by[place]:
            if steps[other] > 0:
                self._drop(steps, other)
