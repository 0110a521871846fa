"""Live and mock clients on the paper exchange's strict listeners: below the lock, requests are carried to loopback."""

from collections.abc import Iterator
from datetime import date, datetime

import httpx
import pytest
from pydantic import SecretStr

from daybook.broker.kis import KisBroker, build_broker
from daybook.broker.port import BrokerConfigurationError
from daybook.contracts.base import KST, Mode, Side
from daybook.contracts.orders import OrderKind
from daybook.paper.exchange import ExchangeConfig, build_exchange
from daybook.paper.front import FrontConfig
from daybook.paper.hosting import hosted
from tests.broker.contract import resting_price
from tests.broker.fake_kis import credentials

DAY = date(2026, 11, 20)
SYMBOL = "005930"


class Carrier(httpx.BaseTransport):
    """Takes requests that passed the lock to a listener on loopback instead of their official host."""

    def __init__(self, url: str) -> None:
        self._url = httpx.URL(url)
        self._network = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.copy_with(scheme="http", host=self._url.host, port=self._url.port)
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"host"]
        carried = httpx.Request(
            request.method, target, headers=headers, content=request.read(), extensions=request.extensions
        )
        return self._network.handle_request(carried)

    def close(self) -> None:
        self._network.close()


@pytest.fixture(scope="module")
def brokers() -> Iterator[dict[Mode, KisBroker]]:
    engine = build_exchange(ExchangeConfig(start_market_time=datetime(2026, 11, 20, 10, 0, tzinfo=KST)))
    owner = credentials().model_copy(update={"account_number": SecretStr("12345678")})
    config = FrontConfig(strict=True, rate_limit=None, one_token_per_minute=False)
    try:
        with hosted(engine, config) as running:
            live = build_broker(Mode.LIVE, owner, state_dir=None, inner=Carrier(running.real_url))
            mock = build_broker(
                Mode.MOCK,
                owner.model_copy(update={"mode": Mode.MOCK}),
                state_dir=None,
                inner=Carrier(running.mock_url),
                rest_per_second=None,
            )
            # KIS allows mock one call a second; the strict listener's own limit is off.
            mock._trading._gateway._limiter._policy = live._trading._gateway._limiter._policy
            with live, mock:
                yield {Mode.LIVE: live, Mode.MOCK: mock}
    finally:
        engine.close()


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.MOCK])
def test_order_when_sent_with_the_ids_of_a_mode_then_the_strict_listener_serves_it(
    brokers: dict[Mode, KisBroker], mode: Mode
) -> None:
    broker = brokers[mode]
    price = resting_price(broker, SYMBOL)
    order = broker.submit(SYMBOL, Side.BUY, 2, OrderKind.LIMIT, price)
    changed = broker.modify(order, SYMBOL, 2, price + 1000)
    (found,) = broker.open_orders(DAY)
    assert (found.id.key, found.remaining_shares, found.limit_price_krw) == (changed.key, 2, price + 1000)
    assert found.original_number.lstrip("0") == order.key
    assert broker.cancel(changed, SYMBOL)
    assert not broker.cancel(changed, SYMBOL)
    assert broker.open_orders(DAY) == []
    assert broker.account().settled_cash_krw > 0
    assert broker.index("0001").level > 0


def test_services_when_live_offers_more_than_mock_then_each_mode_says_so(brokers: dict[Mode, KisBroker]) -> None:
    live, mock = brokers[Mode.LIVE], brokers[Mode.MOCK]
    assert len(live.top_turnover(5)) == 5
    assert live.is_market_open_day(DAY) is True
    assert len(live.minute_bars(SYMBOL, date(2026, 11, 19))) > 300
    assert len(mock.minute_bars(SYMBOL, DAY)) > 30
    assert mock.is_market_open_day(DAY) is None
    with pytest.raises(BrokerConfigurationError):
        mock.top_turnover(5)
