"""Chance that repeats: every source of randomness Python scripts use, seeded from the run.

A forked child would otherwise share numpy's state with all its siblings, and differ from its own next turn.
"""

import hashlib
import os
import random
import sys
import uuid
from typing import Any, Final

FIXED_NODE: Final = 0x02_00_00_00_00_00


class SeededBytes:
    """An endless stream of bytes from a seed (SHA-256 in counter mode)."""

    def __init__(self) -> None:
        self._key = b""
        self._counter = 0

    def restart(self, seed: int) -> None:
        """Begin again from this seed."""
        self._key = hashlib.sha256(f"script randomness {seed}".encode()).digest()
        self._counter = 0

    def __call__(self, size: int) -> bytes:
        """The next bytes."""
        if size < 0:
            raise ValueError("negative argument not allowed")
        parts = []
        for _ in range(0, size, 32):
            parts.append(hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest())
            self._counter += 1
        return b"".join(parts)[:size]


class Randomness:
    """random, numpy.random, uuid, secrets and os.urandom of this process, from one seed."""

    def __init__(self) -> None:
        self._stream = SeededBytes()

    def install(self) -> None:
        """Replace the sources, for good; ``start`` seeds them."""
        stream = self._stream
        system: Any = os
        system.urandom = stream
        system.getrandom = lambda size, flags=0: stream(size)
        module: Any = random
        module._urandom = stream
        seed_from = random.Random.seed

        def seed_or_next(self: random.Random, a: Any = None, version: int = 2) -> None:
            seed_from(self, int.from_bytes(stream(32), "big") if a is None else a, version)

        random.Random.seed = seed_or_next  # type: ignore[method-assign]
        module.seed = module._inst.seed
        identity: Any = uuid
        identity._generate_time_safe = None
        identity._UuidCreate = None
        identity.getnode = lambda: FIXED_NODE

    def start(self, seed: int) -> None:
        """Every source begins from this seed."""
        self._stream.restart(seed)
        random.seed(seed)
        numpy_random = sys.modules.get("numpy.random")
        if numpy_random is not None:
            numpy_random.seed(seed % 2**32)
