"""Active events cut to what moves prices, and named by their content."""

import hashlib
from dataclasses import fields

import numpy as np

from daybook.scenario.arrays import ActiveEvents

_COLUMNS = tuple(field.name for field in fields(ActiveEvents) if field.name != "offsets")


def price_moving(active: ActiveEvents) -> ActiveEvents:
    """Return only the events that change a price; an outage alone, say, does not."""
    moves = (
        (active.market_shock != 0.0)
        | (active.sector_shock != 0.0)
        | (active.name_shock != 0.0)
        | (active.vol_multiplier != 1.0)
        | (active.correlation_lift != 0.0)
    )
    kept = np.concatenate([[0], np.cumsum(moves)])[active.offsets]
    columns = {name: getattr(active, name)[moves] for name in _COLUMNS}
    return ActiveEvents(offsets=kept.astype(np.int64), **columns)


def name_of(active: ActiveEvents) -> bytes:
    """Return a digest of the events; equal events move prices equally."""
    digest = hashlib.blake2b(active.offsets.tobytes(), digest_size=16)
    for name in _COLUMNS:
        digest.update(getattr(active, name).tobytes())
    return digest.digest()
