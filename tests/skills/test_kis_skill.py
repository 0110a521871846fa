"""The trading layer's read tools, over a bench and over the paper exchange."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from daybook.broker.kis import build_broker
from daybook.contracts.base import KST, Mode, Side
from daybook.contracts.clock import MarketClock
from daybook.contracts.limits import RiskLimits
from daybook.contracts.market import OrderBook, OrderBookLevel
from daybook.contracts.orders import OrderKind
from daybook.contracts.tools import ToolRequest, ToolStatus
from daybook.execution.account_view import AccountView
from daybook.execution.desk import ExecutionDesk
from daybook.execution.kill_switch import KillSwitch
from daybook.paper.exchange import ExchangeConfig, build_exchange
from daybook.paper.front import FrontConfig
from daybook.paper.hosting import hosted
from daybook.skills.running import run_tool
from daybook.skills.trading.kis import BrokerReads
from daybook.storage.database import Database
from tests.execution.bench import Bench, BenchMaker
from tests.execution.conftest import _migrated as _migrated
from tests.execution.conftest import _prepared as _prepared
from tests.execution.conftest import bench as bench
from tests.execution.conftest import database as database
from tests.execution.conftest import make_bench as make_bench
from tests.execution.tool_desk import SPECS, reply_of, value_of
from tests.risk import facts

ACCOUNT = "1234567801"


def test_quote_when_asked_then_the_change_is_against_the_base_price(bench: Bench) -> None:
    value = value_of(bench, "quote", symbol=facts.BOUGHT)
    assert (value["price_krw"], value["change_krw"], value["change_ratio"]) == (70_000, 1_000, 0.0145)
    assert (value["ask_krw"], value["bid_krw"], value["sector"]) == (70_100, 70_000, "전기·전자")


def test_quote_when_there_is_no_base_price_then_the_change_is_not_guessed(bench: Bench) -> None:
    bench.broker.quotes[facts.BOUGHT] = facts.quote(base_price_krw=0)
    value = value_of(bench, "quote", symbol=facts.BOUGHT)
    assert (value["change_krw"], value["change_ratio"]) == (None, None)


def test_order_book_when_one_side_is_empty_then_there_is_no_spread(bench: Bench) -> None:
    level = OrderBookLevel(price_krw=70_100, shares=5)
    bench.broker.order_book = lambda symbol: OrderBook(symbol=symbol, asks=(level,), bids=())
    value = value_of(bench, "order_book", symbol=facts.BOUGHT)
    assert (value["asks"], value["spread_krw"]) == ([{"price_krw": 70_100, "shares": 5}], None)


def test_daily_bars_when_the_broker_has_none_then_no_data(bench: Bench) -> None:
    assert reply_of(bench, "daily_bars", symbol="999999").status is ToolStatus.NO_DATA


@pytest.mark.parametrize("count", [0, 121])
def test_daily_bars_when_the_count_is_out_of_range_then_the_broker_is_not_asked(bench: Bench, count: int) -> None:
    assert reply_of(bench, "daily_bars", symbol=facts.BOUGHT, count=count).status is ToolStatus.BAD_ARGUMENTS
    assert "daily_bars" not in bench.broker.calls


def test_account_balance_when_shares_are_held_then_profit_and_equity_add_up(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold(shares=10, price_krw=40_000)
    bench.prepare()
    value = value_of(bench, "account_balance")
    (position,) = value["positions"]
    assert (position["value_krw"], position["profit_krw"], position["profit_ratio"]) == (500_000, 100_000, 0.25)
    assert value["equity_krw"] == value["cash_krw"] + value["positions_krw"] == 10_500_000
    assert (value["unrealised_profit_krw"], value["realised_today_krw"]) == (100_000, 0)


def test_account_balance_when_a_position_was_sold_today_then_its_booked_result_shows(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold(shares=10, price_krw=40_000)
    bench.prepare()
    ours = bench.place(bench.sell())
    bench.broker.trade(ours.order.key, 10, 50_000)
    bench.booking.poll(ours)
    value = value_of(bench, "account_balance")
    assert (value["positions"], value["realised_today_krw"]) == ([], 100_000 - 70 - 1_000)


def test_tools_when_a_run_stands_in_the_past_then_the_present_account_is_refused(bench: Bench) -> None:
    request = ToolRequest(tool="account_balance", run_id="t", as_of=datetime(2026, 3, 2, tzinfo=KST))
    reply = asyncio.run(run_tool(SPECS["account_balance"], request, {BrokerReads: AccountView(bench.desk)}))
    assert reply.status is ToolStatus.REFUSED


@pytest.fixture(scope="module")
def paper_desk(_migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExecutionDesk]:
    folder = tmp_path_factory.mktemp("paper")
    start = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
    engine = build_exchange(ExchangeConfig(start_market_time=start, speed=10, initial_cash_krw=10_000_000))
    try:
        with (
            hosted(engine, FrontConfig(rate_limit=None)) as exchange,
            build_broker(Mode.PAPER, state_dir=folder, base_url=exchange.mock_url) as broker,
            Database(f"sqlite:///{_migrated}") as opened,
        ):
            yield ExecutionDesk("main", Mode.PAPER, broker, opened, KillSwitch(folder / "HALT"), RiskLimits())
    finally:
        engine.close()


async def ask(desk: ExecutionDesk, tool: str, **arguments: Any) -> Any:
    clock_day = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
    clock = MarketClock(real_anchor=desk.real_now(), market_anchor=clock_day, speed=1)
    request = ToolRequest(tool=tool, arguments=arguments, run_id="test")
    reply = await run_tool(SPECS[tool], request, {BrokerReads: AccountView(desk, lambda: clock)})
    assert (reply.status, reply.message) == (ToolStatus.OK, "")
    assert ACCOUNT not in json.dumps(reply.model_dump(mode="json"))
    assert ACCOUNT[:8] not in json.dumps(reply.model_dump(mode="json"))
    return reply.value


async def test_tools_when_the_paper_exchange_answers_then_each_gives_its_value_and_no_account_number(
    paper_desk: ExecutionDesk,
) -> None:
    seen = await ask(paper_desk, "quote", symbol="005930")
    assert seen["lower_limit_krw"] < seen["price_krw"] < seen["upper_limit_krw"]
    book = await ask(paper_desk, "order_book", symbol="005930")
    assert (len(book["asks"]), len(book["bids"])) == (10, 10)
    assert book["spread_krw"] > 0
    bars = await ask(paper_desk, "daily_bars", symbol="005930", count=30)
    assert len(bars) == 30
    assert bars == sorted(bars, key=lambda bar: bar["day"])
    resting = paper_desk.broker.submit("005930", Side.BUY, 3, OrderKind.LIMIT, seen["lower_limit_krw"])
    paper_desk.broker.submit("000660", Side.BUY, 1, OrderKind.MARKET, 0)
    (working,) = await ask(paper_desk, "open_orders")
    assert (working["order"], working["remaining_shares"]) == (resting.key, 3)
    (fill,) = await ask(paper_desk, "todays_fills")
    assert (fill["symbol"], fill["shares"]) == ("000660", 1)
    balance = await ask(paper_desk, "account_balance")
    assert [position["symbol"] for position in balance["positions"]] == ["000660"]
    assert balance["equity_krw"] == pytest.approx(10_000_000, rel=0.01)
