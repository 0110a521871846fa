"""The cost ledger of model calls: reserved at the highest possible cost before the call, settled at the true one after.

A call whose worker was killed stays reserved and goes on counting, so that a budget errs on the side of spending less.
Token columns hold only what a provider reported; an unknown usage raises the cost columns and no token column.
"""

from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.base import KST
from daybook.contracts.llm import FallbackReason, Usage
from daybook.storage.errors import RecordConflict, RecordNotFound
from daybook.storage.llm_call_records import (
    MICRO,
    BudgetRefusal,
    CallEnd,
    CallRecord,
    CallStart,
    CallStatus,
    CostGrouping,
    CostSum,
    Limits,
)
from daybook.storage.store import Store, clipped
from daybook.storage.tables.intelligence import llm_calls

_COLUMNS: dict[CostGrouping, ColumnElement[Any]] = {
    CostGrouping.DAY: llm_calls.c.day,
    CostGrouping.MONTH: llm_calls.c.day,
    CostGrouping.PROVIDER: llm_calls.c.provider,
    CostGrouping.MODEL: llm_calls.c.model,
    CostGrouping.PURPOSE: llm_calls.c.purpose,
    CostGrouping.RUN: llm_calls.c.run_id,
}
_SUMMED = (
    "input_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "output_tokens",
    "reasoning_tokens",
    "billed_equivalent_tokens",
    "cost_micro_usd",
    "cost_micro_krw",
    "latency_ms",
    "attempts",
)


class LlmCallStore(Store):
    """Reserves, settles and sums up model calls."""

    def reserve(self, start: CallStart, limits: Limits, at: datetime) -> BudgetRefusal | None:
        """Record a call that is about to be made, unless a budget could be overspent by it.

        The sums are read and the row is written in one exclusive unit of work: two workers cannot both take the last
        won. A call that costs nothing is never refused. What is refused leaves a row of status REFUSED and no cost.

        Raises ``RecordConflict`` when the call's id is taken.
        """
        day = at.astimezone(KST).date()

        def write(session: Session) -> BudgetRefusal | None:
            if session.execute(select(llm_calls.c.id).where(llm_calls.c.call_id == start.call_id)).first():
                raise RecordConflict(f"model call {start.call_id} is in the ledger already")
            refusal = _refusal(session, start, limits, day)
            if refusal is None:
                session.execute(insert(llm_calls).values(_new_row(start, CallStatus.RESERVED, day, at)))
            else:
                values = _new_row(start, CallStatus.REFUSED, day, at)
                values |= {"cost_micro_usd": 0, "cost_micro_krw": 0}
                values["error"] = clipped(f"BUDGET_SPENT: {refusal.message}")
                session.execute(insert(llm_calls).values(values))
            return refusal

        return self._write(write)

    def settle(self, call_id: str, end: CallEnd) -> None:
        """Replace a reservation by what the call really cost; the rest of it is free again.

        Raises ``RecordNotFound`` when there is no such call, ``RecordConflict`` when it is not reserved any more.
        """

        def write(session: Session) -> None:
            known = session.execute(select(llm_calls.c.status).where(llm_calls.c.call_id == call_id)).scalar()
            if known is None:
                raise RecordNotFound(f"there is no model call {call_id} in the ledger")
            if known != CallStatus.RESERVED:
                raise RecordConflict(f"model call {call_id} is {known} already")
            session.execute(update(llm_calls).where(llm_calls.c.call_id == call_id).values(_end_row(end)))

        self._write(write)

    def record_refused(self, start: CallStart, error: str, at: datetime) -> None:
        """Record a call that is not made at all: no key, no such model, a provider known to be down."""
        values = _new_row(start, CallStatus.REFUSED, at.astimezone(KST).date(), at)
        values |= {"cost_micro_usd": 0, "cost_micro_krw": 0, "error": clipped(error)}
        self._write(lambda session: session.execute(insert(llm_calls).values(values)), exclusive=False)

    def spent_micro_krw(self, since: date, until: date, *, run_id: str | None = None) -> int:
        """Return what calls of Korean days ``since`` to ``until`` cost, reservations included."""
        wanted = [llm_calls.c.day >= since, llm_calls.c.day <= until]
        if run_id is not None:
            wanted.append(llm_calls.c.run_id == run_id)
        return self._read(lambda session: _spent(session, *wanted))

    def calls(self, since: date, until: date, *, run_id: str | None = None) -> list[CallRecord]:
        """Return the calls of Korean days ``since`` to ``until``, oldest first."""
        query = select(llm_calls).where(llm_calls.c.day >= since, llm_calls.c.day <= until).order_by(llm_calls.c.id)
        if run_id is not None:
            query = query.where(llm_calls.c.run_id == run_id)
        return [_record(row) for row in self._read(lambda session: session.execute(query).all())]

    def newest(self, model: str, count: int) -> list[CallRecord]:
        """Return the newest settled calls of a model, oldest first."""
        query = (
            select(llm_calls)
            .where(llm_calls.c.model == model, llm_calls.c.status == CallStatus.SETTLED)
            .order_by(llm_calls.c.id.desc())
            .limit(count)
        )
        return [_record(row) for row in self._read(lambda session: session.execute(query).all())][::-1]

    def sums(self, since: date, until: date, by: CostGrouping | None = None) -> list[CostSum]:
        """Return sums over Korean days ``since`` to ``until``: one for each group by key, or one of all."""
        query = _sum_query(None if by is None else _COLUMNS[by], since, until)
        groups: dict[str, CostSum] = {}
        for row in self._read(lambda session: session.execute(query).all()):
            one = _sum_of(row, by)
            groups[one.key] = groups[one.key] + one if one.key in groups else one
        return [groups[key] for key in sorted(groups)]

    def reasons(self, since: date, until: date) -> dict[str, int]:
        """Return how often each coded reason stands in front of an error, over Korean days ``since`` to ``until``."""
        query = (
            select(llm_calls.c.error, func.count())
            .where(llm_calls.c.day >= since, llm_calls.c.day <= until, llm_calls.c.error != "")
            .group_by(llm_calls.c.error)
        )
        counts: dict[str, int] = {}
        for error, count in self._read(lambda session: session.execute(query).all()):
            reason = reason_of(error)
            if reason:
                counts[reason] = counts.get(reason, 0) + int(count)
        return dict(sorted(counts.items()))


