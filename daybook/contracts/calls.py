"""The table of calls: who may do what. The single source of truth of the desk's privileges.

A workflow runs ``await call(SUBMIT_ORDER, request)``; an activity is bound with ``@serves(SUBMIT_ORDER)``, which checks
its signature; a worker registers exactly the calls of its layer and refuses to start otherwise.
"""

from datetime import timedelta

from daybook.contracts.advice import Recommendations
from daybook.contracts.ask import (
    AskAnswer,
    AskInput,
    ComposeAnswer,
    RoutedQuestion,
    Turn,
    TurnRequest,
)
from daybook.contracts.code import (
    AdvancedScript,
    AdvanceScript,
    CodeRunResult,
    ExplainRun,
    WriteScript,
    WrittenScript,
)
from daybook.contracts.collection import (
    ArchiveDay,
    ArchiveSeries,
    CollectionPlan,
    CollectionPlanRequest,
    DayArchived,
    SeriesReport,
    SeriesTask,
)
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
from daybook.contracts.layers import Call as Call
from daybook.contracts.layers import Effect as Effect
from daybook.contracts.layers import Layer as Layer
from daybook.contracts.news import CollectedNews, CollectNews, NewsReport, ScoredNews, ScoreNews, SummariseNews
from daybook.contracts.objects import ObjectRef
from daybook.contracts.orders import SubmitOutcome, SubmitRequest
from daybook.contracts.prices import FillPrices, PricesFilled
from daybook.contracts.reconciliation import ReconcileReport, ReconcileRequest
from daybook.contracts.response import RotateKeys
from daybook.contracts.scenario_run import (
    AssembleScenario,
    EndScenario,
    ExplainScenario,
    FinishScenario,
    LoadedScenario,
    ScenarioRunInput,
    ScenarioRunRow,
    StageDone,
    StageTask,
)
from daybook.contracts.session import Session
from daybook.contracts.state import StateChangeRequest, StateChangeResult
from daybook.contracts.threat_calls import (
    EvidenceKept,
    KeepEvidence,
    NoticeSent,
    RecordThreat,
    SendNotice,
    StandingRequest,
    StandingThreat,
    TokenRotated,
)
from daybook.contracts.threats import HealthReadings, ReadHealth, ReadThreats, ThreatReadings


