"""A whole desk for questions: the control, pipeline and trading layers in this process, on the dev server.

The layers' rooms are the product's own; the pipeline's settings point at stand-ins, the trading layer works at a paper
exchange whose session is open, with books that are opened and agree.
"""

import asyncio
import json
import logging
import shutil
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.ask import AskActivities
from activities.news import NewsActivities
from activities.pipeline import PipelineActivities
from activities.serving import served_by
from activities.tools import tool_activities
from activities.trading import TradingActivities
from daybook.broker.kis.client import KisBroker, build_broker
from daybook.broker.kis.stream_settings import StreamSettings
from daybook.contracts.ask import AskAnswer
from daybook.contracts.base import KST, Mode
from daybook.contracts.execution import OrderSummary
from daybook.contracts.layers import Layer
from daybook.contracts.limits import AdvisorKind, StrategySettings
from daybook.contracts.news import NewsAnalysisInput, NewsReport
from daybook.execution.account_view import AccountView
from daybook.execution.context import ContextReader
from daybook.execution.desk import ExecutionDesk
from daybook.execution.dry_check import DryChecker
from daybook.execution.limits_view import LimitsView
from daybook.execution.market_view import MarketView
from daybook.execution.ticket_draft import TicketDrafter
from daybook.front.ask import ask_desk
from daybook.front.calls import TemporalCalls
from daybook.front.desk import Desk
from daybook.front.news import news_report, start_news
from daybook.settings import LlmSettings, NewsSettings, Settings, TemporalSettings
from daybook.skills.market_data.market_port import MarketQuotes
from daybook.skills.registry import registry
from daybook.skills.running import Providers
from daybook.skills.toolbox import ToolBox
from daybook.skills.trading.kis import BrokerReads
from daybook.skills.trading.order import TicketDrafts
from daybook.skills.trading.risk import RiskDesk
from daybook.storage.answers import AnswerRecord, AnswerStore
from daybook.storage.database import Database
from daybook.storage.llm_call_records import CallRecord
from tests.end_to_end.market import Market, open_market, trading_desk
from tests.end_to_end.threads import LoopThread, Records
from tests.temporal_environment import TemporalServer, end_everything
from workers.hosting import worker_options
from workers.pipeline import PipelineParts
from workflows.registry import WORKFLOWS


@dataclass(frozen=True)
class Step:
    """One activity a workflow scheduled: its name, its layer's queue, and what it was asked."""

    name: str
    queue: str
    asked: dict[str, Any]

    @property
    def tool(self) -> str:
        """The tool's name; empty for another call."""
        return self.name.partition(".tool.")[2]


@dataclass
class House:
    """A running desk. Its methods may be called from any thread but its own."""

    settings: Settings
    market: Market
    parts: PipelineParts
    broker: KisBroker
    client: Client
    desk: Desk
    thread: LoopThread
    logs: Records = field(default_factory=Records)

    def ask(self, question: str, *, model: str = "", by: str = "test:kim") -> AskAnswer:
        """Ask as a person does, through the front."""
        return self.thread.run(
            ask_desk(self.desk, self.settings, question, by=by, model=model, clock=self.market.clock)
        )

    def analyse(self, analysis: NewsAnalysisInput) -> NewsReport:
        """Run a news analysis and wait for its report."""

        async def run() -> NewsReport:
            address = self.settings.temporal.address
            await start_news(self.desk, analysis, address=address)
            return await news_report(self.desk, analysis.run_id, address=address)

        return self.thread.run(run())

    def steps(self, workflow_id: str) -> list[Step]:
        """Return the activities a workflow scheduled, from its history."""

        async def read() -> list[Step]:
            history = await self.client.get_workflow_handle(workflow_id).fetch_history()
            scheduled = [
                event.activity_task_scheduled_event_attributes
                for event in history.events
                if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
            ]
            return [
                Step(one.activity_type.name, one.task_queue.name, json.loads(one.input.payloads[0].data))
                for one in scheduled
            ]

        return self.thread.run(read())

    def tools_of(self, answer: AskAnswer) -> list[tuple[str, str]]:
        """Return the tools that ran for an answer and the queue of each, in order."""
        return [(step.tool, step.queue) for step in self.steps(f"ask-{answer.run_id}") if step.tool]

    def decide(self, intent_id: str, *, approve: bool) -> str:
        """Approve or reject an order that waits."""
        return self.thread.run(self.desk.decide(intent_id, approve=approve, by="test:kim"))

    def order(self, intent_id: str) -> OrderSummary:
        """Return where an order stands."""
        return self.thread.run(self.desk.order_state(intent_id))

    def orders_at_the_exchange(self) -> list[dict[str, Any]]:
        """Return every order the exchange took."""
        return self.market.side.new_orders()

    def calls(self, run_id: str | None = None) -> list[CallRecord]:
        """Return the ledger's rows, of one run or all."""
        return self.parts.calls.calls(date(2020, 1, 1), date(2100, 1, 1), run_id=run_id)

    def kept(self, run_id: str) -> AnswerRecord:
        """Return what is stored of a question."""
        return AnswerStore(self.parts.database).get(run_id)

    def dump(self) -> str:
        """Return every row of the ledger as text."""
        from sqlalchemy import text

        with self.parts.database.engine.connect() as connection:
            tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type='table'")).scalars().all()
            rows = [connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in tables]
        return "\n".join(str(tuple(row)) for table in rows for row in table)


