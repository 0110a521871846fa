"""Trading days: begun, in a phase, finished with a summary and a report."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.base import Mode
from daybook.storage.audit import SYSTEM, append_audit
from daybook.storage.canonical import Json, canonical_json, json_text
from daybook.storage.errors import RecordConflict, RecordNotFound
from daybook.storage.store import Store, clipped
from daybook.storage.tables.desk import trading_days


@dataclass(frozen=True, slots=True)
class DayRecord:
    """One account's trading day; ``summary`` is canonical JSON, None until it is finished."""

    day: date
    account: str
    mode: Mode
    session_kind: str
    phase: str
    began_at: datetime
    phase_at: datetime
    finished_at: datetime | None
    summary: str | None
    report_path: str
    universe: str | None = None

    @property
    def universe_symbols(self) -> tuple[str, ...]:
        """The symbols chosen for the day; empty until they are."""
        return () if self.universe is None else tuple(json.loads(self.universe))

    @property
    def summary_value(self) -> Any:
        """The summary, parsed; None until the day is finished."""
        return None if self.summary is None else json.loads(self.summary)


class DayStore(Store):
    """Trading days of all accounts."""

    def begin(
        self, day: date, account: str, mode: Mode, session_kind: str, at: datetime, *, actor: str = SYSTEM
    ) -> bool:
        """Begin a day; False when it runs already. A finished day is opened again.

        Raises ``RecordConflict`` when the day belongs to another mode: paper and real money never share books.
        """

        def write(session: Session) -> bool:
            row = session.execute(select(trading_days).where(*_key(day, account))).first()
            if row is not None and row.mode != Mode(mode).value:
                raise RecordConflict(f"{day} of account {account} was begun in mode {row.mode}")
            if row is not None and row.finished_at is None:
                return False
            values: dict[str, Any] = {"session_kind": str(session_kind), "phase": "begun", "phase_at": at}
            if row is None:
                session.execute(
                    insert(trading_days).values(
                        day=day, account=account, mode=Mode(mode).value, began_at=at, report_path="", **values
                    )
                )
            else:
                session.execute(update(trading_days).where(*_key(day, account)).values(finished_at=None, **values))
            detail = {"mode": Mode(mode).value, "session_kind": str(session_kind), "again": row is not None}
            append_audit(session, "day.begun", f"{account}/{day}", detail, actor=actor, at=at)
            return True

        return self._write(write)

    def set_phase(self, day: date, account: str, phase: str, at: datetime, *, actor: str = SYSTEM) -> None:
        """Set the phase the day is in; raises ``RecordNotFound``."""

        def write(session: Session) -> None:
            if _one(session, day, account).phase == phase:
                return
            values = {"phase": clipped(phase, 40), "phase_at": at}
            session.execute(update(trading_days).where(*_key(day, account)).values(**values))
            append_audit(session, "day.phase", f"{account}/{day}", {"phase": phase}, actor=actor, at=at)

        self._write(write)

    def set_universe(
        self, day: date, account: str, symbols: Sequence[str], at: datetime, *, actor: str = SYSTEM
    ) -> None:
        """Keep the symbols chosen for a day; raises ``RecordNotFound``."""

        def write(session: Session) -> None:
            _one(session, day, account)
            values = {"universe": canonical_json(list(symbols))}
            session.execute(update(trading_days).where(*_key(day, account)).values(**values))
            append_audit(session, "day.universe", f"{account}/{day}", {"symbols": list(symbols)}, actor=actor, at=at)

        self._write(write)

    def set_report(
        self, day: date, account: str, report_path: str, at: datetime | None = None, *, actor: str = SYSTEM
    ) -> None:
        """Note where a day's report was written; raises ``RecordNotFound``."""
        moment = self._now(at)

        def write(session: Session) -> None:
            _one(session, day, account)
            session.execute(update(trading_days).where(*_key(day, account)).values(report_path=report_path))
            detail = {"report_path": report_path}
            append_audit(session, "day.reported", f"{account}/{day}", detail, actor=actor, at=moment)

        self._write(write)

    def finish(
        self, day: date, account: str, summary: Json, report_path: str, at: datetime, *, actor: str = SYSTEM
    ) -> None:
        """Finish a day with its summary (JSON text or value) and report; repeating it renews both.

        Raises ``RecordNotFound``.
        """
        text = json_text(summary)

        def write(session: Session) -> None:
            _one(session, day, account)
            session.execute(
                update(trading_days)
                .where(*_key(day, account))
                .values(phase="finished", phase_at=at, finished_at=at, summary=text, report_path=report_path)
            )
            detail = {"report_path": report_path}
            append_audit(session, "day.finished", f"{account}/{day}", detail, actor=actor, at=at)

        self._write(write)

    def get(self, day: date, account: str) -> DayRecord:
        """Return a day; raises ``RecordNotFound``."""
        return self._read(lambda session: _one(session, day, account))

    def recent(self, count: int, *, account: str | None = None) -> list[DayRecord]:
        """Return up to ``count`` days, newest first."""
        query = select(trading_days).order_by(trading_days.c.day.desc(), trading_days.c.account).limit(count)
        if account is not None:
            query = query.where(trading_days.c.account == account)
        return self._read(lambda session: [_day(row) for row in session.execute(query)])


def _key(day: date, account: str) -> tuple[Any, ...]:
    return (trading_days.c.day == day, trading_days.c.account == account)


def _one(session: Session, day: date, account: str) -> DayRecord:
    row = session.execute(select(trading_days).where(*_key(day, account))).first()
    if row is None:
        raise RecordNotFound(f"{day} of account {account} was not begun")
    return _day(row)


def _day(row: Row[Any]) -> DayRecord:
    return DayRecord(**{**row._mapping, "mode": Mode(row.mode)})
