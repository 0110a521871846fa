"""Which real times belong to a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from daybook.report.decision_facts import SeenDecision
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from daybook.storage.ledger_records import LedgerEntry

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_FAR_AHEAD = datetime.max.replace(tzinfo=UTC)
_DAYS_BACK = 10_000


@dataclass(frozen=True, slots=True)
class DayWindow:
    """Real times of a day: its result counts what happened after ``since``; it ran from ``began`` to ``ended``."""

    since: datetime
    began: datetime
    ended: datetime

    def adjustments(self, entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
        """Return the entries, openings left out, that fall into the day's result."""
        return [entry for entry in entries if entry.kind != "OPENING" and self.since < entry.at <= self.ended]


def day_window(database: Database, account: str, day: date, decisions: Sequence[SeenDecision]) -> DayWindow:
    """Return the day's window. A result counts from the end of the day before; on a first day from the first look."""
    known = DayStore(database).recent(_DAYS_BACK, account=account)
    row = next((record for record in known if record.day == day), None)
    before = next((record for record in known if record.day < day), None)
    began = row.began_at if row else _LONG_AGO
    ended = (row.finished_at if row else None) or _FAR_AHEAD
    if before is not None:
        return DayWindow(before.finished_at or before.phase_at, began, ended)
    return DayWindow(decisions[0].real_time if decisions else ended, began, ended)