def _seconds(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


_NOTHING = type(None)

SANDBOX_PREFLIGHT = Call("sandbox.preflight", Layer.SANDBOX, PreflightRequest, PreflightReport, _seconds(10))
ADVANCE_SCRIPT = Call("sandbox.advance_script", Layer.SANDBOX, AdvanceScript, AdvancedScript, _seconds(180), attempts=5)

PIPELINE_PREFLIGHT = Call("pipeline.preflight", Layer.PIPELINE, PreflightRequest, PreflightReport, _seconds(10))
RECOMMEND = Call(
    "pipeline.recommend", Layer.PIPELINE, RecommendRequest, Recommendations, _seconds(60), effect=Effect.RECORD
)
WRITE_REPORT = Call(
    "pipeline.write_report", Layer.PIPELINE, ReportRequest, ReportFiles, _seconds(120), effect=Effect.RECORD
)

COLLECT_NEWS = Call(
    "pipeline.collect_news", Layer.PIPELINE, CollectNews, CollectedNews, _seconds(90), attempts=3, effect=Effect.RECORD
)
SCORE_NEWS = Call(
    "pipeline.score_news", Layer.PIPELINE, ScoreNews, ScoredNews, _seconds(300), attempts=3, effect=Effect.RECORD
)
SUMMARISE_NEWS = Call(
    "pipeline.summarise_news",
    Layer.PIPELINE,
    SummariseNews,
    NewsReport,
    _seconds(180),
    attempts=3,
    effect=Effect.RECORD,
)
ROUTE_QUESTION = Call("pipeline.route_question", Layer.PIPELINE, AskInput, RoutedQuestion, _seconds(60), attempts=5)
TAKE_TURN = Call(
    "pipeline.take_turn", Layer.PIPELINE, TurnRequest, Turn, _seconds(300), attempts=2, effect=Effect.RECORD
)
COMPOSE_ANSWER = Call(
    "pipeline.compose_answer", Layer.PIPELINE, ComposeAnswer, AskAnswer, _seconds(60), attempts=5, effect=Effect.RECORD
)
WRITE_SCRIPT = Call(
    "pipeline.write_script", Layer.PIPELINE, WriteScript, WrittenScript, _seconds(300), attempts=2, effect=Effect.RECORD
)
EXPLAIN_RUN = Call(
    "pipeline.explain_run", Layer.PIPELINE, ExplainRun, CodeRunResult, _seconds(180), attempts=3, effect=Effect.RECORD
)

ARCHIVE_SERIES = Call(
    "pipeline.archive_series",
    Layer.PIPELINE,
    ArchiveSeries,
    ObjectRef,
    _seconds(60),
    attempts=5,
    effect=Effect.RECORD,
)
ARCHIVE_DAY = Call(
    "pipeline.archive_day", Layer.PIPELINE, ArchiveDay, DayArchived, _seconds(120), attempts=5, effect=Effect.RECORD
)

_OF_A_SCENARIO = ("Configuration", "BadRequest", "Scenario")
LOAD_SCENARIO = Call(
    "pipeline.load_scenario",
    Layer.PIPELINE,
    ScenarioRunInput,
    LoadedScenario,
    _seconds(120),
    attempts=5,
    effect=Effect.RECORD,
    not_retryable=_OF_A_SCENARIO,
)
RUN_SCENARIO_STAGE = Call(
    "pipeline.run_scenario_stage",
    Layer.PIPELINE,
    StageTask,
    StageDone,
    _seconds(900),
    attempts=5,
    heartbeat=_seconds(10),
    not_retryable=_OF_A_SCENARIO,
)
ASSEMBLE_SCENARIO = Call(
    "pipeline.assemble_scenario",
    Layer.PIPELINE,
    AssembleScenario,
    ObjectRef,
    _seconds(300),
    attempts=5,
    heartbeat=_seconds(10),
    not_retryable=_OF_A_SCENARIO,
)
EXPLAIN_SCENARIO = Call(
    "pipeline.explain_scenario",
    Layer.PIPELINE,
    ExplainScenario,
    ObjectRef,
    _seconds(180),
    attempts=2,
    effect=Effect.RECORD,
)
FINISH_SCENARIO = Call(
    "pipeline.finish_scenario",
    Layer.PIPELINE,
    FinishScenario,
    ScenarioRunRow,
    _seconds(60),
    attempts=10,
    effect=Effect.RECORD,
)
END_SCENARIO = Call(
    "pipeline.end_scenario", Layer.PIPELINE, EndScenario, _NOTHING, _seconds(30), attempts=10, effect=Effect.RECORD
)

READ_THREATS = Call("pipeline.read_threats", Layer.PIPELINE, ReadThreats, ThreatReadings, _seconds(30), attempts=2)
STANDING_THREAT = Call(
    "pipeline.standing_threat", Layer.PIPELINE, StandingRequest, StandingThreat, _seconds(15), attempts=3
)
RECORD_THREAT = Call(
    "pipeline.record_threat", Layer.PIPELINE, RecordThreat, _NOTHING, _seconds(15), attempts=5, effect=Effect.RECORD
)
NOTIFY = Call("pipeline.notify", Layer.PIPELINE, SendNotice, NoticeSent, _seconds(15), attempts=5, effect=Effect.RECORD)
KEEP_EVIDENCE = Call(
    "pipeline.keep_evidence",
    Layer.PIPELINE,
    KeepEvidence,
    EvidenceKept,
    _seconds(60),
    attempts=5,
    effect=Effect.RECORD,
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
FILL_PRICES = Call(
    "trading.fill_prices", Layer.TRADING, FillPrices, PricesFilled, _seconds(150), attempts=2, effect=Effect.RECORD
)
PLAN_COLLECTION = Call(
    "trading.plan_collection", Layer.TRADING, CollectionPlanRequest, CollectionPlan, _seconds(30), attempts=5
)
COLLECT_SERIES = Call(
    "trading.collect_series",
    Layer.TRADING,
    SeriesTask,
    SeriesReport,
    _seconds(600),
    attempts=5,
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
READ_HEALTH = Call("trading.read_health", Layer.TRADING, ReadHealth, HealthReadings, _seconds(15), attempts=2)
ROTATE_TOKEN = Call(
    "trading.rotate_token", Layer.TRADING, RotateKeys, TokenRotated, _seconds(60), attempts=1, effect=Effect.RECORD
)
CLOSE_DAY = Call("trading.close_day", Layer.TRADING, ClosingRequest, DayFacts, _seconds(300), effect=Effect.RECORD)

CALLS: tuple[Call[object, object], ...] = tuple(value for value in list(globals().values()) if isinstance(value, Call))
"""Every call, in the order of declaration."""


def calls_of(layer: Layer) -> tuple[Call[object, object], ...]:
    """Return the calls a layer serves."""
    return tuple(entry for entry in CALLS if entry.layer is layer)
