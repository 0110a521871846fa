from collections.abc import Iterator
from itertools import count

import pytest

from daybook.paper.front import FrontConfig
from daybook.paper.hosting import HostedExchange
from tests.paper.front.kis_caller import KisCaller, calling, serving

_ACCOUNT_NUMBERS = count(20_000_000)


@pytest.fixture(scope="module")
def exchange() -> Iterator[HostedExchange]:
    """A permissive exchange for tests that leave nothing behind that others see."""
    with serving() as running:
        yield running


@pytest.fixture
def caller(exchange: HostedExchange) -> Iterator[KisCaller]:
    with calling(exchange.mock_url) as authorized:
        yield authorized


@pytest.fixture(scope="module")
def strict_exchange() -> Iterator[HostedExchange]:
    config = FrontConfig(strict=True, rate_limit=None, one_token_per_minute=False)
    with serving(config) as running:
        yield running


@pytest.fixture
def mock(strict_exchange: HostedExchange) -> Iterator[KisCaller]:
    with calling(strict_exchange.mock_url, "m" * 36) as authorized:
        yield authorized


@pytest.fixture
def real(strict_exchange: HostedExchange) -> Iterator[KisCaller]:
    with calling(strict_exchange.real_url, "r" * 36) as authorized:
        yield authorized


@pytest.fixture
def fresh(exchange: HostedExchange) -> Iterator[KisCaller]:
    """A caller with an account and an app key of its own."""
    number = next(_ACCOUNT_NUMBERS)
    with calling(exchange.mock_url, f"fresh{number}".ljust(36, "x"), f"{number:08d}01") as authorized:
        yield authorized


@pytest.fixture
def alone() -> Iterator[KisCaller]:
    """A caller of an exchange of its own, to inject faults into."""
    with serving() as running, calling(running.mock_url) as authorized:
        yield authorized


@pytest.fixture
def exchange_url(exchange: HostedExchange) -> str:
    return exchange.mock_url
