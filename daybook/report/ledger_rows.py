"""Ledger records as report rows: real times become market times, nothing else changes."""

from collections.abc import Mapping, Sequence
from datetime import date

from daybook.contracts.base import KST
from daybook.contracts.execution import ApprovalVerdict
from daybook.contracts.reasons import DenialCode
from daybook.report.closing_prices import ClosingPrice
from daybook.report.day_window import DayWindow
from daybook.report.market_times import MarketTimes
from daybook.report.model import (
    AdjustmentRow,
    ApprovalRow,
    ExternalRow,
    FillRow,
    HaltRow,
    LockRow,
    OrderRow,
)
from daybook.storage.approvals import ApprovalStore
from daybook.storage.database import Database
from daybook.storage.intents import IntentRecord, IntentStore
from daybook.storage.ledger_records import FillRecord, LedgerEntry
from daybook.storage.states import StateStore

_CODES = frozenset(code.value for code in DenialCode)


def order_row(record: IntentRecord, times: MarketTimes) -> OrderRow:
    """Return an intent and what became of it."""
    ticket = record.ticket
    return OrderRow(
        intent_id=record.intent_id,
        at=times.of(ticket.decided_at or record.recorded_at),
        ended_at=None if record.closed_at is None else times.of(record.closed_at),
        symbol=ticket.symbol,
        side=ticket.side,
        purpose=ticket.purpose,
        shares=ticket.shares,
        limit_price_krw=ticket.limit_price_krw,
        filled_shares=record.filled_shares,
        filled_amount_krw=record.filled_amount_krw,
        costs_krw=record.costs_krw,
        state=record.state,
        codes=_codes(record.detail),
        detail=record.detail,
        rationale=ticket.rationale,
        broker_number=record.order.number if record.order else "",
    )


def _codes(detail: str) -> tuple[str, ...]:
    """Return the denial codes a state's detail begins with, as in ``CODE, CODE: text``."""
    head = detail.partition(":")[0]
    return tuple(code for part in head.split(",") if (code := part.strip()) in _CODES)


def fill_row(fill: FillRecord, times: MarketTimes) -> FillRow:
    """Return a booked fill."""
    return FillRow(
        at=times.of(fill.at),
        symbol=fill.symbol,
        side=fill.side,
        shares=fill.shares,
        amount_krw=fill.amount_krw,
        costs_krw=fill.costs_krw,
        realised_pnl_krw=fill.realised_pnl_krw,
        broker_number=fill.order_key,
        intent_id=fill.intent_id or "",
        is_external=fill.intent_id is None,
    )


def adjustment_rows(
    entries: Sequence[LedgerEntry], window: DayWindow, times: MarketTimes, prices: Mapping[str, ClosingPrice]
) -> tuple[AdjustmentRow, ...]:
    """Return the day's adjustments; shares count at the closing price, else at their cost."""
    rows = []
    for entry in window.adjustments(entries):
        price_krw = prices[entry.symbol].price_krw if entry.symbol else None
        shares_krw = entry.cost_basis_krw if price_krw is None else entry.shares * price_krw
        rows.append(
            AdjustmentRow(
                at=times.of(entry.at),
                code=entry.reason_code,
                symbol=entry.symbol or "",
                shares=entry.shares,
                cash_krw=entry.cash_krw,
                value_krw=entry.cash_krw + shares_krw,
                note=entry.note,
            )
        )
    return tuple(rows)


def halt_rows(database: Database, account: str, window: DayWindow, times: MarketTimes) -> tuple[HaltRow, ...]:
    """Return halts that were open at some time of the day."""
    return tuple(
        HaltRow(
            at=times.of(halt.at),
            state=halt.state.value,
            code=halt.reason_code,
            reason=halt.reason,
            by=halt.by,
            closed_at=None if halt.closed_at is None else times.of(halt.closed_at),
            closed_by=halt.closed_by or "",
        )
        for halt in StateStore(database).halts(account)
        if halt.at <= window.ended and (halt.closed_at is None or halt.closed_at >= window.began)
    )


def lock_rows(database: Database, account: str, window: DayWindow) -> tuple[LockRow, ...]:
    """Return symbols that were locked before the day ended and still are."""
    return tuple(
        LockRow(symbol=lock.symbol, code=lock.reason_code, reason=lock.reason, by=lock.by)
        for lock in StateStore(database).locked_symbols(account).values()
        if lock.at <= window.ended
    )


def approval_rows(database: Database, intents: Sequence[IntentRecord], times: MarketTimes) -> tuple[ApprovalRow, ...]:
    """Return the questions about the day's intents; one left open when its intent ended has expired."""
    store = ApprovalStore(database)
    return tuple(
        ApprovalRow(
            asked_at=times.of(record.requested_at),
            intent_id=record.intent_id,
            verdict=_verdict(record.verdict, intent).value,
            by=record.decided_by or "",
            decided_at=None if record.decided_at is None else times.of(record.decided_at),
            reasons=record.shown.reasons,
        )
        for intent in intents
        for record in store.for_intent(intent.intent_id)
    )


def _verdict(verdict: ApprovalVerdict, intent: IntentRecord) -> ApprovalVerdict:
    unanswered = verdict is ApprovalVerdict.PENDING and intent.state.is_final
    return ApprovalVerdict.EXPIRED if unanswered else verdict


def external_rows(database: Database, account: str, day: date) -> tuple[ExternalRow, ...]:
    """Return orders made outside the desk, as last seen."""
    return tuple(
        ExternalRow(
            at=order.ordered_at.astimezone(KST),
            broker_number=order.id.number,
            symbol=order.symbol,
            side=order.side,
            shares=order.shares,
            limit_price_krw=order.limit_price_krw,
            filled_shares=order.filled_shares,
            filled_amount_krw=order.filled_amount_krw,
            state=order.state.value,
        )
        for order in IntentStore(database).external_orders(day, account=account)
    )
