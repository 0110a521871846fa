"""What the desk may do: halts, two-step resumption, reconciliation, symbol locks and the armed record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.base import TradingState
from daybook.storage import arming, resumption
from daybook.storage.audit import SYSTEM, append_audit
from daybook.storage.errors import StorageUsageError
from daybook.storage.store import Store, clipped
from daybook.storage.tables.desk import halts, reconciliations, symbol_locks

_STRICTNESS = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


@dataclass(frozen=True, slots=True)
class TradingStateRecord:
    """The state in force and the halt behind it; without a halt everything but ``state`` is empty."""

    state: TradingState
    reason_code: str = ""
    reason: str = ""
    by: str = ""
    at: datetime | None = None
    halt_id: int | None = None


@dataclass(frozen=True, slots=True)
class HaltRecord:
    """A halt or reduction; open until ``closed_at``."""

    halt_id: int
    account: str
    state: TradingState
    reason_code: str
    reason: str
    by: str
    at: datetime
    closed_by: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class SymbolLock:
    """Why a symbol may not be traded."""

    symbol: str
    reason_code: str
    reason: str
    by: str
    at: datetime


class StateStore(Store):
    """The trading state of each account. It lives in the database only, so it survives every restart."""

    def current(self, account: str) -> TradingStateRecord:
        """Return the strictest of the open halts, the oldest of equals; ACTIVE when there is none."""
        open_halts = self.halts(account, only_open=True)
        if not open_halts:
            return TradingStateRecord(TradingState.ACTIVE)
        strictest = max(open_halts, key=lambda halt: (_STRICTNESS[halt.state], -halt.halt_id))
        return TradingStateRecord(
            state=strictest.state,
            reason_code=strictest.reason_code,
            reason=strictest.reason,
            by=strictest.by,
            at=strictest.at,
            halt_id=strictest.halt_id,
        )

    def halt(self, account: str, state: TradingState, code: str, reason: str, by: str, at: datetime) -> int:
        """Open a halt (HALTED or REDUCING) and return its id; an open one of the same state and code is kept."""
        if state is TradingState.ACTIVE:
            raise StorageUsageError("a halt is HALTED or REDUCING; ACTIVE comes back by resuming")
        return self._write(lambda session: _halt(session, account, state, code, reason, by, at))

    def halts(self, account: str, *, only_open: bool = False) -> list[HaltRecord]:
        """Return the account's halts, oldest first."""
        query = select(halts).where(halts.c.account == account).order_by(halts.c.id)
        if only_open:
            query = query.where(halts.c.closed_at.is_(None))
        return self._read(lambda session: [_halt_record(row) for row in session.execute(query)])

    def lift(self, account: str, codes: Sequence[str], by: str, at: datetime, *, halts_too: bool = False) -> int:
        """Close open reductions of these reason codes, and halts with ``halts_too``; returns how many."""
        states = [TradingState.REDUCING.value, *([TradingState.HALTED.value] if halts_too else [])]

        def write(session: Session) -> int:
            where = (
                halts.c.account == account,
                halts.c.closed_at.is_(None),
                halts.c.state.in_(states),
                halts.c.reason_code.in_(list(codes)),
            )
            closed = list(session.execute(select(halts.c.id).where(*where)).scalars())
            if closed:
                session.execute(update(halts).where(*where).values(closed_by=clipped(by, 120), closed_at=at))
                detail = {"closed_halts": closed, "codes": list(codes)}
                append_audit(session, "state.lifted", account, detail, actor=by, at=at)
            return len(closed)

        return self._write(write)

    def request_resume(self, account: str, by: str, at: datetime, valid_for: timedelta) -> str:
        """Take the first step of a resumption: return a secret token, committed before it is returned."""
        return self._write_alone(lambda session: resumption.request(session, account, by, at, valid_for))

    def confirm_resume(self, account: str, token: str, by: str, at: datetime) -> bool:
        """Take the second step: close all open halts and return True.

        False, changing nothing, when the token is wrong, expired, used, of another account, or older than the
        newest halt: what opened after the request was not what its author agreed to lift.
        """
        return self._write_alone(lambda session: resumption.confirm(session, account, token, by, at))

    def mark_reconciled(
        self, account: str, day: date, ok: bool, at: datetime, *, actor: str = SYSTEM, detail: str = ""
    ) -> None:
        """Keep the result of a day's reconciliation; the last one counts."""
        where = (reconciliations.c.account == account, reconciliations.c.day == day)

        def mark(session: Session) -> None:
            if session.execute(select(reconciliations.c.day).where(*where)).first() is not None:
                session.execute(update(reconciliations).where(*where).values(passed=int(ok), at=at))
            else:
                session.execute(insert(reconciliations).values(account=account, day=day, passed=int(ok), at=at))
            values = {"ok": ok, "detail": detail}
            append_audit(session, "state.reconciled", f"{account}/{day}", values, actor=actor, at=at)

        self._write(mark)

    def is_reconciled(self, account: str, day: date) -> bool:
        """Whether the day's last reconciliation passed."""
        query = select(reconciliations.c.passed).where(
            reconciliations.c.account == account, reconciliations.c.day == day
        )
        return self._read(lambda session: session.execute(query).scalar() == 1)

    def lock_symbol(
        self,
        account: str,
        symbol: str,
        reason_code: str,
        reason: str,
        by: str = SYSTEM,
        at: datetime | None = None,
    ) -> bool:
        """Lock a symbol; False when it is locked already, whose first reason stays."""
        moment = self._now(at)

        def lock(session: Session) -> bool:
            if session.execute(select(symbol_locks.c.symbol).where(*_lock_key(account, symbol))).first():
                return False
            session.execute(
                insert(symbol_locks).values(
                    account=account,
                    symbol=symbol,
                    reason_code=clipped(reason_code, 40),
                    reason=clipped(reason),
                    locked_by=clipped(by, 120),
                    at=moment,
                )
            )
            values = {"reason_code": reason_code, "reason": reason}
            append_audit(session, "symbol.locked", f"{account}/{symbol}", values, actor=by, at=moment)
            return True

        return self._write(lock)

    def unlock(self, account: str, symbol: str, by: str = SYSTEM, at: datetime | None = None) -> bool:
        """Unlock a symbol; False when it was not locked."""
        moment = self._now(at)

        def unlock(session: Session) -> bool:
            if session.execute(select(symbol_locks.c.symbol).where(*_lock_key(account, symbol))).first() is None:
                return False
            session.execute(delete(symbol_locks).where(*_lock_key(account, symbol)))
            append_audit(session, "symbol.unlocked", f"{account}/{symbol}", {}, actor=by, at=moment)
            return True

        return self._write(unlock)

    def locked_symbols(self, account: str) -> dict[str, SymbolLock]:
        """Return the locked symbols and why."""
        query = select(symbol_locks).where(symbol_locks.c.account == account).order_by(symbol_locks.c.symbol)

        def read(session: Session) -> dict[str, SymbolLock]:
            return {
                row.symbol: SymbolLock(row.symbol, row.reason_code, row.reason, row.locked_by, row.at)
                for row in session.execute(query)
            }

        return self._read(read)

    def arm_live(self, account: str, by: str, at: datetime, expires_at: datetime, step: int) -> bool:
        """Take step 1 (request) or 2 (confirm) of arming real orders until ``expires_at``.

        Step 2 confirms the newest request when it is at most ``arming.CONFIRM_WITHIN`` old and names the same
        expiry; otherwise it returns False. Each step is committed by itself.
        """
        steps: dict[int, Callable[[Session], bool]] = {
            1: lambda session: arming.request(session, account, by, at, expires_at),
            2: lambda session: arming.confirm(session, account, by, at, expires_at),
        }
        if step not in steps:
            raise StorageUsageError("arming has step 1 (request) and step 2 (confirm)")
        return self._write_alone(steps[step])

    def disarm_live(self, account: str, by: str, at: datetime) -> None:
        """Withdraw every armed record and request of the account."""
        self._write(lambda session: arming.withdraw(session, account, by, at))

    def is_armed(self, account: str, at: datetime) -> bool:
        """Whether a confirmed, unexpired armed record stands at ``at``."""
        return self._read(lambda session: arming.is_armed(session, account, at))


