"""The exchange's own books, read past every worker: what really exists at the broker."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

from daybook.stack.compressed_day import PAPER_ACCOUNT


@dataclass(frozen=True)
class ExchangeSide:
    """Control endpoints of a paper exchange on loopback."""

    url: str

    def new_orders(self) -> list[dict[str, Any]]:
        """Return every accepted order; requests to cancel or modify one are left out."""
        orders = self._call(f"/paper/orders?account={PAPER_ACCOUNT}")["orders"]
        return [order for order in orders if not order["is_cancel_request"] and not order["is_modify_request"]]

    def account(self) -> dict[str, Any]:
        """Return cash and holdings."""
        return self._call(f"/paper/accounts/{PAPER_ACCOUNT}")

    def shares(self, key: str = "shares") -> dict[str, int]:
        """Return shares (or ``sellable_shares``) by symbol, sold-out symbols left out."""
        return {row["symbol"]: row[key] for row in self.account()["holdings"] if row["shares"]}

    def set_faults(self, rules: list[dict[str, Any]]) -> None:
        """Put fault rules in force."""
        self._call("/paper/faults", {"rules": rules})

    def fired_faults(self) -> list[dict[str, Any]]:
        """Return the rules in force and how often each fired."""
        return self._call("/paper/faults/fired")["rules"]

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.loads(reply.read())
