"""Bodies of requests and answers. Unknown fields are refused: who asks is known from the token alone."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from daybook.contracts.base import AwareDatetime, Mode, Symbol, TradingState, Won
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayState
from daybook.contracts.orders import IntentState
from daybook.report.explanation import OrderExplanation

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("write the date as YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_day)]
DayPath = Annotated[Day, Path(description="YYYY-MM-DD")]
IntentPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,80}$", description="the order's intent id")]
Reason = Annotated[str, Field(min_length=1, max_length=300, pattern=_ONE_LINE)]


class Body(BaseModel):
    """Base of all requests."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class StartDay(Body):
    """Start a trading day; ``clock`` is for rehearsals on the paper exchange only."""

    date: Day
    clock: MarketClock | None = None


class Decide(Body):
    """Approve or reject; ``digest`` ties the answer to the order as it was shown."""

    digest: str = Field(default="", max_length=128, pattern=r"^[0-9A-Za-z]*$")


class Resolve(Body):
    """Name the broker's order of an unknown outcome; an explicit null says that the broker has none."""

    order_number: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")] | None
    branch: str = Field(default="", pattern=r"^[0-9]{0,10}$")


class Stop(Body):
    """Halt or reduce."""

    reason: Reason


class Nothing(Body):
    """An empty body."""


class ConfirmResume(Body):
    """The second step of a resume."""

    token: str = Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")


class Reconcile(Body):
    """Reconcile; ``accept`` adopts unexplained differences in the caller's name."""

    accept: bool = Field(default=False, strict=True)


class StartedDay(BaseModel):
    """A started day and where to look at it."""

    workflow_id: str
    links: dict[str, str]


class DayRow(BaseModel):
    """A day as the database has it."""

    day: date
    mode: Mode
    session_kind: str
    phase: str
    began_at: AwareDatetime
    phase_at: AwareDatetime
    finished_at: AwareDatetime | None
    has_report: bool
    summary: Any = None


class DayList(BaseModel):
    """Recent days, newest first."""

    days: list[DayRow]


class DayStatus(BaseModel):
    """Where a day stands: ``state`` from its workflow if that answers, ``row`` from the database if it is there."""

    source: Literal["workflow", "database"]
    day: date
    state: DayState | None = None
    row: DayRow | None = None
    note: str = ""
    links: dict[str, str]


class ChartList(BaseModel):
    """Names of a report's charts."""

    charts: list[str]


class OrderRow(BaseModel):
    """An order in a list."""

    intent_id: str
    symbol: Symbol
    side: str
    shares: int
    limit_price_krw: Won
    state: IntentState
    detail: str
    filled_shares: int
    filled_amount_krw: Won
    costs_krw: Won
    recorded_at: AwareDatetime
    closed_at: AwareDatetime | None


class OrderList(BaseModel):
    """A day's orders, oldest first."""

    day: date
    orders: list[OrderRow]


class OrderAnswer(BaseModel):
    """One order with everything known of it, as data and as text."""

    explanation: OrderExplanation
    text: str


class Done(BaseModel):
    """What an order answered."""

    intent_id: str
    text: str


class StateChanged(BaseModel):
    """The outcome of a change of the trading state.

    ``durable`` says what guarantees it already: the kill-switch ``file``, or a ``workflow``. ``text`` explains.
    """

    state: TradingState
    accepted: bool
    durable: Literal["file", "workflow"]
    text: str = ""
    token: str = Field(default="", description="first step of a resume: send it to /v1/resume/confirm")
    workflow_id: str = ""


class StateNow(BaseModel):
    """What the desk may do now. The kill-switch file halts whatever the database says."""

    state: TradingState
    reason_code: str
    reason: str
    by: str
    since: AwareDatetime | None
    kill_switch_file: bool
    locked_symbols: dict[str, str]
    orders_waiting: list[str]


class Ready(BaseModel):
    """Whether the desk can work; ``missing`` names the parts that do not answer."""

    ready: bool
    missing: list[str]