def _halt(session: Session, account: str, state: TradingState, code: str, reason: str, by: str, at: datetime) -> int:
    same = select(halts.c.id).where(
        halts.c.account == account,
        halts.c.closed_at.is_(None),
        halts.c.state == state.value,
        halts.c.reason_code == clipped(str(code), 40),
    )
    known = session.execute(same).scalar()
    if known is not None:
        return int(known)
    result = session.connection().execute(
        insert(halts).values(
            account=account,
            state=state.value,
            reason_code=clipped(str(code), 40),
            reason=clipped(reason),
            halted_by=clipped(by, 120),
            at=at,
        )
    )
    halt_id = int(result.lastrowid)
    values = {"halt_id": halt_id, "state": state.value, "reason_code": str(code), "reason": reason}
    append_audit(session, "state.halted", account, values, actor=by, at=at)
    return halt_id


def _halt_record(row: Row[Any]) -> HaltRecord:
    return HaltRecord(
        halt_id=row.id,
        account=row.account,
        state=TradingState(row.state),
        reason_code=row.reason_code,
        reason=row.reason,
        by=row.halted_by,
        at=row.at,
        closed_by=row.closed_by,
        closed_at=row.closed_at,
    )


def _lock_key(account: str, symbol: str) -> tuple[Any, ...]:
    return (symbol_locks.c.account == account, symbol_locks.c.symbol == symbol)
