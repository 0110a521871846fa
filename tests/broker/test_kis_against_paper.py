"""The KIS client against the paper exchange over real sockets: the port's contract, faults, and the stream."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import httpx
import pytest

from daybook.broker.kis import KisBroker, KisStream, StreamSettings, build_broker
from daybook.broker.kis.stream_frames import StreamMessage
from daybook.broker.port import BrokerError, BrokerUnavailable, OrderNotSent, OrderOutcomeUnknown, RateLimited
from daybook.contracts.base import KST, Mode, Side
from daybook.contracts.market import BookTick, TradeTick
from daybook.contracts.orders import BrokerOrderId, FillNotice, OrderKind
from daybook.paper.exchange import ExchangeConfig, build_exchange
from daybook.paper.front import FrontConfig
from daybook.paper.hosting import HostedExchange, hosted
from tests.broker.contract import BrokerContract, Venue, resting_price

DAY = date(2026, 11, 20)
SYMBOL = "005930"
ACCOUNT = "1234567801"
FAST = StreamSettings(trades=(SYMBOL,), books=(SYMBOL,), min_backoff_s=0.1, max_backoff_s=0.2)


@pytest.fixture(scope="module")
def exchange() -> Iterator[HostedExchange]:
    engine = build_exchange(
        ExchangeConfig(
            start_market_time=datetime(2026, 11, 20, 10, 0, tzinfo=KST), speed=10, initial_cash_krw=100_000_000
        )
    )
    try:
        with hosted(engine, FrontConfig(rate_limit=None)) as running:
            yield running
    finally:
        engine.close()


@pytest.fixture(scope="module")
def shared_broker(exchange: HostedExchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KisBroker]:
    with build_broker(Mode.PAPER, state_dir=tmp_path_factory.mktemp("kis"), base_url=exchange.mock_url) as broker:
        yield broker


@pytest.fixture
def broker(shared_broker: KisBroker, exchange: HostedExchange) -> Iterator[KisBroker]:
    yield shared_broker
    set_faults(exchange)


@pytest.fixture
def venue() -> Venue:
    return Venue(symbol=SYMBOL, other_symbol="000660", day=DAY)


class TestKisOnPaper(BrokerContract):
    """The port's contract."""


def set_faults(exchange: HostedExchange, *rules: dict[str, Any]) -> None:
    httpx.post(f"{exchange.mock_url}/paper/faults", json=list(rules), trust_env=False).raise_for_status()


def orders_at_exchange(exchange: HostedExchange) -> int:
    answer = httpx.get(f"{exchange.mock_url}/paper/orders?account={ACCOUNT}", trust_env=False)
    return len(answer.raise_for_status().json()["orders"])


def buy(broker: KisBroker, price_krw: int) -> BrokerOrderId:
    return broker.submit(SYMBOL, Side.BUY, 1, OrderKind.LIMIT, price_krw)


@pytest.mark.parametrize(
    ("fault", "expected", "executed"),
    [
        ("accept_then_drop", OrderOutcomeUnknown, 1),
        ("http_500_after_accept", OrderOutcomeUnknown, 1),
        ("egw00301_after_accept", OrderOutcomeUnknown, 1),
        ("truncated_json", OrderOutcomeUnknown, 1),
        ("reset", OrderOutcomeUnknown, 0),
        ("html_502", OrderOutcomeUnknown, 0),
        ("blank_envelope", OrderOutcomeUnknown, 0),
        ("egw00215", OrderOutcomeUnknown, 0),
        ("egw00201", RateLimited, 0),
    ],
)
def test_submit_when_the_exchange_fails_then_the_outcome_is_honest_and_one_post_was_made(
    broker: KisBroker, exchange: HostedExchange, fault: str, expected: type[BrokerError], executed: int
) -> None:
    price = resting_price(broker, SYMBOL)
    before = orders_at_exchange(exchange)
    set_faults(exchange, {"match": {"path": "order"}, "fault": fault})
    with pytest.raises(BrokerError) as caught:
        buy(broker, price)
    assert type(caught.value) is expected
    assert orders_at_exchange(exchange) - before == executed


def test_submit_when_the_reply_is_slow_then_the_outcome_is_unknown(exchange: HostedExchange) -> None:
    with build_broker(Mode.PAPER, state_dir=None, base_url=exchange.mock_url, order_timeout_s=0.2) as broker:
        price = resting_price(broker, SYMBOL)
        before = orders_at_exchange(exchange)
        set_faults(exchange, {"match": {"path": "order"}, "fault": "slow", "seconds": 0.6})
        with pytest.raises(OrderOutcomeUnknown):
            buy(broker, price)
        assert orders_at_exchange(exchange) - before == 1
        set_faults(exchange)


def test_submit_when_the_token_expired_then_it_is_replaced_and_one_order_exists(
    broker: KisBroker, exchange: HostedExchange
) -> None:
    price = resting_price(broker, SYMBOL)
    before = orders_at_exchange(exchange)
    set_faults(exchange, {"match": {"path": "order"}, "fault": "egw00123"})
    assert broker.cancel(buy(broker, price), SYMBOL)
    assert orders_at_exchange(exchange) - before == 2


def test_submit_when_nobody_listens_then_it_was_not_sent() -> None:
    running = subprocess.run(
        [sys.executable, "-c", "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])"],
        capture_output=True,
        text=True,
        check=True,
    )
    with (
        build_broker(Mode.PAPER, state_dir=None, base_url=f"http://127.0.0.1:{running.stdout.strip()}") as broker,
        pytest.raises(OrderNotSent),
    ):
        buy(broker, 100_000)


