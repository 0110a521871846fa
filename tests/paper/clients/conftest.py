"""The clients' own environment and an exchange they can reach."""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from daybook.contracts.base import KST
from daybook.krx.calendar import previous_trading_day
from daybook.paper.exchange import ExchangeConfig, build_exchange
from daybook.paper.front import FrontConfig
from daybook.paper.hosting import HostedExchange, hosted

REQUIREMENTS = Path(__file__).parents[3] / "requirements" / "clients.in"
INSTALL_TIMEOUT_S = 600
SPEED = 10.0


@pytest.fixture(scope="session")
def client_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of the clients' environment: DAYBOOK_CLIENTS_VENV, or one built for this run."""
    known = os.environ.get("DAYBOOK_CLIENTS_VENV")
    folder = Path(known) if known else tmp_path_factory.mktemp("clients") / "venv"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS],
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_S,
        check=False,
    )
    if installed.returncode != 0:
        pytest.skip(f"the clients cannot be installed: {installed.stderr.strip().splitlines()[-1]}")
    return python


@contextmanager
def running_exchange(config: FrontConfig) -> Iterator[tuple[HostedExchange, str]]:
    """Serve an exchange in the morning of the last trading day, and name that day.

    The day is recent because clients choose services by their own clock (orders of the last three months).
    """
    today = datetime.now(KST).date()
    day = previous_trading_day(today + timedelta(days=1))
    start = datetime.combine(day, time(10, 30), tzinfo=KST)
    engine = build_exchange(ExchangeConfig(start_market_time=start, speed=SPEED))
    try:
        with hosted(engine, config) as exchange:
            yield exchange, day.strftime("%Y%m%d")
    finally:
        engine.close()


def drive(python: Path, driver: str, exchange: HostedExchange, day: str, app_key: str, scratch: Path) -> str:
    """Run one driver and return what it printed; its last line is the report."""
    drivers = Path(__file__).parent / "drivers"
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(scratch),
        "PYTHONIOENCODING": "utf-8",
        "DAYBOOK_MOCK_URL": exchange.mock_url,
        "DAYBOOK_REAL_URL": exchange.real_url,
        "DAYBOOK_MARKET_DAY": day,
        "DAYBOOK_SCRATCH": str(scratch),
        "DAYBOOK_APP_KEY": app_key,
        "DAYBOOK_KIS_SAMPLES": os.environ.get("DAYBOOK_KIS_SAMPLES", ""),
    }
    done = subprocess.run(
        [python, f"{driver}.py"],
        cwd=drivers,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    print(done.stderr, file=sys.stderr)
    return done.stdout
