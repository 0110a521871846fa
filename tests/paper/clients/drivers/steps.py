"""What every driver shares: where the exchange is, and how a driver reports its steps.

Drivers run in the clients' own environment, so this module uses the standard library only.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

MOCK_URL = os.environ["DAYBOOK_MOCK_URL"]
REAL_URL = os.environ["DAYBOOK_REAL_URL"]
WS_URL = MOCK_URL.replace("http", "ws", 1)
MARKET_DAY = os.environ["DAYBOOK_MARKET_DAY"]
SCRATCH = os.environ["DAYBOOK_SCRATCH"]
APP_KEY, APP_SECRET = os.environ["DAYBOOK_APP_KEY"], "s" * 180
ACCOUNT = "12345678-01"
SYMBOL = "005930"


class Steps:
    """Runs named steps and remembers what each gave, or how it failed."""

    def __init__(self) -> None:
        self.results: dict[str, Any] = {}

    def run(self, name: str, action: Callable[[], Any]) -> Any:
        """Run one step; later steps run even if it fails."""
        try:
            value = action()
        except Exception as error:  # noqa: BLE001
            traceback.print_exc(file=sys.stderr)
            self.results[name] = {"ok": False, "text": f"{type(error).__name__}: {error}"}
            return None
        self.results[name] = {"ok": bool(value), "text": str(value)[:200]}
        return value

    def report(self) -> None:
        """Print the results as the last line."""
        print("\n" + json.dumps(self.results, ensure_ascii=False), flush=True)
        os._exit(0)  # clients leave threads behind
