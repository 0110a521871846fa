"""Facts for the risk rules, read from the database and the broker."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Mode, Side
from daybook.contracts.clock import MarketClock
from daybook.contracts.market import Quote
from daybook.contracts.orders import OrderTicket
from daybook.contracts.risk import CheckContext, DayCounters, OpenOrder, PostContext
from daybook.execution.desk import ExecutionDesk
from daybook.execution.stores import Books
from daybook.krx.calendar import session_on

_HEDGE_REASON = "threat_hedge"
_AVERAGE_TURNOVER_SESSIONS = 20


class ContextReader:
    """Reads what :mod:`daybook.risk.checks` looks at; the database's part in one transaction."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk

    def before_post(self, books: Books, ticket: OrderTicket, clock: MarketClock) -> PostContext:
        """Facts of the database only; no call to the broker."""
        desk, now = self._desk, self._desk.real_now()
        counters = books.statistics.day_counters(desk.account, ticket.day)
        return PostContext(
            mode=desk.mode,
            armed=desk.mode is Mode.LIVE and books.states.is_armed(desk.account, now),
            trading_state=books.states.current(desk.account).state,
            reconciled=books.states.is_reconciled(desk.account, ticket.day),
            market_now=clock.market_time(now),
            real_now=now,
            equity_krw=self._equity_krw(books, ticket),
            counters=DayCounters(
                orders=counters.orders_submitted,
                symbol_orders=counters.orders_by_symbol.get(ticket.symbol, 0),
                buys_krw=counters.bought_notional_krw,
            ),
            open_orders=self._open_orders(books, ticket),
            locked_symbols=tuple(books.states.locked_symbols(desk.account)),
            recent_submits_at=tuple(books.statistics.submits_since(desk.account, now - timedelta(seconds=10))),
            approval=books.approvals.answer_for(ticket),
            approval_reasons=books.approvals.reasons_for(ticket.intent_id),
        )

    def for_check(
        self,
        ticket: OrderTicket,
        clock: MarketClock,
        quote: Quote | None,
        account: AccountSnapshot,
        orderable_cash_krw: int,
        index_change: float | None,
    ) -> CheckContext:
        """All facts of a full pre-trade check; the broker's part is given."""
        desk = self._desk
        with desk.books() as books:
            facts = self.before_post(books, ticket, clock)
            bars = books.bars.daily(ticket.symbol, ticket.day - timedelta(days=60), ticket.day - timedelta(days=1))
            allowed_symbols = books.days.get(ticket.day, desk.account).universe_symbols
            # Buys on their way that the broker does not know yet; this ticket's own is not among them.
            reserved_krw = books.statistics.reserved_buy_notional(desk.account, excluding=ticket.intent_id)
            last_loss_exit_at = self._last_loss_exit_at(books, ticket, clock)
            recent_notionals_krw = books.statistics.recent_notionals(desk.account, desk.limits.fat_finger_orders)
        recent = bars[-_AVERAGE_TURNOVER_SESSIONS:]
        return CheckContext(
            **dict(facts),
            session=session_on(ticket.day),
            quote=quote,
            account=account,
            allowed_symbols=(*allowed_symbols, *self._hedge(ticket)),
            orderable_cash_krw=orderable_cash_krw,
            reserved_krw=reserved_krw,
            average_turnover_krw=sum(bar.turnover_krw for bar in recent) // len(recent) if recent else None,
            sector_exposure_krw=self._sector_exposure_krw(ticket, account, quote, facts.open_orders),
            sessions_listed=len(bars) if bars else None,
            last_loss_exit_at=last_loss_exit_at,
            recent_notionals_krw=tuple(recent_notionals_krw),
            index_change_ratio=index_change,
        )

    def _hedge(self, ticket: OrderTicket) -> tuple[str, ...]:
        """Return the hedge's symbol for a hedge of the playbook; this process's own setting, not the ticket's word."""
        hedge = self._desk.hedge_symbol
        return (hedge,) if hedge and ticket.reason == _HEDGE_REASON else ()

    def _equity_krw(self, books: Books, ticket: OrderTicket) -> int:
        points = books.ledger.equity_points(ticket.day, account=self._desk.account)
        if points:
            return points[-1].equity_krw
        held = sum(position.cost_basis_krw for position in books.ledger.positions(self._desk.account))
        return books.ledger.cash(self._desk.account) + held

    def _open_orders(self, books: Books, ticket: OrderTicket) -> tuple[OpenOrder, ...]:
        return tuple(
            OpenOrder(
                symbol=record.ticket.symbol,
                side=record.ticket.side,
                shares=max(0, record.ticket.shares - record.filled_shares),
                limit_price_krw=record.ticket.limit_price_krw,
                intent_id=record.intent_id,
            )
            for record in books.intents.open_intents(self._desk.account)
            if record.intent_id != ticket.intent_id
        )

    def _last_loss_exit_at(self, books: Books, ticket: OrderTicket, clock: MarketClock) -> datetime | None:
        """Return the market time of the last sale at a loss; of an earlier day, that day's close."""
        day = books.statistics.loss_exit_days(self._desk.account).get(ticket.symbol)
        if day is None:
            return None
        if day != ticket.day:
            return session_on(day).times().closes
        at = books.statistics.last_loss_exit(self._desk.account, ticket.symbol)
        return clock.market_time(at) if at is not None else None

    def _sector_exposure_krw(
        self, ticket: OrderTicket, account: AccountSnapshot, quote: Quote | None, open_orders: Iterable[OpenOrder]
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
            for order in open_orders
            if order.side is Side.BUY and directory.sector(order.symbol) == quote.sector
        )
        return held + buying
