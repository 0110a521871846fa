"""Collecting a day's report from the ledger: nothing is asked of a broker, and nothing is guessed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from daybook.contracts.base import KST, Side, Won
from daybook.contracts.day import ReportRequest
from daybook.contracts.reasons import DenialCode
from daybook.report import gaps
from daybook.report.closing_prices import ClosingPrice, closing_price
from daybook.report.decision_facts import SeenDecision, breakers_of, seen_decisions
from daybook.report.equity_rows import equity_rows
from daybook.report.market_times import MarketTimes
from daybook.report.model import (
    AdjustmentRow,
    ApprovalRow,
    Costs,
    DayReport,
    DecisionRow,
    ExternalRow,
    FillRow,
    Gap,
    HaltRow,
    LockRow,
    OrderRow,
    PositionRow,
    SymbolBars,
    counted,
)
from daybook.report.positions import holdings_after
from daybook.storage.approvals import ApprovalStore
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from daybook.storage.decisions import DecisionStore
from daybook.storage.errors import CorruptRecord
from daybook.storage.intents import IntentRecord, IntentStore
from daybook.storage.ledger import Ledger
from daybook.storage.ledger_records import FillRecord, LedgerEntry
from daybook.storage.states import StateStore

_CODES = frozenset(code.value for code in DenialCode)
_PREVIOUS_BARS = timedelta(days=14)
_LONG_AGO = datetime.min.replace(tzinfo=KST)
_FAR_AHEAD = datetime.max.replace(tzinfo=KST)


@dataclass(frozen=True, slots=True)
class _Window:
    """Real times that belong to a day: its result counts from ``since``, it ran from ``began`` to ``ended``."""

    since: datetime
    began: datetime
    ended: datetime


def collect_day(database: Database, account: str, day: date, request: ReportRequest) -> DayReport:
    """Return everything the report of ``day`` shows, read from the ledger's database.

    Figures of the request (equity, reconciliation) come from the ledger as well, written when the day closed.
    """
    ledger, bars = Ledger(database), BarStore(database)
    decisions, unreadable = _decisions(database, account, day)
    times = MarketTimes([(seen.real_time, seen.market_time) for seen in decisions])
    window = _window(database, account, day, decisions)
    fills = ledger.fills(day, account=account)
    intents = IntentStore(database).for_day(day, account=account)
    entries = [entry for entry in ledger.entries(account) if entry.at <= window.ended]
    holdings = holdings_after(entries, ledger.fills_through(account, day))
    prices = {
        symbol: closing_price(symbol, day, bars, decisions)
        for symbol in {*holdings, *(fill.symbol for fill in fills), *(row.symbol for row in entries if row.symbol)}
    }
    adjustments = _adjustments(entries, window, times, prices)
    points = ledger.equity_points(day, account=account)
    equity = equity_rows(points, request.facts.index_change_ratio)
    positions = tuple(
        PositionRow(
            symbol=symbol,
            shares=holding.shares,
            cost_basis_krw=holding.cost_basis_krw,
            price_krw=prices[symbol].price_krw,
            price_source=prices[symbol].source,
            priced_at=prices[symbol].at,
        )
        for symbol, holding in holdings.items()
    )
    symbol_bars = _traded_bars(fills, bars, day)
    return DayReport(
        day=day,
        account=account,
        mode=request.desk.mode,
        speed=times.speed,
        session=request.session,
        opening_equity_krw=request.facts.opening_equity_krw,
        closing_equity_krw=request.facts.closing_equity_krw,
        closing_cash_krw=points[-1].cash_krw if points else None,
        flow_krw=sum(row.value_krw for row in adjustments),
        realised_pnl_krw=ledger.realised_pnl(day, account=account),
        trading_effect_krw=_trading_effect_krw(fills, prices),
        index_code=request.desk.benchmark_index,
        index_change_ratio=request.facts.index_change_ratio,
        opening=request.opening,
        closing=request.closing,
        names={symbol: name for seen in decisions for symbol, name in seen.names.items()},
        orders=tuple(_order_row(record, times) for record in intents),
        fills=tuple(_fill_row(fill, times) for fill in fills),
        positions=positions,
        decisions=tuple(DecisionRow(at=seen.market_time, proposed=seen.proposed) for seen in decisions),
        proposed_orders=sum(seen.proposed for seen in decisions),
        left_alone=counted(code for seen in decisions for code in seen.left_alone),
        breakers=breakers_of(decisions),
        halts=_halts(database, account, window, times),
        locks=_locks(database, account, window),
        approvals=_approvals(database, intents, times),
        external_orders=_external(database, account, day),
        adjustments=adjustments,
        costs=_costs(fills, request.desk.commission_rate),
        equity=equity,
        bars=symbol_bars,
        gaps=(
            *unreadable,
            *gaps.missing_looks(decisions, request.session, request.desk.strategy.tick_interval_min),
            *gaps.missing_bars(symbol_bars, request.session),
            *gaps.missing_values(equity, positions, request.facts.index_change_ratio),
        ),
    )


def _decisions(database: Database, account: str, day: date) -> tuple[list[SeenDecision], list[Gap]]:
    try:
        return seen_decisions(DecisionStore(database).for_day(day), account), []
    except CorruptRecord as error:
        return [], [Gap(subject="decisions", text=f"cannot be shown, the journal was altered: {error}")]


def _window(database: Database, account: str, day: date, decisions: Sequence[SeenDecision]) -> _Window:
    """Return the day's window; a result counts from the last day's end, on a first day from the first look."""
    known = DayStore(database).recent(400, account=account)
    row = next((record for record in known if record.day == day), None)
    before = next((record for record in known if record.day < day), None)
    began = row.began_at if row else _LONG_AGO
    ended = (row.finished_at if row else None) or _FAR_AHEAD
    if before is not None:
        return _Window(before.finished_at or before.phase_at, began, ended)
    return _Window(decisions[0].real_time if decisions else ended, began, ended)


def _order_row(record: IntentRecord, times: MarketTimes) -> OrderRow:
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


def _fill_row(fill: FillRecord, times: MarketTimes) -> FillRow:
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


def _trading_effect_krw(fills: Iterable[FillRecord], prices: Mapping[str, ClosingPrice]) -> Won | None:
    """Return what the day's fills added to equity at the close, after costs; None without a price it takes."""
    shares: dict[str, int] = defaultdict(int)
    cash_krw = 0
    for fill in fills:
        sign = 1 if fill.side is Side.BUY else -1
        shares[fill.symbol] += sign * fill.shares
        cash_krw -= sign * fill.amount_krw + fill.costs_krw
    value_krw = 0
    for symbol, change in shares.items():
        price_krw = prices[symbol].price_krw
        if change and price_krw is None:
            return None
        value_krw += change * (price_krw or 0)
    return cash_krw + value_krw


