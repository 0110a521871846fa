"""The four layers of the desk with scripted answers, registered under the names of the table of calls."""

import asyncio
import inspect
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from daybook.contracts.advice import Recommendations
from daybook.contracts.calls import (
    ARCHIVE_DAY,
    BEGIN_DAY,
    CALLS,
    CANCEL_ORDER,
    CHANGE_STATE,
    CHECK_ORDER,
    CLOSE_DAY,
    COLLECT_HISTORY,
    COLLECT_NEWS,
    COMPOSE_ANSWER,
    FILL_PRICES,
    FIND_ORDER,
    KEEP_EVIDENCE,
    NOTIFY,
    OBSERVE,
    PIPELINE_PREFLIGHT,
    POLL_ORDER,
    READ_HEALTH,
    READ_THREATS,
    RECOMMEND,
    RECONCILE,
    RECORD_APPROVAL,
    RECORD_DECISION,
    RECORD_INTENT,
    RECORD_THREAT,
    ROTATE_TOKEN,
    ROUTE_QUESTION,
    SANDBOX_PREFLIGHT,
    SCORE_NEWS,
    SET_PHASE,
    STANDING_THREAT,
    SUBMIT_ORDER,
    SUMMARISE_NEWS,
    TAKE_TURN,
    TRADING_PREFLIGHT,
    UPDATE_INTENT,
    WATCH_ACCOUNT,
    WRITE_REPORT,
    Call,
    Layer,
)
from daybook.contracts.collection import DayArchived
from daybook.contracts.day import DayFacts, HistoryReport, PreflightReport, ReportFiles
from daybook.contracts.execution import AccountEvidence, CheckedOrder, FindResult, FoundOrder, IntentStatus
from daybook.contracts.layers import Effect
from daybook.contracts.news import CollectedNews, NewsReport, ScoredNews
from daybook.contracts.orders import AttemptOutcome, BrokerOrderId, IntentState, SubmitOutcome
from daybook.contracts.prices import PricesFilled
from daybook.contracts.threat_calls import EvidenceKept, NoticeSent, StandingThreat, TokenRotated
from daybook.contracts.tools import ToolReply, ToolRow, ToolStatus, tool_call
from tests.workflows import facts
from workers.hosting import worker_options
from workflows.decision_tick import DecisionTick
from workflows.registry import WORKFLOWS

ORDER = BrokerOrderId(branch="06010", number="0000000123")
TOOLS = {
    row.name: row
    for row in (
        ToolRow(name="quote", skill="trading.kis", layer=Layer.TRADING, timeout_s=5),
        ToolRow(name="search_news", skill="market_data.news", layer=Layer.PIPELINE, timeout_s=5, is_untrusted=True),
        ToolRow(name="prepare_order", skill="trading.order", layer=Layer.TRADING, effect=Effect.PREPARE, timeout_s=5),
    )
}
"""Tools that the scripted layers serve."""
EVIDENCE = AccountEvidence(orderable_cash_krw=9_000_000, sellable_shares=0)

Answer = Any
"""A value, an exception, or a function of the argument that returns one (a coroutine is awaited)."""


def checked(**changes: Any) -> CheckedOrder:
    """Return checks that let an order pass."""
    values: dict[str, Any] = {"last_price_krw": 70_000, "checked_at": datetime.now(UTC), "evidence": EVIDENCE}
    return CheckedOrder(**{**values, **changes})


def accepted(order: BrokerOrderId = ORDER) -> SubmitOutcome:
    """Return the outcome of a POST that the broker took."""
    return SubmitOutcome(outcome=AttemptOutcome.ACCEPTED, order=order)


class ScriptedLayers:
    """Answers every call of the table, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: dict[str, list[Any]] = defaultdict(list)
        self.order: list[str] = []
        self._answers: dict[str, list[Answer]] = {}
        for entry, answer in _DEFAULTS.items():
            self._answers[entry] = [answer]

    def script(self, entry: Call[Any, Any], *answers: Answer) -> None:
        """Answer a call with these, one after the other; the last one stays."""
        self._answers[entry.name] = list(answers)

    def requests(self, entry: Call[Any, Any]) -> list[Any]:
        """Return what was asked of a call so far."""
        return self.asked[entry.name]

    def count(self, entry: Call[Any, Any]) -> int:
        """Return how often a call was made."""
        return len(self.asked[entry.name])

    def activities(self, layer: Layer) -> list[Callable[..., Any]]:
        """Return the layer's activities."""
        tools = [tool_call(row) for row in TOOLS.values()]
        return [self._activity(entry) for entry in (*CALLS, *tools) if entry.layer is layer]

    def _activity(self, entry: Call[Any, Any]) -> Callable[..., Any]:
        async def serve(argument: Any) -> Any:
            self.asked[entry.name].append(argument)
            self.order.append(entry.name)
            answers = self._answers[entry.name]
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            if callable(answer):
                answer = answer(argument)
            if inspect.isawaitable(answer):
                answer = await answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        serve.__annotations__ = {"argument": entry.argument, "return": entry.result}
        return activity.defn(name=entry.name)(serve)


