"""The table of calls: who may do what. The single source of truth of the desk's privileges.

A workflow runs ``await call(SUBMIT_ORDER, request)``; an activity is bound with ``@serves(SUBMIT_ORDER)``, which checks
its signature; a worker registers exactly the calls of its layer and refuses to start otherwise.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from daybook.contracts.advice import Recommendations
from daybook.contracts.day import (
    ClosingRequest,
    DayFacts,
    DayStart,
    HistoryReport,
    HistoryRequest,
    Observation,
    ObserveRequest,
    PhaseChange,
    PreflightReport,
    PreflightRequest,
    RecommendRequest,
    ReportFiles,
    ReportRequest,
    WatchRequest,
)
from daybook.contracts.decisions import DecisionRecord
from daybook.contracts.execution import (
    ApprovalRecord,
    CheckedOrder,
    CheckOrderRequest,
    FindOrderRequest,
    FoundOrder,
    IntentStatus,
    IntentToRecord,
    IntentUpdate,
    OrderProgress,
    OrderRef,
)
from daybook.contracts.orders import SubmitOutcome, SubmitRequest
from daybook.contracts.reconciliation import ReconcileReport, ReconcileRequest
from daybook.contracts.session import Session
from daybook.contracts.state import StateChangeRequest, StateChangeResult

A = TypeVar("A")
R = TypeVar("R")


class Layer(StrEnum):
    """A privilege layer; each has one task queue of the same name."""

    CONTROL = "control"
    SANDBOX = "sandbox"
    PIPELINE = "pipeline"
    TRADING = "trading"


class Effect(StrEnum):
    """What a call does to the world."""

    READ = "read"
    RECORD = "record"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Call(Generic[A, R]):
    """One call a workflow may make.

    Args:
        name: activity name, ``layer.verb_object``.
        layer: the layer that serves it; also its task queue.
        argument: type of the single argument.
        result: type of the result (``type(None)`` for none).
        timeout: start-to-close limit of one attempt.
        attempts: attempts the server may make; 0 means until it succeeds.
        effect: what it does to the world; ``ORDER`` calls must have one attempt.
        heartbeat: silence after which the worker counts as dead; the worker beats by itself while it works.
        not_retryable: error types after which another attempt is useless.
    """

    name: str
    layer: Layer
    argument: type[A]
    result: type[R]
    timeout: timedelta
    attempts: int = 0
    effect: Effect = Effect.READ
    heartbeat: timedelta = timedelta(seconds=5)
    not_retryable: tuple[str, ...] = field(default=("Configuration", "BadRequest"))

    def __post_init__(self) -> None:
        if not self.name.startswith(f"{self.layer.value}."):
            raise ValueError(f"call {self.name} must be named after its layer {self.layer.value}")
        if self.effect is Effect.ORDER and self.attempts != 1:
            raise ValueError(f"call {self.name} places orders and must have exactly one attempt")


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


_NOTHING = type(None)

SANDBOX_PREFLIGHT = Call("sandbox.preflight", Layer.SANDBOX, PreflightRequest, PreflightReport, _seconds(10))

PIPELINE_PREFLIGHT = Call("pipeline.preflight", Layer.PIPELINE, PreflightRequest, PreflightReport, _seconds(10))
RECOMMEND = Call("pipeline.recommend", Layer.PIPELINE, RecommendRequest, Recommendations, _seconds(60))
WRITE_REPORT = Call(
    "pipeline.write_report", Layer.PIPELINE, ReportRequest, ReportFiles, _seconds(120), effect=Effect.RECORD
)

TRADING_PREFLIGHT = Call("trading.preflight", Layer.TRADING, PreflightRequest, PreflightReport, _seconds(30))
BEGIN_DAY = Call("trading.begin_day", Layer.TRADING, DayStart, Session, _seconds(60), effect=Effect.RECORD)
SET_PHASE = Call("trading.set_phase", Layer.TRADING, PhaseChange, _NOTHING, _seconds(15), effect=Effect.RECORD)
RECONCILE = Call(
    "trading.reconcile", Layer.TRADING, ReconcileRequest, ReconcileReport, _seconds(120), effect=Effect.RECORD
)
COLLECT_HISTORY = Call(
    "trading.collect_history",
    Layer.TRADING,
    HistoryRequest,
    HistoryReport,
    _seconds(900),
    effect=Effect.RECORD,
)
OBSERVE = Call("trading.observe", Layer.TRADING, ObserveRequest, Observation, _seconds(180), effect=Effect.RECORD)
RECORD_DECISION = Call(
    "trading.record_decision", Layer.TRADING, DecisionRecord, _NOTHING, _seconds(15), effect=Effect.RECORD
)
RECORD_INTENT = Call(
    "trading.record_intent", Layer.TRADING, IntentToRecord, IntentStatus, _seconds(60), effect=Effect.RECORD
)
CHECK_ORDER = Call(
    "trading.check_order", Layer.TRADING, CheckOrderRequest, CheckedOrder, _seconds(60), effect=Effect.RECORD
)
RECORD_APPROVAL = Call(
    "trading.record_approval", Layer.TRADING, ApprovalRecord, IntentStatus, _seconds(15), effect=Effect.RECORD
)
SUBMIT_ORDER = Call(
    "trading.submit_order",
    Layer.TRADING,
    SubmitRequest,
    SubmitOutcome,
    _seconds(20),
    attempts=1,
    effect=Effect.ORDER,
)
FIND_ORDER = Call("trading.find_order", Layer.TRADING, FindOrderRequest, FoundOrder, _seconds(60), effect=Effect.RECORD)
POLL_ORDER = Call("trading.poll_order", Layer.TRADING, OrderRef, OrderProgress, _seconds(60), effect=Effect.RECORD)
CANCEL_ORDER = Call("trading.cancel_order", Layer.TRADING, OrderRef, OrderProgress, _seconds(60), effect=Effect.RECORD)
UPDATE_INTENT = Call(
    "trading.update_intent", Layer.TRADING, IntentUpdate, IntentStatus, _seconds(15), effect=Effect.RECORD
)
CHANGE_STATE = Call(
    "trading.change_state", Layer.TRADING, StateChangeRequest, StateChangeResult, _seconds(15), effect=Effect.RECORD
)
WATCH_ACCOUNT = Call(
    "trading.watch_account",
    Layer.TRADING,
    WatchRequest,
    _NOTHING,
    timedelta(hours=16),
    effect=Effect.RECORD,
)
CLOSE_DAY = Call("trading.close_day", Layer.TRADING, ClosingRequest, DayFacts, _seconds(300), effect=Effect.RECORD)

CALLS: tuple[Call[object, object], ...] = tuple(value for value in list(globals().values()) if isinstance(value, Call))
"""Every call, in the order of declaration."""


def calls_of(layer: Layer) -> tuple[Call[object, object], ...]:
    """Return the calls a layer serves."""
    return tuple(entry for entry in CALLS if entry.layer is layer)
