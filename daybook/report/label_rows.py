"""Placing labels side by side in a few rows, so that none covers another."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a label goes: its centre and its row, 0 first."""

    centre: float
    row: int


def place_labels(
    centres: Sequence[float], widths: Sequence[float], low: float, high: float, rows: int
) -> list[Place | None]:
    """Return a place for each label in the order given, kept within ``[low, high]``; None where no row has room.

    ``centres`` ascend, and are where the labels would like to be. All values share one unit.
    """
    ends = [low] * rows
    places: list[Place | None] = []
    for wanted, width in zip(centres, widths, strict=True):
        centre = min(max(wanted, low + width / 2), high - width / 2)
        row = next((n for n, end in enumerate(ends) if centre - width / 2 >= end), None)
        if row is None:
            places.append(None)
            continue
        ends[row] = centre + width / 2
        places.append(Place(centre, row))
    return places