def _costs(fills: Sequence[FillRecord], commission_rate: Decimal) -> Costs:
    """Split the booked costs: commission is floored once per order, tax is the rest."""
    amounts: dict[str, Won] = defaultdict(int)
    booked: dict[str, Won] = defaultdict(int)
    for fill in fills:
        amounts[fill.order_key] += fill.amount_krw
        booked[fill.order_key] += fill.costs_krw
    commission_krw = sum(min(booked[key], int(amount * commission_rate)) for key, amount in amounts.items())
    return Costs(
        commission_krw=commission_krw,
        tax_krw=sum(booked.values()) - commission_krw,
        bought_krw=sum(fill.amount_krw for fill in fills if fill.side is Side.BUY),
        sold_krw=sum(fill.amount_krw for fill in fills if fill.side is Side.SELL),
    )


def _adjustments(
    entries: Iterable[LedgerEntry], window: _Window, times: MarketTimes, prices: Mapping[str, ClosingPrice]
) -> tuple[AdjustmentRow, ...]:
    rows = []
    for entry in entries:
        if entry.kind == "OPENING" or entry.at <= window.since:
            continue
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


def _halts(database: Database, account: str, window: _Window, times: MarketTimes) -> tuple[HaltRow, ...]:
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


def _locks(database: Database, account: str, window: _Window) -> tuple[LockRow, ...]:
    return tuple(
        LockRow(symbol=lock.symbol, code=lock.reason_code, reason=lock.reason, by=lock.by)
        for lock in StateStore(database).locked_symbols(account).values()
        if lock.at <= window.ended
    )


def _approvals(database: Database, intents: Sequence[IntentRecord], times: MarketTimes) -> tuple[ApprovalRow, ...]:
    store = ApprovalStore(database)
    return tuple(
        ApprovalRow(
            asked_at=times.of(record.requested_at),
            intent_id=record.intent_id,
            verdict=record.verdict.value,
            by=record.decided_by or "",
            decided_at=None if record.decided_at is None else times.of(record.decided_at),
            reasons=record.shown.reasons,
        )
        for intent in intents
        for record in store.for_intent(intent.intent_id)
    )


def _external(database: Database, account: str, day: date) -> tuple[ExternalRow, ...]:
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


def _traded_bars(fills: Sequence[FillRecord], bars: BarStore, day: date) -> tuple[SymbolBars, ...]:
    turnover: dict[str, Won] = defaultdict(int)
    for fill in fills:
        turnover[fill.symbol] += fill.amount_krw
    rows = []
    for symbol in sorted(turnover, key=lambda code: (-turnover[code], code)):
        earlier = bars.daily(symbol, day - _PREVIOUS_BARS, day - timedelta(days=1))
        rows.append(
            SymbolBars(
                symbol=symbol,
                bars=tuple(bars.minutes(symbol, day)),
                previous_close_krw=earlier[-1].close_krw if earlier else None,
            )
        )
    return tuple(rows)
