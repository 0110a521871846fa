"""A compressed day on real processes in which the level jumps: the index falls, an alert comes, an alarm was false."""

import asyncio
import json
import time as clock_time
from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from rich.console import Console

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.response import ActionRecord, OrdersWanted
from daybook.contracts.response_codes import ActionCode, ActionState
from daybook.contracts.threat_readings import ThreatReasonCode
from daybook.contracts.threat_settings import ResponseSettings, ThreatSettings
from daybook.contracts.threats import FalseAlarm
from daybook.front.desk import Desk
from daybook.front.threats import ThreatDesk
from daybook.settings import FeedSettings, Settings
from daybook.stack.compressed_day import CompressedDays, MarketEvent, compressed_settings, rehearsal_environment
from daybook.stack.local import LocalStack, Ports, free_port
from daybook.stack.progress import DayProgress
from daybook.stack.temporal_server import TemporalMissing, temporal_binary
from daybook.storage import AuditLog, Database, IntentStore
from daybook.storage.object_backend import object_store_of
from daybook.storage.object_book import ObjectBook
from daybook.storage.response_actions import ResponseActionStore
from daybook.storage.threats import ThreatStore

DAY = date(2026, 11, 20)
SPEED = 600
CASH_KRW = 10_000_000
RESPONSE = ResponseSettings(
    approval_valid_s=6, second_step_after_s=0, slow_cooldown_min=0, cash_targets=(0, 0, 0, 0.4, 0.5, 0.6)
)
HEDGE = RESPONSE.hedge_symbol
STOCKS = (
    "005930", "000660", "035720", "035420", "005380", "000270",
    "068270", "105560", "055550", "015760", "034020", "066570",
)  # fmt: skip

pytestmark = [pytest.mark.alone, pytest.mark.temporal, pytest.mark.timeout(200)]

BOLD = RiskLimits(
    max_order_notional_krw=3_000_000,
    max_order_equity_ratio=0.3,
    max_position_ratio=0.3,
    max_sector_ratio=1,
    min_cash_ratio=0,
    max_daily_turnover_ratio=1,
    daily_loss_reduce_ratio=0.3,
    daily_loss_halt_ratio=0.4,
    weekly_loss_reduce_ratio=0.4,
    drawdown_reduce_ratio=0.4,
    drawdown_halt_ratio=0.5,
    index_fall_reduce_ratio=0.25,
    index_fall_halt_ratio=0.3,
)
FOUR_FIFTHS_INVESTED = StrategySettings(
    universe_symbols=(*STOCKS, HEDGE),
    max_names=4,
    max_position_ratio=0.2,
    target_annual_volatility=1,
    stop_loss_ratio=0.5,
    advisor="momentum",
)


@pytest.fixture
def feed(tmp_path):
    path = tmp_path / "cyber-alert.json"
    path.write_text(json.dumps({"level": "정상"}), encoding="utf-8")
    return path


@pytest.fixture
def stack(tmp_path, feed):
    try:
        temporal_binary()
    except TemporalMissing as missing:
        pytest.skip(str(missing))
    settings = compressed_settings(
        Settings(
            _env_file=None,
            home=tmp_path,
            limits=BOLD,
            strategy=FOUR_FIFTHS_INVESTED,
            response=RESPONSE,
            threats=ThreatSettings(index_drawdowns=(0.5, 0.6, 0.7, 0.8)),
            feeds=FeedSettings(cyber_alert=str(feed)),
        ),
        SPEED,
    )
    running = LocalStack(
        settings=settings,
        home=tmp_path / "home",
        ports=Ports(free_port(), free_port(), free_port()),
        paper_options=("--seed", "7", "--start", f"{DAY}T08:00:00+09:00", "--shock", f"{DAY}T11:00=-0.06"),
        worker_environment={**rehearsal_environment(settings), "DAYBOOK_FEEDS__CYBER_ALERT": str(feed)},
    )
    try:
        running.start()
        yield running
    finally:
        running.stop()


