"""What stages of one run share within one process: prepared input and samples, made when first asked for."""

from functools import cached_property
from threading import Lock

from daybook.contracts.scenario import Scenario
from daybook.scenario.engine.limits import Limits
from daybook.scenario.engine.plan import Planner
from daybook.scenario.engine.prepared import Prepared, prepare
from daybook.scenario.engine.sample import Sample
from daybook.scenario.engine.views import viewed_probabilities
from daybook.scenario.market.history import MarketHistory


class Workspace:
    """Prepared input and samples of a run; holds nothing that is not a pure function of its arguments.

    Parameters
    ----------
    scenario, history : Scenario, MarketHistory
        The run's input.
    preview : bool
        A quick look: fewer scenarios and no curves.
    threads : int
        How many threads a stage that runs alone may use.

    Raises
    ------
    ScenarioError
        As :func:`daybook.scenario.engine.prepared.prepare`.
    """

    def __init__(self, scenario: Scenario, history: MarketHistory, preview: bool = False, threads: int = 1) -> None:
        self.prepared: Prepared = prepare(scenario, history, preview)
        self.threads = threads
        self._lock = Lock()

    @property
    def scenario(self) -> Scenario:
        """The scenario as it is run."""
        return self.prepared.scenario

    @property
    def limits(self) -> Limits:
        """The limits of its plans."""
        return self.prepared.limits

    @property
    def planning(self) -> Sample:
        """The scenarios plans are made from."""
        with self._lock:
            return self._planning

    @property
    def judging(self) -> Sample:
        """The fresh scenarios plans are judged on."""
        with self._lock:
            return self._judging

    @cached_property
    def _planning(self) -> Sample:
        return self._sample("plan")

    @cached_property
    def _judging(self) -> Sample:
        return self._sample("fresh")

    def _sample(self, stream: str) -> Sample:
        sample = self.part(stream, 0, self.scenario.scenarios)
        sample.probabilities = viewed_probabilities(sample, self.scenario.threat_level, self.prepared.installed)
        return sample

    def part(self, stream: str, first: int, count: int) -> Sample:
        """Return some scenarios of a stream, without the probabilities views give them."""
        return Sample(self.scenario, self.prepared.parameters, stream, first, count, self.threads)

    def planner(self) -> Planner:
        """Return a search for plans at the scenario's level and budget."""
        return Planner(self.planning, self.limits, self.scenario.threat_level, self.threads)
