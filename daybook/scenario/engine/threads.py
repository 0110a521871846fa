"""Independent pieces of work on several threads, with results in the order of the pieces."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def ordered_map(function: Callable[[Piece], Result], pieces: Iterable[Piece], threads: int) -> list[Result]:
    """Return ``function`` of every piece, in their order, computed on up to ``threads`` threads.

    Each piece must depend on nothing but itself; then the result is the same for any number of threads. The first
    error, in the order of the pieces, is raised.
    """
    pieces = list(pieces)
    if threads <= 1 or len(pieces) <= 1:
        return [function(piece) for piece in pieces]
    with ThreadPoolExecutor(min(threads, len(pieces))) as pool:
        return list(pool.map(function, pieces))
