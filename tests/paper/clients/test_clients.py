"""Third-party KIS clients, unmodified, trade on the paper exchange."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daybook.paper.front import FrontConfig
from daybook.paper.hosting import HostedExchange
from tests.paper.clients.conftest import drive, running_exchange

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

REST_DRIVERS = (
    "python_kis",
    "mojito2",
    "kis_trader_client",
    "kis_agent_client",
    "kis_wrapper_client",
    "finestock_client",
)
STRICT_DRIVERS = {
    "kis_trader_client": set(),
    "mojito2": {"list"},
    "kis_wrapper_client": set(),
    "finestock_client": {"list"},
}
"""Clients that keep to the mock environment, and the steps the real mock host refuses them (open orders)."""
STREAM_DRIVERS = ("python_kis_stream", "mojito2_stream", "kis_trader_stream")
TRADING_STEPS = {"token", "price", "balance", "buy", "list", "cancel"}


@pytest.fixture(scope="module")
def permissive() -> Iterator[tuple[HostedExchange, str]]:
    with running_exchange(FrontConfig(rate_limit=None)) as running:
        yield running


@pytest.fixture(scope="module")
def strict() -> Iterator[tuple[HostedExchange, str]]:
    config = FrontConfig(strict=True, rate_limit=None, accounts=("1234567801",))
    with running_exchange(config) as running:
        yield running


def _report(output: str) -> dict[str, dict[str, Any]]:
    lines = [line for line in output.splitlines() if line.startswith("{")]
    assert lines, output[-2000:]
    report: dict[str, dict[str, Any]] = json.loads(lines[-1])
    return report


def _failures(report: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: step["text"] for name, step in report.items() if not step["ok"]}


def _app_key(name: str) -> str:
    return f"P{name.replace('_', '')}".ljust(36, "x")[:36]


@pytest.mark.parametrize("driver", REST_DRIVERS)
def test_client_when_permissive_then_trades(
    driver: str, client_python: Path, permissive: tuple[HostedExchange, str], tmp_path: Path
) -> None:
    exchange, day = permissive
    report = _report(drive(client_python, driver, exchange, day, _app_key(driver), tmp_path))
    assert set(report) >= TRADING_STEPS
    assert _failures(report) == {}


@pytest.mark.parametrize("driver", sorted(STRICT_DRIVERS))
def test_client_when_strict_mock_then_trades(
    driver: str, client_python: Path, strict: tuple[HostedExchange, str], tmp_path: Path
) -> None:
    exchange, day = strict
    report = _report(drive(client_python, driver, exchange, day, _app_key(driver), tmp_path))
    assert set(report) >= TRADING_STEPS
    assert set(_failures(report)) == STRICT_DRIVERS[driver]


def test_kis_agent_when_strict_mock_then_refused_as_by_the_mock_host(
    client_python: Path, strict: tuple[HostedExchange, str], tmp_path: Path
) -> None:
    exchange, day = strict
    driver = "kis_agent_client"
    report = _report(drive(client_python, driver, exchange, day, _app_key(driver), tmp_path))
    assert report["price"]["ok"]
    assert {"balance", "buy"} <= set(_failures(report))


@pytest.mark.parametrize("driver", STREAM_DRIVERS)
def test_client_stream_when_subscribed_then_receives(
    driver: str, client_python: Path, permissive: tuple[HostedExchange, str], tmp_path: Path
) -> None:
    exchange, day = permissive
    report = _report(drive(client_python, driver, exchange, day, _app_key(driver), tmp_path))
    assert report
    assert _failures(report) == {}


@pytest.mark.parametrize("mode", ["permissive", "strict"])
def test_official_samples_when_pointed_at_the_exchange_then_trade(
    mode: str, client_python: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if not os.environ.get("DAYBOOK_KIS_SAMPLES"):
        pytest.skip("set DAYBOOK_KIS_SAMPLES to a checkout of koreainvestment/open-trading-api")
    exchange, day = request.getfixturevalue(mode)
    app_key = _app_key(f"official{mode}")
    report = _report(drive(client_python, "official_samples", exchange, day, app_key, tmp_path))
    assert set(report) >= TRADING_STEPS
    assert _failures(report) == {}