@asynccontextmanager
async def hosted(
    client: Client, layers: ScriptedLayers, *, decision: type = DecisionTick, **control_options: Any
) -> AsyncIterator[Client]:
    """Run the control worker and the scripted layers while the block runs; ``decision`` may replace DecisionTick."""
    workflows = [decision if workflow is DecisionTick else workflow for workflow in WORKFLOWS]
    async with AsyncExitStack() as stack:
        for layer in Layer:
            options = worker_options(layer)
            if layer is Layer.CONTROL:
                worker = Worker(client, **options, workflows=workflows, **control_options)
            else:
                worker = Worker(client, **options, activities=layers.activities(layer))
            await stack.enter_async_context(worker)
        yield client


async def eventually(condition: Callable[[], Any], within_s: float = 15.0) -> Any:
    """Wait until a condition (plain or a coroutine function) holds and return its value."""
    async with asyncio.timeout(within_s):
        while True:
            value = condition()
            if inspect.isawaitable(value):
                value = await value
            if value:
                return value
            await asyncio.sleep(0.02)


def unique(prefix: str) -> str:
    """Return a name no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def _fit(request: Any, layer: str) -> PreflightReport:
    return PreflightReport(layer=layer, version="0", process_id=1, answered_at=request.asked_at)


_DEFAULTS: dict[str, Answer] = {
    SANDBOX_PREFLIGHT.name: lambda request: _fit(request, "sandbox"),
    PIPELINE_PREFLIGHT.name: lambda request: _fit(request, "pipeline"),
    TRADING_PREFLIGHT.name: lambda request: _fit(request, "trading"),
    RECOMMEND.name: lambda request: Recommendations(day=request.day, advisor="scripted"),
    COLLECT_NEWS.name: lambda request: CollectedNews(source=request.source, problem="no key"),
    SCORE_NEWS.name: ScoredNews(stories=0, articles=0),
    SUMMARISE_NEWS.name: lambda request: NewsReport(
        run_id=request.analysis.run_id, as_of=request.analysis.as_of, days=request.analysis.days, market_sentiment=0
    ),
    ROUTE_QUESTION.name: NotImplementedError("script the route"),
    TAKE_TURN.name: NotImplementedError("script the turns"),
    COMPOSE_ANSWER.name: NotImplementedError("script the answer"),
    **{
        tool_call(row).name: lambda request: ToolReply(tool=request.tool, status=ToolStatus.OK, value={})
        for row in TOOLS.values()
    },
    ARCHIVE_DAY.name: lambda request: DayArchived(objects=8, size_bytes=1_000),
    WRITE_REPORT.name: lambda request: ReportFiles(markdown=f"reports/{request.day}.md", charts=()),
    BEGIN_DAY.name: lambda start: facts.session(start.day),
    SET_PHASE.name: None,
    RECONCILE.name: lambda request: facts.reconciled(request.moment),
    COLLECT_HISTORY.name: HistoryReport(universe=("005930",), sessions=20),
    OBSERVE.name: facts.observation,
    RECORD_DECISION.name: None,
    RECORD_INTENT.name: lambda ticket: IntentStatus(
        intent_id=ticket.intent_id, state=IntentState.RECORDED, is_new=True
    ),
    CHECK_ORDER.name: lambda request: checked(),
    RECORD_APPROVAL.name: lambda record: IntentStatus(
        intent_id=record.ticket.intent_id, state=IntentState.AWAITING_APPROVAL
    ),
    SUBMIT_ORDER.name: accepted(),
    FIND_ORDER.name: FoundOrder(result=FindResult.ABSENT, text="not among 0 orders"),
    POLL_ORDER.name: lambda reference: facts.progress(reference, IntentState.FILLED, reference.ticket.shares),
    CANCEL_ORDER.name: lambda reference: facts.progress(reference, IntentState.CANCELLED, 0),
    UPDATE_INTENT.name: lambda update: IntentStatus(intent_id=update.intent_id, state=update.state),
    CHANGE_STATE.name: facts.state_changed,
    WATCH_ACCOUNT.name: None,
    FILL_PRICES.name: PricesFilled(),
    READ_THREATS.name: facts.calm_threats,
    READ_HEALTH.name: facts.healthy,
    STANDING_THREAT.name: StandingThreat(),
    RECORD_THREAT.name: None,
    NOTIFY.name: NoticeSent(where="log"),
    KEEP_EVIDENCE.name: EvidenceKept(owner="day"),
    ROTATE_TOKEN.name: TokenRotated(revoked=True, issued=True, text="revoked; a new one is issued"),
    CLOSE_DAY.name: DayFacts(
        opening_equity_krw=10_000_000,
        closing_equity_krw=10_050_000,
        realised_pnl_krw=50_000,
        costs_krw=1_000,
        fills=1,
        traded_symbols=("005930",),
    ),
}
