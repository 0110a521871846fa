"""The clock of the paper exchange: market time = anchor + elapsed real time x speed, in whole milliseconds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from daybook.contracts.base import KST


@dataclass(frozen=True, slots=True)
class ClockAnchor:
    """Where market time was tied to real time; ``real_s`` is Unix time in seconds."""

    market_time: datetime
    real_s: float
    speed: float


class ExchangeClock:
    """Market time from real time. ``real_now`` returns Unix seconds, so an anchor outlives the process."""

    def __init__(self, market_time: datetime, speed: float, real_now: Callable[[], float]) -> None:
        self._real_now = real_now
        self._anchor = self._anchored(market_time, speed)
        self._latest = self._anchor.market_time

    @property
    def anchor(self) -> ClockAnchor:
        """The anchor in force."""
        return self._anchor

    def now(self) -> datetime:
        """Return market time in KST; it does not run backwards when real time is set back a little."""
        elapsed_ms = int((self._real_now() - self._anchor.real_s) * self._anchor.speed * 1000)
        self._latest = max(self._latest, self._anchor.market_time + timedelta(milliseconds=elapsed_ms))
        return self._latest

    def set(self, market_time: datetime, speed: float) -> ClockAnchor:
        """Tie ``market_time`` to this real moment and return the anchor; raises ``ValueError`` as the constructor."""
        self._anchor = self._anchored(market_time, speed)
        self._latest = self._anchor.market_time
        return self._anchor

    def restore(self, anchor: ClockAnchor) -> None:
        """Continue from an anchor of an earlier process: real time that passed in between counts."""
        self._anchor = anchor
        self._latest = anchor.market_time

    def _anchored(self, market_time: datetime, speed: float) -> ClockAnchor:
        if market_time.tzinfo is None:
            raise ValueError("market time needs an offset; give KST (+09:00)")
        if not 0 < speed <= 100_000:
            raise ValueError(f"a clock's speed must be above 0 and at most 100000, not {speed}")
        in_kst = market_time.astimezone(KST)
        whole = in_kst.replace(microsecond=in_kst.microsecond // 1000 * 1000)
        return ClockAnchor(market_time=whole, real_s=self._real_now(), speed=speed)
