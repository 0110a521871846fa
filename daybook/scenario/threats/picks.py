"""Which stocks and sectors a threat may strike, given the universe."""

import numpy as np

from daybook.contracts.scenario import ThreatSpec
from daybook.scenario.arrays import FloatArray, IntArray, MarketParameters

ANY_SECTOR = "*"


def strikes_a_name(threat: ThreatSpec) -> bool:
    """Say whether an event of the threat picks a stock."""
    return threat.per_name or threat.name_shock is not None


def eligible_names(threat: ThreatSpec, parameters: MarketParameters) -> IntArray:
    """Return the indices of the stocks an event picks from, each as likely as the other; none: it strikes no name.

    ``largest`` is the stock of the largest turnover. Positions are decided later than events are drawn, so
    ``random_holding`` picks among all stocks of the universe and strikes whatever is held of the picked one.
    """
    if not strikes_a_name(threat):
        return np.empty(0, dtype=np.int64)
    if threat.name_pick == "listed":
        return np.array([i for i, code in enumerate(parameters.codes) if code in threat.listed], dtype=np.int64)
    if threat.name_pick == "largest":
        return np.array([int(np.argmax(parameters.turnover_krw))], dtype=np.int64)
    return np.arange(len(parameters.codes), dtype=np.int64)


def picked(choices: IntArray, uniforms: FloatArray) -> IntArray:
    """Return one of the choices for each uniform; -1 where there are none."""
    if choices.size == 0:
        return np.full(uniforms.shape, -1, dtype=np.int64)
    places = np.minimum((uniforms * choices.size).astype(np.int64), choices.size - 1)
    return choices[places]


def rate_factor(threat: ThreatSpec, parameters: MarketParameters) -> int:
    """Return how many names the annual rate holds for: 1 unless it is the rate of each name."""
    return int(eligible_names(threat, parameters).size) if threat.per_name else 1


def sector_names(parameters: MarketParameters) -> tuple[str, ...]:
    """Return the sorted distinct sectors; events name a sector by its place here."""
    return tuple(sorted(set(parameters.sectors)))


def sector_index(parameters: MarketParameters) -> IntArray:
    """Return each stock's place in :func:`sector_names`."""
    places = {sector: place for place, sector in enumerate(sector_names(parameters))}
    return np.array([places[sector] for sector in parameters.sectors], dtype=np.int64)
