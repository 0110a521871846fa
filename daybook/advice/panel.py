"""A panel: what was known of every symbol at the end of every session.

Row t holds nothing that was not known before the session after t opened. Symbols that were delisted stay in, with
their last session as the last one of which they are members.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from daybook.advice.arrays import BoolArray, FloatArray
from daybook.advice.errors import AdviceError

LARGEST_DAILY_MOVE = 0.31
"""KRX limits a day's move to 30 %; what is above is a corporate action or a listing, and its return is not known."""

STALE_SESSIONS = 20
"""Sessions for which a close is carried forward in features when a symbol has no bar."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Arrays of sessions x symbols; nan where nothing is known.

    ``member`` says who belonged to the universe on a session; ``fundamentals`` are named figures as known on it;
    ``signals`` are further raw features (an opinion's, a test's planted signal).
    """

    days: tuple[date, ...]
    symbols: tuple[str, ...]
    close_krw: FloatArray
    turnover_krw: FloatArray
    member: BoolArray
    sectors: tuple[str, ...]
    foreign_net_krw: FloatArray | None = None
    institution_net_krw: FloatArray | None = None
    fundamentals: Mapping[str, FloatArray] = field(default_factory=dict)
    signals: Mapping[str, FloatArray] = field(default_factory=dict)
    survivorship: str = "current_members"

    def __post_init__(self) -> None:
        """Check the shapes."""
        shape = (len(self.days), len(self.symbols))
        arrays = {"close_krw": self.close_krw, "turnover_krw": self.turnover_krw, "member": self.member}
        optional = {"foreign_net_krw": self.foreign_net_krw, "institution_net_krw": self.institution_net_krw}
        named = arrays | {name: values for name, values in optional.items() if values is not None}
        for name, values in (*named.items(), *self.fundamentals.items(), *self.signals.items()):
            if values.shape != shape:
                raise AdviceError(f"{name} must have the shape sessions x symbols {shape}, not {values.shape}")
        if len(self.sectors) != len(self.symbols):
            raise AdviceError(f"sectors must name one for each of {len(self.symbols)} symbols, not {len(self.sectors)}")
        if any(later <= earlier for earlier, later in zip(self.days, self.days[1:], strict=False)):
            raise AdviceError("days must rise from one session to the next")

    @property
    def shape(self) -> tuple[int, int]:
        """Sessions and symbols."""
        return len(self.days), len(self.symbols)

    def until(self, sessions: int) -> "Panel":
        """Return the panel as it was after its first ``sessions`` sessions."""
        cut = slice(0, sessions)
        return replace(
            self,
            days=self.days[cut],
            close_krw=self.close_krw[cut],
            turnover_krw=self.turnover_krw[cut],
            member=self.member[cut],
            foreign_net_krw=None if self.foreign_net_krw is None else self.foreign_net_krw[cut],
            institution_net_krw=None if self.institution_net_krw is None else self.institution_net_krw[cut],
            fundamentals={name: values[cut] for name, values in self.fundamentals.items()},
            signals={name: values[cut] for name, values in self.signals.items()},
        )


def carried(values: FloatArray, sessions: int | None = None) -> FloatArray:
    """Return ``values`` with gaps filled by the latest earlier one, at most ``sessions`` old (None: any age)."""
    rows = np.arange(values.shape[0])[:, None]
    latest = np.maximum.accumulate(np.where(np.isnan(values), -1, rows), axis=0)
    filled = np.take_along_axis(values, np.maximum(latest, 0), axis=0)
    age = rows - latest
    gone = (latest < 0) if sessions is None else (latest < 0) | (age > sessions)
    return np.where(gone, np.nan, filled)


def log_returns(panel: Panel, sessions: int | None = STALE_SESSIONS) -> FloatArray:
    """Return daily log returns; 0 over a gap and on a day that moved more than a day can, nan before a listing."""
    closes = carried(panel.close_krw, sessions)
    returns = np.full(closes.shape, np.nan)
    with np.errstate(invalid="ignore"):
        returns[1:] = np.log(closes[1:]) - np.log(closes[:-1])
        jumped = np.abs(np.expm1(returns)) > LARGEST_DAILY_MOVE
    return np.where(jumped, 0.0, returns)


def log_prices(panel: Panel, sessions: int | None = STALE_SESSIONS) -> FloatArray:
    """Return log prices from returns, so that splits leave no step; their level means nothing."""
    returns = log_returns(panel, sessions)
    levels = np.cumsum(np.nan_to_num(returns), axis=0)
    return np.where(np.isnan(carried(panel.close_krw, sessions)), np.nan, levels)
