"""Daily wealth of a plan after its direct losses: what a theft or a missed exit takes is gone from its day on."""

import numpy as np

from daybook.contracts.scenario import Scenario
from daybook.scenario.arrays import FloatArray
from daybook.scenario.threats.candidates import EventCandidates
from daybook.scenario.threats.thin import Thinned

_TRACE = 1e-9
"""Weight of an event whose own size is unknown (the cost of a freeze) beside those whose size is known."""


def event_losses_krw(
    candidates: EventCandidates, thinned: Thinned, scenario: Scenario, positions_krw: FloatArray, stocks: int
) -> FloatArray:
    """Return (E,) what each candidate that happened takes directly from positions at today's prices, in won."""
    held = positions_krw[:stocks]
    sizes = candidates.direct * thinned.impact * thinned.happened
    bases = np.array([threat.direct_base if threat.direct_loss else "" for threat in scenario.threats])
    base = bases[candidates.threat] if len(bases) else np.empty(0, dtype="<U1")
    struck = np.where(candidates.stock >= 0, held[np.maximum(candidates.stock, 0)], held.sum())
    weight = np.where(base == "krw", 1.0, np.where(base == "account_fraction", positions_krw.sum(), struck))
    return np.asarray(np.where(base == "", 0.0, sizes * weight), dtype=np.float64)


def with_direct_losses(
    days_krw: FloatArray,
    wealth_krw: FloatArray,
    fixed_krw: FloatArray,
    candidates: EventCandidates,
    thinned: Thinned,
    event_krw: FloatArray,
) -> FloatArray:
    """Return daily wealth (S, H + 1) that ends at ``wealth_krw`` (S,).

    ``days_krw`` is wealth before direct losses. What the losses leave at the horizon is spread over the days of the
    events in proportion to their size; a share is lost as a share, won as won.
    """
    horizon = days_krw.shape[1] - 1
    out = days_krw.copy()
    touched = np.flatnonzero(wealth_krw != days_krw[:, -1])
    if not touched.size:
        return out
    place = np.full(days_krw.shape[0], -1, dtype=np.int64)
    place[touched] = np.arange(touched.size)
    rows = np.flatnonzero(thinned.happened & (place[candidates.scenario] >= 0))
    weights = event_krw[rows] + _TRACE
    cells = place[candidates.scenario[rows]] * horizon + candidates.day[rows]
    daily = np.bincount(cells, weights=weights, minlength=touched.size * horizon).astype(np.float64)
    daily = daily.reshape(touched.size, horizon)
    done = np.cumsum(daily, axis=1)
    total = done[:, -1:]
    done = np.divide(done, total, out=np.ones_like(done), where=total > 0.0)
    before = days_krw[touched, -1]
    kept = (wealth_krw[touched] + fixed_krw[touched]) / np.maximum(before, 1e-9)
    left = np.power(np.clip(kept, 0.0, 1.0)[:, None], done)
    out[touched, 1:] = days_krw[touched, 1:] * left - fixed_krw[touched, None] * done
    out[touched, -1] = wealth_krw[touched]
    return out
