"""When a desk cannot trade: the outage windows of events, which a simulated playbook has to wait for."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.scenario import Scenario, ThreatCategory
from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.threats.candidates import EventCandidates
from daybook.scenario.threats.thin import Thinned


class OutageChannel(IntEnum):
    """What is down: the desk's way to its broker, the exchange, the whole market, or one stock's trading."""

    BROKER = 0
    EXCHANGE = 1
    MARKET = 2
    STOCK = 3


_CHANNELS = {
    ThreatCategory.MARKET: OutageChannel.MARKET,
    ThreatCategory.EXCHANGE: OutageChannel.EXCHANGE,
    ThreatCategory.HOLDING: OutageChannel.STOCK,
}


@dataclass(frozen=True)
class OutageWindows:
    """Windows in which a channel is down, sorted by scenario, then day; one row a window.

    Times are trading days from the start of the horizon; ``from_day`` is the day of the event, whose hour is unknown,
    so a window begins with it. ``channel`` is an :class:`OutageChannel`, ``stock`` the stock that is halted or -1 for
    all.
    """

    scenario: IntArray
    from_day: FloatArray
    to_day: FloatArray
    channel: IntArray
    stock: IntArray


def outage_windows(candidates: EventCandidates, thinned: Thinned, scenario: Scenario) -> OutageWindows:
    """Return the outages of the events that happened, shortened by what controls do to recovery.

    Threats to the account, the data and the model stop the desk as an outage of its broker does. A halt of a holding
    that struck no stock of the universe is none of the desk's.
    """
    channels = np.array([_CHANNELS.get(t.category, OutageChannel.BROKER) for t in scenario.threats], dtype=np.int64)
    rows = np.flatnonzero(thinned.happened & (candidates.outage_days > 0))
    channel = channels[candidates.threat[rows]] if rows.size else np.empty(0, dtype=np.int64)
    stock = candidates.stock[rows]
    real = (channel != OutageChannel.STOCK) | (stock >= 0)
    rows, channel, stock = rows[real], channel[real], stock[real]
    start = candidates.day[rows].astype(np.float64)
    return OutageWindows(
        scenario=candidates.scenario[rows],
        from_day=start,
        to_day=start + candidates.outage_days[rows] * thinned.recovery[rows],
        channel=channel,
        stock=np.where(channel == OutageChannel.STOCK, stock, -1),
    )


def is_down(windows: OutageWindows, count: int, days: FloatArray, channel: OutageChannel) -> NDArray[np.bool_]:
    """Say for each of ``count`` scenarios whether a channel is down at its own moment ``days``, (count,) of bool."""
    rows = np.flatnonzero(windows.channel == channel)
    number = windows.scenario[rows]
    at = days[number]
    hit = (windows.from_day[rows] <= at) & (at < windows.to_day[rows])
    return np.asarray(np.bincount(number[hit], minlength=count) > 0)


def reopens_at(windows: OutageWindows, days: FloatArray, channels: tuple[OutageChannel, ...]) -> FloatArray:
    """Return for each scenario the first moment from its ``days`` on at which all these channels are up, (count,).

    Windows may follow each other, so the moment is moved on until no window holds it.
    """
    out = days.astype(np.float64, copy=True)
    rows = np.flatnonzero(np.isin(windows.channel, [int(channel) for channel in channels]))
    number, start, end = windows.scenario[rows], windows.from_day[rows], windows.to_day[rows]
    while True:
        at = out[number]
        hit = (start <= at) & (at < end)
        if not hit.any():
            return out
        np.maximum.at(out, number[hit], end[hit])
