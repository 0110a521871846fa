"""The Advisor port: anything that turns price history into a ranking."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from daybook.contracts.advice import Recommendations
from daybook.contracts.limits import StrategySettings
from daybook.contracts.market import DailyBar


class Advisor(Protocol):
    """A pure ranking: the same history gives the same ranking, and nothing of ``day`` or later is looked at."""

    @property
    def name(self) -> str:
        """The advisor's name, kept with every recommendation."""
        ...

    def rank(self, history: Mapping[str, Sequence[DailyBar]], settings: StrategySettings, day: date) -> Recommendations:
        """Rank every symbol of ``history`` for ``day``, or abstain from it with a reason; never raises on bad data."""
        ...