@contextmanager
def open_house(
    server: TemporalServer, books: Path, home: Path, *, llm: LlmSettings, news: NewsSettings
) -> Iterator[House]:
    """Run a desk at an exchange of its own, in ``home``, which gets a copy of prepared ``books``.

    One at a time: the queues bear the layers' names, so that two desks on a server would take each other's work.
    """
    with open_market() as market:
        yield from _open_at(server, market, books, home, llm, news)


def _open_at(
    server: TemporalServer, market: Market, books: Path, home: Path, llm: LlmSettings, news: NewsSettings
) -> Iterator[House]:
    shutil.copytree(books, home, dirs_exist_ok=True)
    settings = Settings(
        _env_file=None,
        home=home,
        llm=llm,
        news=news,
        paper_url=market.url,
        strategy=StrategySettings(advisor=AdvisorKind.MOMENTUM),
        temporal=TemporalSettings(address=server.address),
        poll_interval_s=0.5,
    )
    thread, records = LoopThread(), Records()
    root = logging.getLogger()
    level = root.level
    root.addHandler(records)
    root.setLevel(logging.INFO)
    stack = AsyncExitStack()
    try:
        house = thread.run(_open(stack, settings, server, market, thread))
        house.logs = records
        yield house
    finally:
        root.setLevel(level)
        root.removeHandler(records)
        thread.run(stack.aclose())
        thread.stop()


async def _open(
    stack: AsyncExitStack, settings: Settings, server: TemporalServer, market: Market, thread: LoopThread
) -> House:
    client = await server.client(f"house-{uuid.uuid4().hex[:6]}")
    broker = stack.enter_context(build_broker(Mode.PAPER, state_dir=settings.home / "kis", base_url=market.url))
    trading = stack.enter_context(Database(settings.ledger_url))
    parts = PipelineParts(settings)
    stack.callback(parts.database.close)
    stack.push_async_callback(parts.completer.close)
    givens = parts.tool_providers()
    for given in (*givens.values(), *(getattr(source, "_client", None) for source in parts.news.sources.values())):
        if hasattr(given, "aclose"):
            stack.push_async_callback(given.aclose)
    pipeline = [
        *served_by(PipelineActivities(parts.database, settings.home, lambda: datetime.now(KST))),
        *served_by(NewsActivities(parts.news)),
        *served_by(AskActivities(parts.ask_desk())),
        *tool_activities(ToolBox(Layer.PIPELINE, registry(), givens)),
    ]
    desk = trading_desk(settings.home, broker, trading, settings)
    rooms = {Layer.PIPELINE: pipeline, Layer.TRADING: _trading_rooms(desk, broker, client, market, settings)}
    control = Worker(
        client, **worker_options(Layer.CONTROL), workflows=WORKFLOWS, workflow_runner=UnsandboxedWorkflowRunner()
    )
    stack.push_async_callback(end_everything, client, "the house closes")
    for layer, activities in rooms.items():
        pool = stack.enter_context(ThreadPoolExecutor(12, thread_name_prefix=layer.value))
        worker = Worker(
            client,
            **worker_options(layer),
            activities=activities,
            activity_executor=pool,
            max_concurrent_activities=12,
        )
        await stack.enter_async_context(worker)
    await stack.enter_async_context(control)
    await _until_polled(TemporalCalls(client, settings.temporal.address))
    return House(settings, market, parts, broker, client, Desk(client, settings), thread)


def _trading_rooms(
    desk: ExecutionDesk, broker: KisBroker, client: Client, market: Market, settings: Settings
) -> list[Any]:
    checker = DryChecker(desk, ContextReader(desk), lambda: market.clock)
    givens: Providers = {
        BrokerReads: AccountView(desk, lambda: market.clock),
        TicketDrafts: TicketDrafter(desk, checker, settings.commission_rate),
        RiskDesk: LimitsView(desk, checker),
        MarketQuotes: MarketView(broker, broker.scan),
    }
    activities = TradingActivities(desk, client, lambda: broker.stream(StreamSettings()), settings.commission_rate)
    return [*served_by(activities), *tool_activities(ToolBox(Layer.TRADING, registry(), givens))]


async def _until_polled(calls: TemporalCalls) -> None:
    layers = (Layer.CONTROL, Layer.PIPELINE, Layer.TRADING)
    for _ in range(400):
        if all([await calls.is_polled(layer) for layer in layers]):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("no worker asks for work")
