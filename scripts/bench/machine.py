"""What a benchmark ran on."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from daybook.stack.temporal_server import temporal_binary


@dataclass(frozen=True)
class Machine:
    """The machine and the versions."""

    measured_at: str
    cpu_model: str
    cores: int
    python: str
    temporal_sdk: str
    temporal_server: str
    kernel: str

    @classmethod
    def here(cls) -> "Machine":
        """Describe this machine."""
        server = subprocess.run([str(temporal_binary()), "--version"], capture_output=True, text=True, check=True)
        return cls(
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
            cpu_model=_cpu_model(),
            cores=os.cpu_count() or 0,
            python=platform.python_version(),
            temporal_sdk=version("temporalio"),
            temporal_server=server.stdout.strip(),
            kernel=f"{platform.system()} {platform.release()}",
        )


def load_average() -> tuple[float, float, float]:
    """Return the load averages of 1, 5 and 15 minutes."""
    return os.getloadavg()


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()
