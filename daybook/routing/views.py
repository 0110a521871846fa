"""A request as one row of numbers: two sentence vectors, the signs, and hashed letter groups of the marked text."""

import re
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from daybook.routing.embedding import DIMENSIONS, SentenceVectors
from daybook.routing.features import sign_names, signs
from daybook.routing.normalise import Normalised

LETTER_SLOTS = 4_096
"""Letter groups are hashed (CRC-32) into so many columns; two groups that meet share a weight."""
_LONGEST_GROUP = 4
_WORD = re.compile(r"\S+")

Row = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """A block of columns; ``scale`` says how loudly it speaks."""

    name: str
    width: int
    scale: float


VIEWS = (
    View("meaning", DIMENSIONS, 1.0),
    View("meaning_without_names", DIMENSIONS, 1.0),
    View("sign", 0, 0.3),
    View("letters", LETTER_SLOTS, 2.5),
)


def columns() -> tuple[str, ...]:
    """Return the name of every column: ``meaning.17``, ``sign.asks_to_do``, ``letters.902``."""
    return (
        *(f"meaning.{at}" for at in range(DIMENSIONS)),
        *(f"meaning_without_names.{at}" for at in range(DIMENSIONS)),
        *(f"sign.{name}" for name in sign_names()),
        *(f"letters.{at}" for at in range(LETTER_SLOTS)),
    )


def row_of(normalised: Normalised, found: frozenset[str], encoder: SentenceVectors) -> Row:
    """Return the row of one request."""
    vectors = encoder.encode([normalised.cleaned, normalised.canonical])
    present = np.fromiter((name in found for name in sign_names()), dtype=np.float32)
    scales = {view.name: np.float32(view.scale) for view in VIEWS}
    return np.concatenate(
        (
            vectors[0] * scales["meaning"],
            vectors[1] * scales["meaning_without_names"],
            present * scales["sign"],
            letters_of(normalised.marked) * scales["letters"],
        )
    )


def letters_of(marked: str) -> Row:
    """Return the unit vector of the letter groups (one to four letters, inside words) of the marked text."""
    counts = np.zeros(LETTER_SLOTS, dtype=np.float32)
    for word in _WORD.findall(marked):
        padded = f" {word} "
        for length in range(1, _LONGEST_GROUP + 1):
            for start in range(len(padded) - length + 1):
                counts[crc32(padded[start : start + length].encode()) % LETTER_SLOTS] += 1
    np.sqrt(counts, out=counts)
    norm = float(np.linalg.norm(counts))
    return counts / np.float32(norm) if norm else counts


__all__ = [
    "LETTER_SLOTS",
    "VIEWS",
    "Row",
    "View",
    "columns",
    "letters_of",
    "row_of",
    "signs",
]
