"""Decides at each crash point whether the process dies now, and remembers on disk where it died."""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PLAN_VARIABLE = "CHAOS_PLAN"


@dataclass(frozen=True)
class CrashPlan:
    """Where to die how often, by a seed.

    Each process lives for a time drawn from ``life_s`` (real seconds) after the injector was switched on. Then it dies
    at the next point that was not yet hit as often as ``wanted`` says, or at any other with the chance ``further``.
    """

    folder: Path
    seed: int
    life_s: tuple[float, float]
    wanted: Mapping[str, int]
    further: float = 0.001

    def write(self) -> Path:
        """Keep the plan where the worker reads it; returns its path."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "plan.json"
        path.write_text(json.dumps([self.seed, self.life_s, dict(self.wanted), self.further]))
        return path

    @classmethod
    def read(cls, path: Path) -> "CrashPlan":
        """Return the plan that ``write`` kept."""
        seed, life_s, wanted, further = json.loads(path.read_text())
        return cls(path.parent, seed, tuple(life_s), wanted, further)

    @property
    def switch(self) -> Path:
        """The file that lets the injector kill while it exists."""
        return self.folder / "on"

    def kills(self) -> Counter[str]:
        """Return how often a process died at each point so far."""
        try:
            return Counter((self.folder / "kills.log").read_text().split())
        except FileNotFoundError:
            return Counter()

    @property
    def missing(self) -> dict[str, int]:
        """How many deaths are wanted still, by point."""
        kills = self.kills()
        return {point: times - kills[point] for point, times in self.wanted.items() if kills[point] < times}


class CrashInjector:
    """Kills its own process with SIGKILL at the points of a plan. Called from all threads."""

    def __init__(self, plan: CrashPlan) -> None:
        self._plan = plan
        self._kills = plan.kills()
        self._random = random.Random(f"{plan.seed}-{self._kills.total()}")
        self._life_s = self._random.uniform(*plan.life_s)
        self._lives_from: float | None = None
        self._lock = threading.Lock()

    def at(self, point: str) -> None:
        """The process is at a point: return, or never return."""
        with self._lock:
            if not self._plan.switch.exists():
                self._lives_from = None
                return
            if self._lives_from is None:
                self._lives_from = time.monotonic()
            if time.monotonic() - self._lives_from < self._life_s or point not in self._plan.wanted:
                return
            is_wanted = self._kills[point] < self._plan.wanted[point]
            if is_wanted or self._random.uniform(0, 1) < self._plan.further:
                self._die(point)

    def _die(self, point: str) -> None:
        log = os.open(self._plan.folder / "kills.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(log, f"{point}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)