@pytest.mark.parametrize("fault", ["egw00201", "blank_envelope", "reset", "egw00123"])
def test_reads_when_the_exchange_fails_once_then_they_still_answer(
    broker: KisBroker, exchange: HostedExchange, fault: str
) -> None:
    set_faults(exchange, {"match": {"path": "price"}, "fault": fault})
    assert broker.quote(SYMBOL).price_krw > 0


def test_account_when_rows_are_doubled_then_holdings_are_not(broker: KisBroker, exchange: HostedExchange) -> None:
    broker.submit("035420", Side.BUY, 3, OrderKind.MARKET, 0)
    expected = {holding.symbol: holding.shares for holding in broker.account().holdings}
    assert expected["035420"] >= 3
    set_faults(exchange, {"match": {"path": "balance"}, "fault": "duplicate_balance_row", "times": 0})
    assert {holding.symbol: holding.shares for holding in broker.account().holdings} == expected


@pytest.mark.parametrize("keeps_totals", [False, True])
def test_account_when_the_balance_comes_back_empty_then_it_is_not_flat(
    broker: KisBroker, exchange: HostedExchange, keeps_totals: bool
) -> None:
    broker.submit("035420", Side.BUY, 1, OrderKind.MARKET, 0)
    rule = {"match": {"path": "balance"}, "fault": "empty_balance", "times": 0, "keep_totals": keeps_totals}
    set_faults(exchange, rule)
    with pytest.raises(BrokerUnavailable):
        broker.account()


def test_orders_today_when_the_list_stays_empty_as_in_mock_then_it_is_an_empty_list(
    broker: KisBroker, exchange: HostedExchange
) -> None:
    order = buy(broker, resting_price(broker, SYMBOL))
    set_faults(exchange, {"match": {"path": "ccld"}, "fault": "empty_ccld", "times": 0})
    assert broker.orders_today(DAY) == []
    assert list(broker.open_orders(DAY)) == []
    set_faults(exchange)
    assert broker.cancel(order, SYMBOL)


def until(stream: KisStream, wanted: Callable[[StreamMessage], bool], timeout_s: float = 8.0) -> StreamMessage:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        message = stream.next_message(0.5)
        if message is not None and wanted(message):
            return message
    raise AssertionError("the message did not come")


def is_fill_of(order: BrokerOrderId) -> Callable[[StreamMessage], bool]:
    return lambda message: (
        isinstance(message, FillNotice) and message.is_fill and message.order_number.lstrip("0") == order.key
    )


def test_stream_when_orders_fill_then_notices_trades_and_books_come(broker: KisBroker) -> None:
    with broker.stream(FAST) as stream:
        assert stream.wait_ready(5.0)
        until(stream, lambda message: isinstance(message, TradeTick) and message.symbol == SYMBOL)
        until(stream, lambda message: isinstance(message, BookTick) and bool(message.asks))
        order = broker.submit(SYMBOL, Side.BUY, 2, OrderKind.MARKET, 0)
        notice = until(stream, is_fill_of(order))
        assert isinstance(notice, FillNotice)
        assert (notice.side, notice.symbol) == (Side.BUY, SYMBOL)
        assert stream.dropped == {}


def test_stream_when_a_notice_is_sent_twice_then_both_have_one_digest(
    broker: KisBroker, exchange: HostedExchange
) -> None:
    with broker.stream(FAST) as stream:
        assert stream.wait_ready(5.0)
        set_faults(exchange, {"match": {"path": "notice"}, "fault": "duplicate_notice", "times": 0})
        order = broker.submit(SYMBOL, Side.BUY, 1, OrderKind.MARKET, 0)
        first, second = (until(stream, is_fill_of(order)) for _ in range(2))
        assert isinstance(first, FillNotice)
        assert isinstance(second, FillNotice)
        assert first.digest == second.digest


def test_stream_when_the_connection_is_cut_then_it_comes_back(broker: KisBroker, exchange: HostedExchange) -> None:
    with broker.stream(FAST) as stream:
        assert stream.wait_ready(5.0)
        set_faults(exchange, {"match": {"path": "frame"}, "fault": "ws_drop"})
        broker.submit(SYMBOL, Side.BUY, 1, OrderKind.MARKET, 0)
        deadline = time.monotonic() + 5
        while stream.reconnects == 0 and time.monotonic() < deadline:
            stream.next_message(0.1)
        assert stream.reconnects >= 1
        assert stream.wait_ready(5.0)
        order = broker.submit(SYMBOL, Side.BUY, 1, OrderKind.MARKET, 0)
        until(stream, is_fill_of(order))


def test_command_when_served_in_a_process_then_the_client_finds_its_way() -> None:
    code = (
        "from daybook.paper.command import serve\nfrom daybook.paper.options import ServeConfig\n"
        "serve(ServeConfig(port=0, start='2026-11-20T10:00:00+09:00', rate_limit='off'))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"mock (\S+)", process.stdout.readline())
        assert found is not None
        with build_broker(Mode.PAPER, state_dir=None, base_url=found[1]) as broker:
            order = buy(broker, resting_price(broker, SYMBOL))
            assert [one.id.key for one in broker.orders_today(DAY)] == [order.key]
            assert broker.cancel(order, SYMBOL)
    finally:
        process.terminate()
        process.communicate(timeout=15)
