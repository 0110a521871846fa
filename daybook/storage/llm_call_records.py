"""What the cost ledger of model calls takes in and gives out."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum

from daybook.contracts.llm import Usage

MICRO = 1_000_000
"""Micro-won in a won."""


class CallStatus(StrEnum):
    """Where a call stands in the ledger."""

    RESERVED = "reserved"
    """Sent, or about to be; counts with its highest possible cost."""
    SETTLED = "settled"
    """Answered; counts with the usage the provider reported."""
    FAILED = "failed"
    """Not answered; costs nothing, or the reserved amount when the provider may have worked."""
    REFUSED = "refused"
    """Never sent; ``error`` says why."""


class CostGrouping(StrEnum):
    """What sums are grouped by."""

    DAY = "day"
    MONTH = "month"
    PROVIDER = "provider"
    MODEL = "model"
    PURPOSE = "purpose"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets in won; days and months are Korean ones."""

    daily_krw: int
    monthly_krw: int
    run_krw: int | None = None


@dataclass(frozen=True, slots=True)
class CallStart:
    """A call as it is known before it is made; costs are the highest it can have."""

    call_id: str
    provider: str
    model: str
    purpose: str
    run_id: str
    plan: str
    prefix_digest: str
    cost_micro_usd: int
    cost_micro_krw: int
    krw_per_usd: float


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended; costs are what it is charged with."""

    status: CallStatus
    usage: Usage
    billed_equivalent_tokens: float
    cost_micro_usd: int
    cost_micro_krw: int
    latency_ms: int
    attempts: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class BudgetRefusal:
    """The budget that would be overspent. ``spent_micro_krw`` includes what running calls have reserved."""

    scope: str
    limit_krw: int
    spent_micro_krw: int
    asked_micro_krw: int

    @property
    def message(self) -> str:
        """One line about it."""
        return (
            f"the {self.scope} budget of {self.limit_krw:,} won is spent: {self.spent_micro_krw / MICRO:,.3f} won are "
            f"used or reserved and this call may cost {self.asked_micro_krw / MICRO:,.3f} won"
        )


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A row of the ledger."""

    call_id: str
    at: datetime
    day: date
    status: CallStatus
    provider: str
    model: str
    purpose: str
    run_id: str
    plan: str
    prefix_digest: str
    usage: Usage
    billed_equivalent_tokens: float
    cost_micro_usd: int
    cost_micro_krw: int
    krw_per_usd: float
    latency_ms: int
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class CostSum:
    """Sums over calls; ``key`` is the group's value, ``latency_ms`` the sum over settled calls."""

    key: str = ""
    calls: int = 0
    settled: int = 0
    reserved: int = 0
    failed: int = 0
    refused: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    billed_equivalent_tokens: float = 0.0
    cost_micro_usd: int = 0
    cost_micro_krw: int = 0
    latency_ms: int = 0
    attempts: int = 0

    @property
    def cached_share(self) -> float:
        """Share of input tokens read from a provider's cache, 0 to 1."""
        return self.cached_tokens / self.input_tokens if self.input_tokens else 0.0

    def __add__(self, other: "CostSum") -> "CostSum":
        """Return both together, under this one's key."""
        numbers = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name != "key"
        }
        return CostSum(key=self.key, **numbers)
