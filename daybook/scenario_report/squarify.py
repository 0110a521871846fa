"""Rectangles whose areas are given, as square as they can be (Bruls, Huizing and van Wijk, 2000)."""

from collections.abc import Sequence

Rectangle = tuple[float, float, float, float]
"""x, y, width, height."""


def squarify(sizes: Sequence[float], x: float, y: float, width: float, height: float) -> list[Rectangle]:
    """Return a rectangle for each size, in order; sizes are positive and best given largest first.

    The rectangles fill the given one; raises ``ValueError`` for a size that is not positive.
    """
    if any(size <= 0 for size in sizes):
        raise ValueError("every size must be positive")
    scale = width * height / sum(sizes) if sizes else 0.0
    areas = [size * scale for size in sizes]
    placed: list[Rectangle] = []
    while areas:
        side = min(width, height)
        count = 1
        while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(areas[:count], side):
            count += 1
        row, areas = areas[:count], areas[count:]
        thick = sum(row) / side
        at = 0.0
        for area in row:
            long = area / thick
            placed.append((x, y + at, thick, long) if width >= height else (x + at, y, long, thick))
            at += long
        if width >= height:
            x, width = x + thick, width - thick
        else:
            y, height = y + thick, height - thick
    return placed


def _worst(row: Sequence[float], side: float) -> float:
    """Return the worst ratio of sides of a row laid along a side."""
    total = sum(row)
    return max(max(side**2 * area / total**2, total**2 / (side**2 * area)) for area in row)
