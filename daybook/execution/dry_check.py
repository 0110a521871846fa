"""The pre-trade rules asked of an order that nobody has decided on: reads only, no intent, no audit record."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from daybook.broker.port import BrokerError
from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Side, Symbol, Won
from daybook.contracts.clock import MarketClock
from daybook.contracts.market import Quote
from daybook.contracts.orders import OrderKind, OrderTicket, Purpose, TicketOrigin
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckResult, Denial
from daybook.execution.check import KOSPI
from daybook.execution.context import ContextReader
from daybook.execution.desk import ExecutionDesk
from daybook.execution.tool_outcomes import as_tool_errors
from daybook.risk.checks import check_order
from daybook.storage.errors import RecordNotFound

DRAFT_INTENT = "draft"
"""The intent id of a ticket that is only checked; no recorded intent bears it."""

_DRAFT_VALID_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What an order says: everything of a ticket that a person decides."""

    symbol: Symbol
    side: Side
    shares: int
    kind: OrderKind
    limit_price_krw: Won


@dataclass(frozen=True, slots=True)
class Look:
    """What the broker says of symbol, account and market at about one moment."""

    quote: Quote
    account: AccountSnapshot
    index_change_ratio: float | None


class DryChecker:
    """Checks orders without any trace.

    Args:
        desk: the desk; its own limits count.
        contexts: reads the facts of the books.
        clock: gives the clock of market time; real time unless a rehearsal runs.
    """

    def __init__(
        self,
        desk: ExecutionDesk,
        contexts: ContextReader,
        clock: Callable[[], MarketClock] = MarketClock.real_time,
    ) -> None:
        self._desk = desk
        self._contexts = contexts
        self._clock = clock

    def market_now(self) -> datetime:
        """Return the market time now, in KST."""
        return self._clock().market_time(self._desk.real_now())

    def look(self, symbol: str) -> Look:
        """Ask the broker for quote, account and index at once.

        Raises:
            ToolError: when quote or account cannot be had; a missing index is left out, as in a real check.
        """
        broker = self._desk.broker
        with as_tool_errors(), ThreadPoolExecutor(3, thread_name_prefix="dry-check") as pool:
            quote = pool.submit(broker.quote, symbol, with_book=True)
            account = pool.submit(broker.account)
            index = pool.submit(self._index_change)
            look = Look(quote.result(), account.result(), index.result())
        self._desk.securities.learn(look.quote)
        return look

    def check(self, terms: OrderTerms, look: Look) -> CheckResult:
        """Ask every rule about an order, as if a person's question had asked for it now.

        Raises:
            ToolError: when the broker or the books cannot be asked.
        """
        ticket = self._ticket(terms, look)
        with as_tool_errors():
            cash_krw = look.account.orderable_cash_krw
            if terms.side is Side.BUY:
                cash_krw = self._desk.broker.orderable_cash(terms.symbol, terms.limit_price_krw, terms.kind)
            try:
                context = self._contexts.for_check(
                    ticket, self._clock(), look.quote, look.account, cash_krw, look.index_change_ratio
                )
            except RecordNotFound:
                text = f"no trading day has begun on {ticket.day}; begin it, then the order can be checked"
                return CheckResult(denials=(Denial(code=DenialCode.NOT_RECONCILED, text=text),))
        result = check_order(ticket, context, self._desk.limits)
        return self._with_kill_switch(result)

    def _with_kill_switch(self, result: CheckResult) -> CheckResult:
        switch = self._desk.kill_switch
        if not switch.is_on() or DenialCode.TRADING_HALTED in result.codes:
            return result
        denial = Denial(code=DenialCode.TRADING_HALTED, text=f"kill-switch file: {switch.reason()}")
        return CheckResult(denials=(*result.denials, denial), needs_approval=result.needs_approval)

    def _ticket(self, terms: OrderTerms, look: Look) -> OrderTicket:
        market_now = self.market_now()
        return OrderTicket(
            intent_id=DRAFT_INTENT,
            decision_id=DRAFT_INTENT,
            origin=TicketOrigin.QUESTION,
            account=self._desk.account,
            mode=self._desk.mode,
            day=market_now.date(),
            symbol=terms.symbol,
            side=terms.side,
            shares=terms.shares,
            kind=terms.kind,
            limit_price_krw=terms.limit_price_krw,
            reference_price_krw=look.quote.price_krw,
            purpose=Purpose.ENTRY if terms.side is Side.BUY else Purpose.EXIT,
            decided_at=self._desk.real_now(),
            valid_until=market_now + _DRAFT_VALID_FOR,
        )

    def _index_change(self) -> float | None:
        try:
            return self._desk.broker.index(KOSPI).change_ratio
        except BrokerError:
            return None
