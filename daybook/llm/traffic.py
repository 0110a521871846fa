"""How often a prompt prefix is used, and hence how likely it is to be in a provider's cache."""

import math
from collections import OrderedDict
from dataclasses import dataclass

NEWEST_WEIGHT = 0.2
"""Weight of the newest gap in the moving average."""
KEPT_PREFIXES = 512


@dataclass(slots=True)
class _Arrivals:
    last_s: float
    mean_gap_s: float | None = None


class Traffic:
    """Moving averages of the gaps between uses of prefixes, in seconds of any one clock."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, _Arrivals] = OrderedDict()

    def note(self, prefix: str, at_s: float) -> None:
        """Note a use, or a use there would have been if the prefix had been chosen."""
        seen = self._seen.get(prefix)
        if seen is None:
            self._seen[prefix] = _Arrivals(at_s)
        elif at_s >= seen.last_s:
            gap_s = at_s - seen.last_s
            mean_s = seen.mean_gap_s
            seen.mean_gap_s = gap_s if mean_s is None else mean_s + NEWEST_WEIGHT * (gap_s - mean_s)
            seen.last_s = at_s
        self._seen.move_to_end(prefix)
        while len(self._seen) > KEPT_PREFIXES:
            self._seen.popitem(last=False)

    def knows(self, prefix: str) -> bool:
        """Whether the prefix was noted at all."""
        return prefix in self._seen

    def hit_rate(self, prefix: str, ttl_s: float, now_s: float) -> float:
        """Return the share of uses that find the prefix alive: ``1 - exp(-ttl / mean gap)`` for random arrivals.

        A pause longer than the mean counts as a gap already; a prefix seen less than twice has rate 0.
        """
        seen = self._seen.get(prefix)
        if seen is None or seen.mean_gap_s is None or ttl_s <= 0:
            return 0.0
        mean_s = seen.mean_gap_s
        pause_s = now_s - seen.last_s
        if pause_s > mean_s:
            mean_s += NEWEST_WEIGHT * (pause_s - mean_s)
        return 1.0 if mean_s <= 0 else 1 - math.exp(-ttl_s / mean_s)
