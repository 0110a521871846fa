"""The whole desk on this machine: Temporal, the paper exchange, four workers, each in its own process."""

import os
import random
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from daybook.contracts.base import Mode
from daybook.front.located import SERVER_DATABASE
from daybook.settings import ConfigurationError, Settings
from daybook.stack.processes import ManagedProcess, Supervisor
from daybook.stack.temporal_server import server_command

LAYERS = ("control", "sandbox", "pipeline", "trading")
_SECRET_MARKS = ("KEY", "SECRET", "TOKEN", "PASSWORD", "ACCOUNT", "DATABASE_URL")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "SSL_CERT_FILE")
_READY_WITHIN_S = 60.0
_QUIET_PORTS = (15_000, 32_000)
"""Below the range from which systems take ports of outgoing connections, so that none of those takes it meanwhile."""
_TRIES = 200


def free_port(preferred: int = 0) -> int:
    """Return ``preferred`` when nothing listens there, else any free loopback port."""
    chance = random.SystemRandom()
    wanted = [preferred] if preferred else []
    for port in (*wanted, *(chance.randint(*_QUIET_PORTS) for _ in range(_TRIES)), 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ConfigurationError("no free port on loopback")


@dataclass(frozen=True)
class Ports:
    """Loopback ports of one stack."""

    temporal: int
    ui: int
    paper: int

    @classmethod
    def choose(cls) -> "Ports":
        """Return the usual ports where they are free, else others."""
        return cls(temporal=free_port(7233), ui=free_port(8233), paper=free_port(29443))


@dataclass
class LocalStack:
    """Starts and stops the desk's processes.

    Args:
        settings: the desk's settings; each process gets only its layer's share.
        home: where everything is kept.
        ports: loopback ports.
        paper_options: further options of ``daybook paper serve``; None starts no paper exchange.
        worker_environment: further environment of the workers.
    """

    settings: Settings
    home: Path
    ports: Ports
    paper_options: Sequence[str] | None = ()
    worker_environment: dict[str, str] = field(default_factory=dict)
    on_restart: Callable[[ManagedProcess], None] | None = None

    def __post_init__(self) -> None:
        self.home = self.home.resolve()
        self.supervisor = Supervisor(self.on_restart)

    @property
    def temporal_address(self) -> str:
        """Where clients connect."""
        return f"127.0.0.1:{self.ports.temporal}"

    @property
    def ui_url(self) -> str:
        """The Temporal Web UI."""
        return f"http://127.0.0.1:{self.ports.ui}"

    @property
    def paper_url(self) -> str:
        """The paper exchange."""
        return f"http://127.0.0.1:{self.ports.paper}"

    def client_settings(self) -> Settings:
        """Return the settings of a client of this stack."""
        temporal = self.settings.temporal.model_copy(update={"address": self.temporal_address, "ui_url": self.ui_url})
        return self.settings.model_copy(update={"home": self.home, "temporal": temporal, "paper_url": self.paper_url})

    def start(self) -> None:
        """Start everything and wait until server and exchange answer.

        Raises:
            ConfigurationError: when a part does not come up, with the last line of its log.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        self._start("temporal", server_command(self.home / SERVER_DATABASE, self.ports.temporal, self.ports.ui))
        if self.paper_options is not None and self.settings.mode is Mode.PAPER:
            self._start(
                "paper",
                [
                    sys.executable,
                    "-m",
                    "daybook.cli",
                    "paper",
                    "serve",
                    "--port",
                    str(self.ports.paper),
                    "--journal",
                    str(self.home / "paper.jsonl"),
                    "--rate-limit",
                    "off",
                    *self.paper_options,
                ],
            )
            self.wait_for_paper()
        self.wait_for_temporal()
        for layer in LAYERS:
            self._start(layer, [sys.executable, "-m", f"workers.{layer}"])

    def _start(self, name: str, command: Sequence[str]) -> None:
        self.supervisor.start(
            ManagedProcess(
                name=name,
                command=command,
                environment=self.environment_of(name),
                log_path=self.home / "logs" / f"{name}.log",
            )
        )

    def environment_of(self, name: str) -> dict[str, str]:
        """Return a process's environment: where things are, and its own layer's secrets only."""
        environment = {key: value for key, value in os.environ.items() if key in _KEPT}
        environment |= {
            key: value
            for key, value in os.environ.items()
            if key.startswith("DAYBOOK_") and not any(mark in key.upper() for mark in _SECRET_MARKS)
        }
        environment |= {
            "DAYBOOK_HOME": str(self.home),
            "DAYBOOK_MODE": self.settings.mode.value,
            "DAYBOOK_TEMPORAL__ADDRESS": self.temporal_address,
            "DAYBOOK_TEMPORAL__CONNECT_TIMEOUT_S": "60",
            "DAYBOOK_PAPER_URL": self.paper_url,
            "PYTHONUNBUFFERED": "1",
        }
        if name in ("trading", "pipeline") and self.settings.database_url.get_secret_value():
            environment["DAYBOOK_DATABASE_URL"] = self.settings.database_url.get_secret_value()
        if name == "trading":
            environment |= self._kis_environment()
        if name in LAYERS:
            environment |= self.worker_environment
        return environment

    def _kis_environment(self) -> dict[str, str]:
        kis = self.settings.kis
        if self.settings.mode is Mode.PAPER:
            return {}
        prefix = "mock_" if self.settings.mode is Mode.MOCK else ""
        values = {
            name: getattr(kis, f"{prefix}{name}").get_secret_value() for name in ("app_key", "app_secret", "account")
        }
        values["hts_id"] = getattr(kis, f"{prefix}hts_id")
        environment = {f"DAYBOOK_KIS__{prefix}{name}".upper(): value for name, value in values.items() if value}
        if kis.config_file is not None:
            environment["DAYBOOK_KIS__CONFIG_FILE"] = str(kis.config_file.resolve())
        if kis.new_key_until is not None:
            environment["DAYBOOK_KIS__NEW_KEY_UNTIL"] = kis.new_key_until.isoformat()
        if self.settings.live_trading_enabled:
            environment["DAYBOOK_LIVE_TRADING_ENABLED"] = "true"
        return environment

    def wait_for_temporal(self) -> None:
        """Wait until the Web UI's health answers, which is after the server's own start."""
        self._wait_for("temporal", f"{self.ui_url}/healthz", self.ports.temporal)

    def wait_for_paper(self) -> None:
        """Wait until the paper exchange answers."""
        self._wait_for("paper", f"{self.paper_url}/paper/health", self.ports.paper)

    def _wait_for(self, name: str, url: str, port: int) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        process = next(entry for entry in self.supervisor.processes if entry.name == name)
        while time.monotonic() < deadline:
            if process.refused:
                raise ConfigurationError(f"{name} did not start: {process.last_line()}")
            if _answers(url) and _listens(port):
                return
            time.sleep(0.1)
        raise ConfigurationError(f"{name} did not answer within {_READY_WITHIN_S:.0f} s: {process.last_line()}")

    def stop(self) -> None:
        """Stop everything this stack started."""
        self.supervisor.stop()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as reply:  # noqa: S310 - loopback, our own process
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
