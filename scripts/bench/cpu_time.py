"""CPU time of other processes, from ``/proc``; it says more than latency where others use the machine too."""

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Return user and system time a process has used, in seconds.

    Raises:
        OSError: when there is no such process.
    """
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


class CpuMeter:
    """Adds up the CPU time of named processes over the stretches in which it runs."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._began: dict[str, float] = {}
        self.used_s: dict[str, float] = defaultdict(float)

    def __enter__(self) -> "CpuMeter":
        self._began = {name: cpu_s(pid) for name, pid in self._pids.items()}
        return self

    def __exit__(self, *_: object) -> None:
        for name, pid in self._pids.items():
            self.used_s[name] += cpu_s(pid) - self._began[name]
