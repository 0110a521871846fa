"""A sample of scenarios of one stream: events and noise drawn once, wealth for any level and any choice of controls.

The price noise of a scenario never changes, so two choices that leave the same price-moving events share one
simulation; most controls act on direct losses alone. What is cached is a pure function of its key: results do not
depend on what is in the cache, nor on the number of threads.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from copy import copy
from functools import partial
from threading import Lock
from typing import Generic, TypeVar

import numpy as np

from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR, Scenario
from daybook.scenario.arrays import (
    ActiveEvents,
    DirectLosses,
    FloatArray,
    MarketParameters,
    Paths,
    WealthModel,
)
from daybook.scenario.controls.choice import ControlChoice, strengths
from daybook.scenario.engine.events import possible_events, price_controls, price_moving
from daybook.scenario.market.keys import stream_key
from daybook.scenario.market.simulate import simulate
from daybook.scenario.threats.candidates import EventCandidates
from daybook.scenario.threats.draw import draw_candidates
from daybook.scenario.threats.thin import Thinned, thin

Value = TypeVar("Value")

_KEPT = 24
"""Wealth models and thinned events a sample keeps."""


class Recent(Generic[Value]):
    """The values of a pure function that were asked for last, by key."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made where it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        value = make()
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value


def cash_growth(scenario: Scenario) -> float:
    """Return what one won of cash grows to over the horizon."""
    return float((1.0 + scenario.cash_rate) ** (scenario.horizon_days / TRADING_DAYS_PER_YEAR))


def cash_daily_rate(scenario: Scenario) -> float:
    """Return the interest of one trading day that compounds to :func:`cash_growth`."""
    return float((1.0 + scenario.cash_rate) ** (1.0 / TRADING_DAYS_PER_YEAR) - 1.0)


def gross_of(paths: Paths, direct: DirectLosses, growth: float) -> FloatArray:
    """Return (S, N) wealth at the horizon of one won in each instrument, after losses that are shares.

    A share is taken from what the position is worth at the horizon.
    """
    stocks = paths.stocks.shape[1]
    gross = np.empty((paths.stocks.shape[0], stocks + paths.hedges.shape[1] + 1))
    gross[:, :stocks] = paths.stocks
    gross[:, :stocks] *= 1.0 - direct.position_ratio
    gross[:, stocks:-1] = paths.hedges
    gross[:, -1] = growth
    gross *= (1.0 - direct.account_ratio)[:, None]
    return gross


def wealth_of(model: WealthModel, positions_krw: FloatArray) -> FloatArray:
    """Return (S,) wealth of positions (N,), summed in one order whatever the number of threads."""
    total = -model.fixed_krw
    for column, position in zip(model.gross.T, positions_krw, strict=True):
        if position != 0.0:
            total = total + column * position
    return total


class Sample:
    """Scenarios ``first`` to ``first + count`` of a stream.

    Parameters
    ----------
    scenario, parameters : Scenario, MarketParameters
        What is simulated; the budget, the level and the plan's limits play no part here.
    stream : str
        Name of the random stream: ``plan``, ``fresh``, ``block-0``.
    first, count : int
        Whole blocks, the last may be short.
    threads : int
        How many threads simulate.
    """

    def __init__(
        self,
        scenario: Scenario,
        parameters: MarketParameters,
        stream: str,
        first: int,
        count: int,
        threads: int = 1,
    ) -> None:
        self.scenario = scenario
        self.parameters = parameters
        self.key = stream_key(scenario.seed, stream)
        self.first = first
        self.count = count
        self.threads = threads
        self._candidates = draw_candidates(scenario, parameters, first, count, self.key)
        self.probabilities: FloatArray | None = None
        self._price_controls = price_controls(scenario)
        self._paths: Recent[Paths] = Recent(12)
        self._events: Recent[EventCandidates] = Recent(6)
        self._thinned: Recent[Thinned] = Recent(_KEPT)
        self._wealth: Recent[WealthModel] = Recent(_KEPT)

    def at_budget(self, scenario: Scenario) -> "Sample":
        """Return the same draws for the same scenario at another budget, on which the cost of a freeze depends."""
        other = copy(self)
        other.scenario = scenario
        other._thinned = Recent(_KEPT)
        other._wealth = Recent(_KEPT)
        return other

    def unthreatened(self) -> WealthModel:
        """Return wealth in a world without threats, on the same noise."""
        none = thin(self._candidates, self.scenario, self.parameters, 0, {}, frozenset())
        gross = gross_of(self.unthreatened_paths(), none.direct, cash_growth(self.scenario))
        return WealthModel(gross=gross, fixed_krw=none.direct.fixed_krw, probabilities=self.probabilities)

    def unthreatened_paths(self) -> Paths:
        """Return what prices come to in a world without threats."""
        return self._paths.get("no threats", lambda: self._simulated_under(None))

    def events(self, level: int) -> EventCandidates:
        """Return the candidates a level lets happen; rows of :meth:`thinned` are theirs."""

        def make() -> EventCandidates:
            whole = thin(self._candidates, self.scenario, self.parameters, level, {}, frozenset())
            return possible_events(self._candidates, whole.exogenous)

        return self._events.get(level, make)

    def thinned(self, level: int, choice: ControlChoice, only: frozenset[str] | None = None) -> Thinned:
        """Return the events that happen; with ``only`` the shocks and losses of these threats alone."""
        taken = strengths(self.scenario, choice)
        make = partial(thin, self.events(level), self.scenario, self.parameters, level, taken, only)
        return make() if only is not None else self._thinned.get((level, choice.steps), make)

    def paths(self, level: int, choice: ControlChoice) -> Paths:
        """Return what prices come to at the horizon."""
        steps = tuple(choice.steps[place] for place in self._price_controls)
        return self._paths.get((level, steps), lambda: self._simulated(level, choice))

    def wealth(self, level: int, choice: ControlChoice) -> WealthModel:
        """Return wealth at the horizon as a function of positions."""
        return self._wealth.get((level, choice.steps), lambda: self._modelled(level, choice))

    def _modelled(self, level: int, choice: ControlChoice) -> WealthModel:
        thinned = self.thinned(level, choice)
        gross = gross_of(self.paths(level, choice), thinned.direct, cash_growth(self.scenario))
        return WealthModel(gross=gross, fixed_krw=thinned.direct.fixed_krw, probabilities=self.probabilities)

    def _simulated(self, level: int, choice: ControlChoice) -> Paths:
        return self._simulated_under(price_moving(self.thinned(level, choice).active))

    def _simulated_under(self, moving: ActiveEvents | None) -> Paths:
        return simulate(
            self.parameters,
            moving,
            self.first,
            self.count,
            self.scenario.horizon_days,
            self.key,
            self.scenario.model,
            threads=self.threads,
        )
