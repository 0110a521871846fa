"""The paper exchange's own control endpoints (not KIS): clock, faults, and what it holds of an account."""

import json
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_TIMEOUT_S = 10


@dataclass(frozen=True)
class PaperControl:
    """A paper exchange on loopback."""

    url: str

    def set_clock(self, market_time: datetime, speed: float) -> None:
        """Anchor the exchange's market time at now."""
        self._call("/paper/clock", {"market_time": market_time.isoformat(), "speed": speed})

    def set_faults(self, rules: list[dict[str, Any]]) -> None:
        """Replace the fault rules."""
        self._call("/paper/faults", {"rules": rules})

    def account(self, number: str) -> dict[str, Any]:
        """Return cash and holdings as the exchange itself keeps them."""
        found: dict[str, Any] = self._call(f"/paper/accounts/{number}")
        return found

    def orders(self) -> list[dict[str, Any]]:
        """Return every order of every account."""
        found = self._call("/paper/orders")
        return list(found["orders"] if isinstance(found, dict) else found)

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - loopback, our own process
            self.url + path,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json"},
            method="POST" if body is not None else "GET",
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310
            return json.loads(reply.read() or b"null")
