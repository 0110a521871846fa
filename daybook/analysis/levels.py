"""Support and resistance from clustered swing highs and lows.

A session is a swing high when its high is above the highs of the ``WING`` sessions on both sides (the first of equal
highs counts), a swing low likewise; so a swing is known only ``WING`` sessions after it. Swings of either kind are
sorted by price and gathered into one level while the next lies within half an average true range (14 sessions, at
least 0.5 % of the last close) of the level's mean. A level's price is the mean of its swings, its touches are their
number. Its strength is the sum of 0.5 ^ (age / 60) over them, age in sessions, against the strongest level's: many
and recent touches weigh most. A level below the last close supports, one above resists.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from daybook.analysis.indicators import atr
from daybook.analysis.price_frame import Floats, PriceFrame

WING = 3
HALF_LIFE_SESSIONS = 60
FEWEST_SESSIONS = 30
_NARROWEST = 0.005


class LevelKind(StrEnum):
    """On which side of the last close a level lies."""

    SUPPORT = "support"
    RESISTANCE = "resistance"


@dataclass(frozen=True, slots=True)
class Level:
    """A price at which the market turned.

    Attributes:
        kind: support below the last close, resistance above.
        price_krw: mean of its swings, in won.
        touches: how many swings it holds.
        strength: above 0 to 1, the strongest level of the symbol being 1.
        last_touch: day of its latest swing.
    """

    kind: LevelKind
    price_krw: float
    touches: int
    strength: float
    last_touch: date


def levels(frame: PriceFrame) -> list[Level]:
    """Return all levels, strongest first; raises ``TooShort`` below ``FEWEST_SESSIONS``."""
    frame.require("support and resistance", FEWEST_SESSIONS)
    swings = sorted(
        [(float(frame.high[place]), place) for place in swing_places(frame.high)]
        + [(float(frame.low[place]), place) for place in swing_places(-frame.low)]
    )
    last_close = float(frame.close[-1])
    width = max(float(atr(frame)[-1]) / 2, last_close * _NARROWEST)
    found = []
    for cluster in _clusters(swings, width):
        ages = [len(frame) - 1 - place for _, place in cluster]
        price = sum(value for value, _ in cluster) / len(cluster)
        weight = sum(0.5 ** (age / HALF_LIFE_SESSIONS) for age in ages)
        kind = LevelKind.SUPPORT if price <= last_close else LevelKind.RESISTANCE
        found.append(Level(kind, price, len(cluster), weight, frame.days[max(place for _, place in cluster)]))
    strongest = max((level.strength for level in found), default=1.0)
    scaled = [
        Level(level.kind, level.price_krw, level.touches, level.strength / strongest, level.last_touch)
        for level in found
    ]
    return sorted(scaled, key=lambda level: (-level.strength, level.price_krw))


def nearest(found: list[Level], count: int) -> list[Level]:
    """Return the ``count`` strongest levels of each side, by price from high to low."""
    chosen = [level for kind in LevelKind for level in [row for row in found if row.kind is kind][:count]]
    return sorted(chosen, key=lambda level: -level.price_krw)


def swing_places(values: Floats) -> list[int]:
    """Return the places of swing highs; negate lows to get theirs."""
    places = []
    for place in range(WING, len(values) - WING):
        before, after = values[place - WING : place], values[place + 1 : place + 1 + WING]
        if (before < values[place]).all() and (after <= values[place]).all():
            places.append(place)
    return places


def _clusters(swings: list[tuple[float, int]], width: float) -> list[list[tuple[float, int]]]:
    clusters: list[list[tuple[float, int]]] = []
    for swing in swings:
        if clusters and swing[0] - float(np.mean([value for value, _ in clusters[-1]])) <= width:
            clusters[-1].append(swing)
        else:
            clusters.append([swing])
    return clusters