class Person:
    """What a person does during the day, through the front door of the running desk."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.pending: list[str] = []

    def approve(self, code: ActionCode, times: int = 1) -> Callable[[], None]:
        async def act(desk: Desk, threats: ThreatDesk) -> None:
            record = await self._waiting(threats, code)
            found = [one.id async for one in desk.client.list_workflows("WorkflowType='TradingDay' AND Pending=true")]
            self.pending += found
            for number in range(times):
                await threats.decide(record.action_id, granted=True, by=f"person {number}", reason="agreed")

        return lambda: self._run(act)

    def withdraw(self, code: ThreatReasonCode) -> Callable[[], None]:
        async def act(desk: Desk, threats: ThreatDesk) -> None:
            await threats.say_false_alarm(FalseAlarm(by="person", reason="a test of the exchange", codes=(code,)))

        return lambda: self._run(act)

    async def _waiting(self, threats: ThreatDesk, code: ActionCode) -> ActionRecord:
        until = clock_time.monotonic() + 10
        actions: tuple[ActionRecord, ...] = ()
        while clock_time.monotonic() < until:
            actions = (await threats.state()).actions
            for record in actions:
                if record.code is code and record.state is ActionState.WAITING:
                    return record
            await asyncio.sleep(0.1)
        raise AssertionError(f"{code} never waited: {[(one.action_id, one.state, one.text) for one in actions]}")

    def _run(self, act: Callable[[Desk, ThreatDesk], Any]) -> None:
        async def run() -> None:
            desk = await Desk.connect(self._settings)
            await act(desk, ThreatDesk(desk, self._settings.temporal.address))

        asyncio.run(run())


def test_day_when_the_level_jumps_then_the_playbook_acts_is_answered_or_expires_and_a_false_alarm_is_undone(
    stack, feed
):
    days = CompressedDays(stack, SPEED, lambda clock: DayProgress(Console(quiet=True), clock))
    person = Person(stack.client_settings())
    raise_alert = lambda: feed.write_text(json.dumps({"level": "경계"}), encoding="utf-8")  # noqa: E731

    result = days.run(
        DAY,
        [
            MarketEvent(time(11, 15), "a person approves raising cash", person.approve(ActionCode.RAISE_CASH)),
            MarketEvent(time(11, 20), "a person approves the hedge", person.approve(ActionCode.HEDGE)),
            MarketEvent(time(12, 0), "the cyber alert is raised", raise_alert),
            MarketEvent(
                time(13, 30),
                "two people agree, asked again",
                person.approve(ActionCode.TIGHTEN_LIMITS, times=2),
            ),
            MarketEvent(time(14, 10), "the alert was false", person.withdraw(ThreatReasonCode.CYBER_ALERT)),
            MarketEvent(time(14, 40), "the fall was false", person.withdraw(ThreatReasonCode.INDEX_FALL)),
        ],
    )

    assert result.signed_off
    assert days.agreement().holds, days.agreement().text()
    settings = stack.client_settings()
    with Database(settings.ledger_url, read_only=True) as database:
        actions = ResponseActionStore(database).of_day("main", DAY)
        levels = [kept.assessment.level for kept in ThreatStore(database).of_day("main", DAY)]
        sold = [one for one in IntentStore(database).for_day(DAY) if one.ticket.reason == "threat_cash"]
        hedged = [one for one in IntentStore(database).for_day(DAY) if one.ticket.symbol == HEDGE]
        assert AuditLog(database).verify() is None
        evidence = ObjectBook(database, object_store_of(settings.objects, stack.home)).entries(f"day/main/{DAY}")
    by_code = {code: [one.state for one in actions if one.code is code] for code in ActionCode}

    assert levels[0] == 0
    assert max(levels) == 3
    assert levels[-1] == 0
    cash = next(one for one in actions if one.code is ActionCode.RAISE_CASH and one.decisions)
    assert cash.state is ActionState.UNDONE
    assert cash.filled_shares(Side.SELL) == sum(one.filled_shares for one in sold) > 0
    assert {one.ticket.intent_id for one in sold} == set(cash.intent_ids)
    assert all(one.state.is_final for one in sold)
    hedge = next(one for one in actions if one.code is ActionCode.HEDGE and one.decisions)
    wanted = hedge.proposal.payload
    assert isinstance(wanted, OrdersWanted)
    assert not hedge.proposal.blocked
    assert hedge.proposal.level == 3
    assert 0 < wanted.value_krw <= wanted.limit_krw <= RESPONSE.max_hedge_ratio * CASH_KRW
    assert hedge.state is ActionState.UNDONE
    assert [(one.ticket.side, one.ticket.reason) for one in hedged] == [
        (Side.BUY, "threat_hedge"),
        (Side.SELL, "threat_unhedge"),
    ]
    assert {one.ticket.intent_id for one in hedged} == set(hedge.intent_ids)
    assert 0 < hedge.filled_shares(Side.BUY) <= wanted.orders[0].shares
    assert hedge.filled_shares(Side.SELL) == hedge.filled_shares(Side.BUY)
    assert [one.filled_shares for one in hedged] == [hedge.filled_shares(Side.BUY)] * 2
    assert by_code[ActionCode.TIGHTEN_LIMITS][:2] == [ActionState.EXPIRED, ActionState.UNDONE]
    assert ActionState.UNDONE in by_code[ActionCode.NOTIFY]
    assert ActionState.DONE in by_code[ActionCode.SNAPSHOT_EVIDENCE]
    assert any(entry.name.startswith("evidence/") for entry in evidence)
    assert person.pending
    notices = (stack.home / "notices" / f"{DAY}.jsonl").read_text(encoding="utf-8").splitlines()
    assert any("KOSPI at -" in json.loads(line)["text_en"] for line in notices)
    report = (stack.home / result.report_markdown).read_text(encoding="utf-8")
    assert "## Threat level and responses" in report
    for state in (ActionState.DONE, ActionState.UNDONE, ActionState.EXPIRED):
        assert f"**{state.value}**" in report