def reason_of(error: str) -> str:
    """Return the coded reason in front of a ledger row's error, or an empty text."""
    code = error.split(":", 1)[0]
    return code if code in FallbackReason.__members__ else ""


def _refusal(session: Session, start: CallStart, limits: Limits, day: date) -> BudgetRefusal | None:
    if start.cost_micro_krw <= 0:
        return None
    columns = llm_calls.c
    first_day = day.replace(day=1)
    next_month = (first_day + timedelta(days=31)).replace(day=1)
    scopes: list[tuple[str, int, tuple[ColumnElement[bool], ...]]] = [
        ("daily", limits.daily_krw, (columns.day == day,)),
        ("monthly", limits.monthly_krw, (columns.day >= first_day, columns.day < next_month)),
    ]
    if limits.run_krw is not None:
        scopes.append(("run's", limits.run_krw, (columns.run_id == start.run_id,)))
    for scope, limit_krw, wanted in scopes:
        spent = _spent(session, *wanted)
        if spent + start.cost_micro_krw > limit_krw * MICRO:
            return BudgetRefusal(scope, limit_krw, spent, start.cost_micro_krw)
    return None


def _spent(session: Session, *wanted: ColumnElement[bool]) -> int:
    total = select(func.coalesce(func.sum(llm_calls.c.cost_micro_krw), 0)).where(*wanted)
    return int(session.execute(total).scalar_one())


def _new_row(start: CallStart, status: CallStatus, day: date, at: datetime) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(_SUMMED, 0)
    row |= {field.name: getattr(start, field.name) for field in fields(start)}
    return row | {"status": status.value, "day": day, "at": at, "error": ""}


def _end_row(end: CallEnd) -> dict[str, Any]:
    row: dict[str, Any] = {field.name: getattr(end, field.name) for field in fields(end) if field.name != "usage"}
    return row | end.usage.model_dump() | {"status": end.status.value, "error": clipped(end.error)}


def _record(row: Row[Any]) -> CallRecord:
    values = dict(row._mapping)
    usage = Usage(**{name: int(values.pop(name)) for name in Usage.model_fields})
    status = CallStatus(values.pop("status"))
    del values["id"]
    return CallRecord(usage=usage, status=status, **values)


def _sum_query(column: ColumnElement[Any] | None, since: date, until: date) -> Any:
    by_status = [func.sum(case((llm_calls.c.status == status.value, 1), else_=0)) for status in CallStatus]
    sums = [func.sum(llm_calls.c[name]) for name in _SUMMED]
    groups = [] if column is None else [column]
    query = select(func.count(), *by_status, *sums, *groups).where(llm_calls.c.day >= since, llm_calls.c.day <= until)
    return query.group_by(*groups)


def _sum_of(row: Row[Any], by: CostGrouping | None) -> CostSum:
    names = ("calls", *(status.value for status in CallStatus), *_SUMMED)
    numbers: dict[str, Any] = {
        name: float(value or 0) if name == "billed_equivalent_tokens" else int(value or 0)
        for name, value in zip(names, row, strict=False)
    }
    key = "" if by is None else str(row[-1])
    return CostSum(key=key[:7] if by is CostGrouping.MONTH else key, **numbers)
