"""Facts for the risk rules, read from the database and the broker."""

from datetime import datetime, timedelta

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Mode, Side
from daybook.contracts.clock import MarketClock
from daybook.contracts.market import Quote
from daybook.contracts.orders import OrderTicket
from daybook.contracts.risk import CheckContext, DayCounters, OpenOrder, PostContext
from daybook.execution.desk import ExecutionDesk
from daybook.krx.calendar import session_on

_AVERAGE_TURNOVER_SESSIONS = 20


class ContextReader:
    """Reads what :mod:`daybook.risk.checks` looks at."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk

    def before_post(self, ticket: OrderTicket, clock: MarketClock) -> PostContext:
        """Facts of the database only; no call to the broker."""
        return PostContext(**self._post_facts(ticket, clock))

    def for_check(
        self,
        ticket: OrderTicket,
        clock: MarketClock,
        quote: Quote | None,
        account: AccountSnapshot,
        index_change: float | None,
    ) -> CheckContext:
        """All facts of a full pre-trade check."""
        desk = self._desk
        bars = desk.bars.daily(ticket.symbol, ticket.day - timedelta(days=60), ticket.day - timedelta(days=1))
        recent = bars[-_AVERAGE_TURNOVER_SESSIONS:]
        facts = self._post_facts(ticket, clock)
        return CheckContext(
            **facts,
            session=session_on(ticket.day),
            quote=quote,
            account=account,
            allowed_symbols=desk.days.get(ticket.day, desk.account).universe_symbols,
            orderable_cash_krw=self._orderable_cash(ticket, account),
            reserved_krw=self._reserved_krw(ticket),
            average_turnover_krw=sum(bar.turnover_krw for bar in recent) // len(recent) if recent else None,
            sector_exposure_krw=self._sector_exposure_krw(ticket, account, quote, facts["open_orders"]),
            sessions_listed=len(bars) if bars else None,
            last_loss_exit_at=self._last_loss_exit_at(ticket, clock),
            recent_notionals_krw=tuple(desk.statistics.recent_notionals(desk.account, desk.limits.fat_finger_orders)),
            index_change_ratio=index_change,
        )

    def _post_facts(self, ticket: OrderTicket, clock: MarketClock) -> dict[str, object]:
        desk, now = self._desk, self._desk.real_now()
        counters = desk.statistics.day_counters(desk.account, ticket.day)
        return {
            "mode": desk.mode,
            "armed": desk.mode is Mode.LIVE and desk.states.is_armed(desk.account, now),
            "trading_state": desk.states.current(desk.account).state,
            "reconciled": desk.states.is_reconciled(desk.account, ticket.day),
            "market_now": clock.market_time(now),
            "real_now": now,
            "equity_krw": self._equity_krw(ticket),
            "counters": DayCounters(
                orders=counters.orders_submitted,
                symbol_orders=counters.orders_by_symbol.get(ticket.symbol, 0),
                buys_krw=counters.bought_notional_krw,
            ),
            "open_orders": self._open_orders(ticket),
            "locked_symbols": tuple(desk.states.locked_symbols(desk.account)),
            "recent_submits_at": tuple(desk.statistics.submits_since(desk.account, now - timedelta(seconds=10))),
            "approval": desk.approvals.answer_for(ticket),
            "approval_reasons": desk.approvals.reasons_for(ticket.intent_id),
        }

    def _equity_krw(self, ticket: OrderTicket) -> int:
        points = self._desk.ledger.equity_points(ticket.day, account=self._desk.account)
        if points:
            return points[-1].equity_krw
        held = sum(position.cost_basis_krw for position in self._desk.ledger.positions(self._desk.account))
        return self._desk.ledger.cash(self._desk.account) + held

    def _open_orders(self, ticket: OrderTicket) -> tuple[OpenOrder, ...]:
        return tuple(
            OpenOrder(
                symbol=record.ticket.symbol,
                side=record.ticket.side,
                shares=max(0, record.ticket.shares - record.filled_shares),
                limit_price_krw=record.ticket.limit_price_krw,
                intent_id=record.intent_id,
            )
            for record in self._desk.intents.open_intents(self._desk.account)
            if record.intent_id != ticket.intent_id
        )

    def _last_loss_exit_at(self, ticket: OrderTicket, clock: MarketClock) -> datetime | None:
        """Return the market time of the last sale at a loss; of an earlier day, that day's close."""
        day = self._desk.statistics.last_loss_exit_day(self._desk.account, ticket.symbol)
        if day is None:
            return None
        if day != ticket.day:
            return session_on(day).times().closes
        at = self._desk.statistics.last_loss_exit(self._desk.account, ticket.symbol)
        return clock.market_time(at) if at is not None else None

    def _orderable_cash(self, ticket: OrderTicket, account: AccountSnapshot) -> int | None:
        if ticket.side is Side.SELL:
            return account.orderable_cash_krw
        return self._desk.broker.orderable_cash(ticket.symbol, ticket.limit_price_krw, ticket.kind)

    def _reserved_krw(self, ticket: OrderTicket) -> int:
        """Buys on their way that the broker does not know yet; this ticket's own is not among them."""
        return self._desk.statistics.reserved_buy_notional(self._desk.account, excluding=ticket.intent_id)

    def _sector_exposure_krw(
        self, ticket: OrderTicket, account: AccountSnapshot, quote: Quote | None, open_orders: object
    ) -> int:
        if quote is None or not quote.sector or ticket.side is Side.SELL:
            return 0
        directory = self._desk.securities
        held = sum(
            holding.shares * holding.price_krw
            for holding in account.holdings
            if holding.shares and directory.sector(holding.symbol) == quote.sector
        )
        buying = sum(
            order.notional_krw
            for order in self._open_orders(ticket)
            if order.side is Side.BUY and directory.sector(order.symbol) == quote.sector
        )
        return held + buying
