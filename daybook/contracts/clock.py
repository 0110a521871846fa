"""Market time as one pure function of real time, so a rehearsal runs the code of a real day."""

from datetime import datetime, timedelta

from pydantic import Field

from daybook.contracts.base import KST, AwareDatetime, Message


class MarketClock(Message):
    """Market time = ``market_anchor`` + (real time - ``real_anchor``) x ``speed``.

    With the default anchors and ``speed`` 1 the two are equal. Market times are in KST.
    """

    real_anchor: AwareDatetime
    market_anchor: AwareDatetime
    speed: float = Field(default=1.0, gt=0, le=100_000)

    @classmethod
    def real_time(cls) -> "MarketClock":
        """Return the clock of a real day: market time is real time."""
        epoch = datetime(2026, 1, 1, tzinfo=KST)
        return cls(real_anchor=epoch, market_anchor=epoch, speed=1.0)

    def market_time(self, real: datetime) -> datetime:
        """Return the market time (KST) at a real time."""
        elapsed_s = (real - self.real_anchor).total_seconds() * self.speed
        return (self.market_anchor + timedelta(seconds=elapsed_s)).astimezone(KST)

    def real_delay(self, real_now: datetime, market_target: datetime) -> timedelta:
        """Return how long to wait from ``real_now`` until ``market_target``; zero if it has passed."""
        remaining_s = (market_target - self.market_time(real_now)).total_seconds() / self.speed
        return timedelta(seconds=max(0.0, remaining_s))

    def real_duration(self, market_duration: timedelta) -> timedelta:
        """Return the real length of a market duration."""
        return market_duration / self.speed
