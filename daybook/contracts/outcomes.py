"""What became of advice and decisions: realised returns against the index and against doing nothing."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Symbol, Won

OUTCOME_HORIZONS = (1, 5, 20, 60)
"""Sessions after the base close at which an outcome is looked at."""


class OutcomeSubject(StrEnum):
    """What an outcome is the outcome of."""

    RECOMMENDATION = "recommendation"
    DECISION = "decision"
    RATING = "rating"


class OutcomeStatus(StrEnum):
    """What is known of an outcome."""

    PENDING = "pending"
    KNOWN = "known"
    HALTED = "halted"
    DELISTED = "delisted"
    VOID = "void"


class OutcomeClaim(Message):
    """What was said or decided, noted when it was. ``direction`` is 1 for buy, -1 for sell or avoid, 0 for no view."""

    subject: OutcomeSubject
    subject_id: str = Field(min_length=1, max_length=120)
    symbol: Symbol
    direction: int = Field(ge=-1, le=1)
    score: float = Field(default=0.0, allow_inf_nan=False)
    made_at: AwareDatetime
    recorded_at: AwareDatetime = Field(description="when the journal wrote it down")
    cost_ratio: float = Field(default=0.0, ge=0, le=1, description="what acting on it costs")


class Delisting(Message):
    """A symbol's last session, and what a share fetched in the end when that is known."""

    symbol: Symbol
    last_session: date
    final_value_krw: Won | None = Field(default=None, ge=0)


class Outcome(Message):
    """A claim some sessions later. Ratios are from the base session's close; None as long as they are not known."""

    subject: OutcomeSubject
    subject_id: str
    symbol: Symbol
    horizon_sessions: int = Field(ge=1)
    direction: int = Field(ge=-1, le=1)
    score: float
    made_at: AwareDatetime
    recorded_at: AwareDatetime
    base_day: date | None = Field(default=None, description="the first session that could be traded at its close")
    base_close_krw: Won | None = None
    due_day: date | None = None
    status: OutcomeStatus
    return_ratio: float | None = None
    index_ratio: float | None = None
    excess_ratio: float | None = Field(default=None, description="return less the index's")
    against_nothing_ratio: float | None = Field(
        default=None, description="direction x return less cost: what acting added to leaving things as they were"
    )
    forward_only: bool = Field(description="noted before its base close; only these are called performance")


class OutcomeSummary(Message):
    """How claims did at one horizon. Figures are of forward-only outcomes; None where there are too few."""

    horizon_sessions: int = Field(ge=1)
    outcomes: int = Field(ge=0)
    pending: int = Field(default=0, ge=0)
    halted: int = Field(default=0, ge=0)
    delisted: int = Field(default=0, ge=0)
    void: int = Field(default=0, ge=0)
    noted_late: int = Field(default=0, ge=0, description="known, but noted after their base close: not performance")
    mean_excess_ratio: float | None = None
    mean_against_nothing_ratio: float | None = None
    hit_ratio: float | None = Field(default=None, description="share with direction x excess above 0")
    rank_ic: float | None = Field(default=None, description="mean over base days of the scores' rank correlation")
    rank_ic_t: float | None = Field(default=None, description="of base days at least a horizon apart")
    rank_ic_days: int = Field(default=0, ge=0)
