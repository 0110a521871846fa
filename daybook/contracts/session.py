"""The trading session of one date, as data: workflows never compute calendars themselves."""

from datetime import date, datetime
from enum import StrEnum

from daybook.contracts.base import AwareDatetime, Message


class DayKind(StrEnum):
    """What kind of day the exchange keeps."""

    REGULAR = "regular"
    LATE_OPEN = "late_open"
    SHIFTED = "shifted"
    CLOSED = "closed"
    DISAGREED = "disagreed"


class Session(Message):
    """Session times of one date in KST; a closed or disputed day has no times.

    ``DISAGREED`` means that calendar sources differ and no override decides: nobody may trade.
    """

    day: date
    kind: DayKind
    reason: str = ""
    order_entry_from: AwareDatetime | None = None
    opening_auction_from: AwareDatetime | None = None
    opens: AwareDatetime | None = None
    closing_auction_from: AwareDatetime | None = None
    closes: AwareDatetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether regular trading takes place on this date."""
        return self.opens is not None and self.closes is not None

    def times(self) -> "SessionTimes":
        """Return the session's times; raises ``ValueError`` on a day without a session."""
        if (
            self.order_entry_from is None
            or self.opening_auction_from is None
            or self.opens is None
            or self.closing_auction_from is None
            or self.closes is None
        ):
            raise ValueError(f"{self.day} has no session: {self.reason}")
        return SessionTimes(
            order_entry_from=self.order_entry_from,
            opening_auction_from=self.opening_auction_from,
            opens=self.opens,
            closing_auction_from=self.closing_auction_from,
            closes=self.closes,
        )


class SessionTimes(Message):
    """The times of a day that trades, all in KST."""

    order_entry_from: AwareDatetime
    opening_auction_from: AwareDatetime
    opens: AwareDatetime
    closing_auction_from: AwareDatetime
    closes: AwareDatetime


class SessionPhase(StrEnum):
    """The part of a trading day a market time falls in."""

    BEFORE = "before"
    ORDER_ENTRY = "order_entry"
    OPENING_AUCTION = "opening_auction"
    CONTINUOUS = "continuous"
    CLOSING_AUCTION = "closing_auction"
    AFTER = "after"


def phase_at(times: SessionTimes, moment: datetime) -> SessionPhase:
    """Return the phase of ``moment`` (any offset) in a session; each phase starts on its own time."""
    if moment < times.order_entry_from:
        return SessionPhase.BEFORE
    if moment < times.opening_auction_from:
        return SessionPhase.ORDER_ENTRY
    if moment < times.opens:
        return SessionPhase.OPENING_AUCTION
    if moment < times.closing_auction_from:
        return SessionPhase.CONTINUOUS
    if moment < times.closes:
        return SessionPhase.CLOSING_AUCTION
    return SessionPhase.AFTER
