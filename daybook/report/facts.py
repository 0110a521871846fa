"""Collecting a day's report from the ledger: nothing is asked of a broker, and nothing is guessed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from daybook.contracts.base import Side, Won
from daybook.contracts.day import ReportRequest
from daybook.report import gaps
from daybook.report.closing_prices import ClosingPrice, closing_price
from daybook.report.day_window import day_window
from daybook.report.decision_facts import SeenDecision, breakers_of, read_decisions
from daybook.report.equity_rows import equity_rows
from daybook.report.ledger_rows import (
    adjustment_rows,
    approval_rows,
    external_rows,
    fill_row,
    halt_rows,
    lock_rows,
    order_row,
)
from daybook.report.market_times import MarketTimes
from daybook.report.model import (
    Costs,
    DayReport,
    DecisionRow,
    Gap,
    PositionRow,
    SymbolBars,
    counted,
)
from daybook.report.positions import holdings_after
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.intents import IntentStore
from daybook.storage.ledger import Ledger
from daybook.storage.ledger_records import FillRecord
from daybook.storage.response_actions import ResponseActionStore
from daybook.storage.threats import ThreatStore

_PREVIOUS_BARS = timedelta(days=14)


def collect_day(database: Database, account: str, day: date, request: ReportRequest) -> DayReport:
    """Return everything the report of ``day`` shows, read from the ledger's database.

    Figures of the request (equity, reconciliation) come from the ledger as well, written when the day closed.
    """
    ledger, bars = Ledger(database), BarStore(database)
    decisions, unreadable = read_decisions(database, account, day)
    times = MarketTimes([(seen.real_time, seen.market_time) for seen in decisions])
    window = day_window(database, account, day, decisions)
    fills = ledger.fills(day, account=account)
    intents = IntentStore(database).for_day(day, account=account)
    entries = [entry for entry in ledger.entries(account) if entry.at <= window.ended]
    holdings = holdings_after(entries, ledger.fills_through(account, day))
    prices = {
        symbol: closing_price(symbol, day, bars, decisions)
        for symbol in {*holdings, *(fill.symbol for fill in fills), *(row.symbol for row in entries if row.symbol)}
    }
    adjustments = adjustment_rows(entries, window, times, prices)
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
        orders=tuple(order_row(record, times) for record in intents),
        fills=tuple(fill_row(fill, times) for fill in fills),
        positions=positions,
        decisions=tuple(DecisionRow(at=seen.market_time, proposed=seen.proposed) for seen in decisions),
        proposed_orders=sum(seen.proposed for seen in decisions),
        left_alone=counted(code for seen in decisions for code in seen.left_alone),
        breakers=breakers_of(decisions),
        halts=halt_rows(database, account, window, times),
        locks=lock_rows(database, account, window),
        approvals=approval_rows(database, intents, times),
        external_orders=external_rows(database, account, day),
        adjustments=adjustments,
        costs=_costs(fills, request.desk.commission_rate),
        equity=equity,
        bars=symbol_bars,
        threat_levels=tuple(kept.assessment for kept in ThreatStore(database).of_day(account, day)),
        actions=tuple(ResponseActionStore(database).of_day(account, day)),
        gaps=(
            *_decision_gaps(decisions, unreadable, request),
            *gaps.missing_bars(symbol_bars, request.session),
            *gaps.missing_values(equity, positions, request.facts.index_change_ratio),
        ),
    )


def _decision_gaps(decisions: Sequence[SeenDecision], unreadable: str, request: ReportRequest) -> list[Gap]:
    if unreadable:
        return [Gap(subject="decisions", text=unreadable)]
    return gaps.missing_looks(decisions, request.session, request.desk.strategy.tick_interval_min)


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
