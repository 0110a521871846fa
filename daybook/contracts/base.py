"""The base of every typed message, and the few value types all rooms share."""

from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

KST = timezone(timedelta(hours=9), "KST")
"""Korea has no daylight saving time, so a fixed offset is exact and needs no tz database."""


class Message(BaseModel):
    """A frozen message that crosses a process border; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _require_offset(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time without an offset is ambiguous; give KST (+09:00) or UTC")
    return value


AwareDatetime = Annotated[datetime, AfterValidator(_require_offset)]
Symbol = Annotated[str, Field(pattern=r"^[0-9A-Z]{6,7}$", description="KRX short code, e.g. 005930")]
Won = int
"""An amount of money in whole won. KRX prices, fees and taxes are whole won."""


class Mode(StrEnum):
    """Where orders go. ``PAPER`` is the default and needs no key."""

    PAPER = "paper"
    MOCK = "mock"
    LIVE = "live"


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "buy"
    SELL = "sell"


class TradingState(StrEnum):
    """What the desk may do: everything, only reduce positions, or nothing."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"
