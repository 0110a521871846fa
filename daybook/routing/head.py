"""The linear head: a weight for each column and intent, and one for "asks for an order", read from a plain CSV."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import StringIO

import numpy as np
import yaml
from numpy.typing import NDArray

from daybook.contracts.routing import Intent
from daybook.routing.errors import RoutingDataError
from daybook.routing.views import Row, columns

INTENTS = tuple(Intent)
ORDER = "asks_order"
_BIAS = "bias"


@dataclass(frozen=True)
class Head:
    """Weights: ``intents`` is (5, columns), ``order`` is (columns,); ``*_bias`` go with them."""

    intents: NDArray[np.float32]
    intents_bias: NDArray[np.float32]
    order: NDArray[np.float32]
    order_bias: float
    temperature: float
    order_temperature: float
    abstain_below: float

    @classmethod
    def shipped(cls) -> "Head":
        """Return the packaged head (read once).

        Raises RoutingDataError when the columns of the file are not those this code makes.
        """
        return _shipped()

    def probabilities(self, row: Row) -> NDArray[np.float64]:
        """Return the calibrated probability of each intent, in the order of ``INTENTS``."""
        return softmax((self.intents @ row + self.intents_bias) / self.temperature)

    def order_probability(self, row: Row) -> float:
        """Return the calibrated probability that the request asks for an order."""
        return float(1.0 / (1.0 + np.exp(-(float(self.order @ row) + self.order_bias) / self.order_temperature)))


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return probabilities of one row of logits."""
    exponents = np.exp(logits.astype(np.float64) - float(logits.max()))
    shares: NDArray[np.float64] = exponents / exponents.sum()
    return shares


@lru_cache(maxsize=1)
def _shipped() -> Head:
    data = files("daybook.routing").joinpath("data")
    facts = yaml.safe_load(data.joinpath("head.yaml").read_text(encoding="utf-8"))
    rows = csv.reader(StringIO(data.joinpath("head.csv").read_text(encoding="utf-8")))
    header = next(rows)
    if header != ["column", *(intent.value for intent in INTENTS), ORDER]:
        raise RoutingDataError(f"head.csv has the columns {header}; train it again with scripts/train_router.py")
    names: list[str] = []
    weights: list[list[float]] = []
    for row in rows:
        names.append(row[0])
        weights.append([float(value) if value else 0.0 for value in row[1:]])
    if names != [*columns(), _BIAS]:
        raise RoutingDataError("head.csv was trained on other features; train it again with scripts/train_router.py")
    matrix = np.asarray(weights, dtype=np.float32).T.copy()
    return Head(
        intents=matrix[:-1, :-1].copy(),
        intents_bias=matrix[:-1, -1].copy(),
        order=matrix[-1, :-1].copy(),
        order_bias=float(matrix[-1, -1]),
        temperature=float(facts["temperature"]),
        order_temperature=float(facts["order_temperature"]),
        abstain_below=float(facts["abstain_below"]),
    )
