"""The events that could happen in a range of scenarios, drawn once; level and controls only take some of them away."""

from dataclasses import dataclass
from enum import IntEnum

from daybook.scenario.arrays import FloatArray, IntArray


class PartKind(IntEnum):
    """What a part of an event does to prices. A market part is exogenous: no control changes it."""

    MARKET = 0
    SECTOR = 1
    NAME = 2


@dataclass(frozen=True)
class EventParts:
    """The price shocks of candidates, one row a shock, in the order of their candidates.

    ``event`` is the row of the candidate; ``sector`` and ``stock`` are -1 where the shock is of another kind. Shocks
    are log returns at full impact.
    """

    kind: IntArray
    event: IntArray
    market_shock: FloatArray
    sector: IntArray
    sector_shock: FloatArray
    stock: IntArray
    name_shock: FloatArray


@dataclass(frozen=True)
class EventCandidates:
    """Candidates of ``count`` scenarios from ``first`` on, sorted by scenario, then day; E rows.

    ``scenario`` counts from ``first``, ``threat`` is the place in ``threats``. A row with ``parent`` -1 happens by
    itself when ``uniform`` is below the level's share of the ceiling rate times what controls leave of the likelihood;
    any other happens when its parent does and ``uniform`` is below what controls leave. ``depth`` is the number of
    parents above a row, ``stock`` the struck one or -1.
    ``direct`` is in the base of the threat (won, or a share), ``outage_days`` in trading days; 0 for none.
    """

    first: int
    count: int
    horizon_days: int
    threats: tuple[str, ...]
    scenario: IntArray
    day: IntArray
    threat: IntArray
    parent: IntArray
    depth: IntArray
    uniform: FloatArray
    stock: IntArray
    direct: FloatArray
    outage_days: FloatArray
    parts: EventParts
