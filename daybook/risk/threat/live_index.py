"""The market's readings with the index as it stands now, where the desk knows it."""

from datetime import datetime

from daybook.contracts.threat_readings import MarketReadings

_MOST_CHANGE = 0.35


def with_live_index(
    stored: MarketReadings | None, *, level: float | None, change_ratio: float | None, observed_at: datetime
) -> MarketReadings | None:
    """Return stored readings with today's change of the index, and its fall from the year's high as of now.

    A level that is far from the stored close belongs to another index or another market and leaves the fall as it was.
    """
    if change_ratio is None:
        return stored
    if stored is None:
        return MarketReadings(observed_at=observed_at, index_level=level, index_change_ratio=change_ratio)
    update: dict[str, object] = {"index_change_ratio": change_ratio, "observed_at": observed_at}
    close, fall = stored.index_level, stored.index_drawdown_ratio
    if level and close and close > 0 and fall is not None and 0 <= fall < 1 and abs(level / close - 1) < _MOST_CHANGE:
        high = close / (1 - fall)
        update |= {"index_level": level, "index_drawdown_ratio": max(0.0, 1 - level / high)}
    return stored.model_copy(update=update)
