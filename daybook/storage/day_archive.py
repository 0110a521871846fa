"""A closed day in the object store: its quotes, its orders and its report, as files anybody can read."""

import gzip
import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from pydantic_core import to_jsonable_python

from daybook.contracts.collection import ArchiveDay, DayArchived
from daybook.contracts.objects import ObjectKind
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.decisions import DecisionStore
from daybook.storage.intents import IntentStore
from daybook.storage.ledger import Ledger
from daybook.storage.object_book import ObjectBook


def packed_lines(rows: Iterable[Any]) -> bytes:
    """Return records as gzipped JSON lines; equal records give equal bytes, since no time of packing is written."""
    lines = (
        json.dumps(to_jsonable_python(row), ensure_ascii=False, sort_keys=True, separators=(",", ":")) for row in rows
    )
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


class DayArchive:
    """Keeps days under ``day/{account}/{day}``."""

    def __init__(self, database: Database, home: Path, book: ObjectBook) -> None:
        self._database = database
        self._home = home
        self._book = book

    def keep(self, request: ArchiveDay) -> DayArchived:
        """Put a day into the object store; repeating it keeps the same objects under the same names.

        Raises:
            ObjectStoreError: when the object store refuses.
        """
        owner = f"day/{request.account}/{request.day.isoformat()}"
        refs = {
            **self._book.keep(owner, self._orders(request.account, request.day), ObjectKind.ORDERS),
            **self._book.keep(owner, self._quotes(request.account, request.day), ObjectKind.QUOTES),
            **self._book.keep(owner, self._report(request.report_markdown), ObjectKind.REPORT),
        }
        return DayArchived(objects=len(refs), size_bytes=sum(ref.size_bytes for ref in refs.values()))

    def _orders(self, account: str, day: date) -> dict[str, bytes]:
        intents = IntentStore(self._database)
        of_day = intents.for_day(day, account=account)
        ledger = Ledger(self._database)
        return {
            "intents.jsonl.gz": packed_lines(of_day),
            "attempts.jsonl.gz": packed_lines(
                attempt for intent in of_day for attempt in intents.attempts(intent.ticket.intent_id)
            ),
            "fills.jsonl.gz": packed_lines(ledger.fills(day, account=account)),
            "equity.jsonl.gz": packed_lines(ledger.equity_points(day, account=account)),
        }

    def _quotes(self, account: str, day: date) -> dict[str, bytes]:
        """Return what the day's prices were: the bars, and the quotes each decision was made on."""
        bars = BarStore(self._database)
        traded = sorted({fill.symbol for fill in Ledger(self._database).fills(day, account=account)})
        decisions = DecisionStore(self._database).for_day(day)
        return {
            "daily_bars.jsonl.gz": packed_lines(
                bar for symbol in bars.symbols() for bar in bars.daily(symbol, day, day)
            ),
            "minute_bars.jsonl.gz": packed_lines(bar for symbol in traded for bar in bars.minutes(symbol, day)),
            "decisions.jsonl.gz": packed_lines(decisions),
        }

    def _report(self, markdown: str) -> dict[str, bytes]:
        folder = (self._home / markdown).parent if markdown else None
        if folder is None or not folder.is_dir():
            return {}
        return {f"report/{path.name}": path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
