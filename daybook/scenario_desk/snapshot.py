"""A price history as bytes and back, bit by bit, for the object store."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np

from daybook.scenario.arrays import Hedge
from daybook.scenario.market.history import MarketHistory
from daybook.storage.objects import packed_arrays, unpacked_arrays

_TEXTS = ("codes", "names", "sectors", "markets", "missing")
_ARRAYS = ("closes_krw", "turnover_krw", "market_index")
_FACTS = "facts"


def packed_history(history: MarketHistory) -> bytes:
    """Return a history as bytes; equal histories give equal bytes."""
    facts = {name: list(getattr(history, name)) for name in _TEXTS} | {
        "days": [day.isoformat() for day in history.days],
        "hedges": [asdict(hedge) for hedge in history.hedges],
        "source": history.source,
        "simulated": history.simulated,
    }
    arrays = {name: np.ascontiguousarray(getattr(history, name), dtype=np.float64) for name in _ARRAYS}
    return packed_arrays(arrays | {_FACTS: as_bytes(facts)})


def unpacked_history(content: bytes) -> MarketHistory:
    """Return the history of :func:`packed_history`; raises ``ObjectDamaged`` when the bytes hold none."""
    found = unpacked_arrays(content)
    facts = from_bytes(found[_FACTS])
    return MarketHistory(
        codes=tuple(facts["codes"]),
        names=tuple(facts["names"]),
        sectors=tuple(facts["sectors"]),
        markets=tuple(facts["markets"]),
        missing=tuple(facts["missing"]),
        closes_krw=found["closes_krw"],
        turnover_krw=found["turnover_krw"],
        market_index=found["market_index"],
        days=tuple(date.fromisoformat(day) for day in facts["days"]),
        hedges=tuple(Hedge(**hedge) for hedge in facts["hedges"]),
        source=facts["source"],
        simulated=facts["simulated"],
    )


def as_bytes(value: object) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    """Return plain data as JSON in an array of bytes; floats survive bit by bit."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return np.frombuffer(text.encode(), dtype=np.uint8)


def from_bytes(array: "np.ndarray[tuple[int], np.dtype[np.uint8]]") -> dict[str, Any]:
    """Return the plain data of :func:`as_bytes`."""
    return dict(json.loads(array.tobytes().decode()))
