"""The full pre-trade check of a ticket, with fresh data."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from daybook.broker.port import BrokerError
from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Side
from daybook.contracts.execution import AccountEvidence, CheckedOrder, CheckOrderRequest
from daybook.contracts.market import Quote
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import Denial
from daybook.execution.context import ContextReader
from daybook.execution.desk import ExecutionDesk
from daybook.risk.checks import check_order

KOSPI = "0001"


@dataclass(frozen=True)
class _BrokerFacts:
    """What the broker says of account, symbol and market at about one moment."""

    account: AccountSnapshot
    quote: Quote | None
    index_change: float | None
    orderable_cash_krw: int


class OrderChecker:
    """Gathers facts, asks the rules, and keeps the answer in the audit chain."""

    def __init__(self, desk: ExecutionDesk, contexts: ContextReader) -> None:
        self._desk = desk
        self._contexts = contexts

    def check(self, request: CheckOrderRequest) -> CheckedOrder:
        """Check a ticket.

        Raises:
            BrokerError: when the account cannot be read; the caller asks again.
        """
        desk, ticket = self._desk, request.ticket
        asked_at = desk.real_now()
        facts = self._ask_broker(ticket)
        account, quote = facts.account, facts.quote
        context = self._contexts.for_check(
            ticket, request.clock, quote, account, facts.orderable_cash_krw, facts.index_change
        )
        result = check_order(ticket, context, desk.limits)
        denials = list(result.denials)
        codes = list(result.codes)
        if desk.kill_switch.is_on() and DenialCode.TRADING_HALTED not in codes:
            text = f"kill-switch file: {desk.kill_switch.reason()}"
            denials.append(Denial(code=DenialCode.TRADING_HALTED, text=text))
            codes.append(DenialCode.TRADING_HALTED)
        holding = account.holding(ticket.symbol)
        checked = CheckedOrder(
            denials=tuple(codes),
            texts=tuple(denial.text for denial in denials),
            approval_reasons=tuple(code.value for code in result.needs_approval),
            last_price_krw=quote.price_krw if quote else 0,
            checked_at=desk.real_now(),
            evidence=AccountEvidence(
                orderable_cash_krw=context.orderable_cash_krw or 0,
                sellable_shares=holding.sellable_shares if holding else 0,
                asked_at=asked_at,
            ),
        )
        desk.audit.append(
            at=desk.real_now(),
            actor="risk",
            action="order.checked",
            subject=ticket.intent_id,
            detail={
                "denials": [denial.model_dump(mode="json") for denial in denials],
                "needs_approval": [code.value for code in result.needs_approval],
                "last_price_krw": checked.last_price_krw,
                "state": context.trading_state.value,
                "market_time": context.market_now.isoformat(),
            },
        )
        return checked

    def _ask_broker(self, ticket: OrderTicket) -> _BrokerFacts:
        """Ask everything at once: the answers do not depend on each other, and an order waits for all of them."""
        broker, is_buy = self._desk.broker, ticket.side is Side.BUY
        with ThreadPoolExecutor(4 if is_buy else 3, thread_name_prefix="check") as pool:
            quote = pool.submit(self._quote, ticket.symbol)
            index_change = pool.submit(self._index_change)
            cash = (
                pool.submit(broker.orderable_cash, ticket.symbol, ticket.limit_price_krw, ticket.kind)
                if is_buy
                else None
            )
            account = pool.submit(broker.account).result()
            return _BrokerFacts(
                account=account,
                quote=quote.result(),
                index_change=index_change.result(),
                orderable_cash_krw=cash.result() if cash is not None else account.orderable_cash_krw,
            )

    def _quote(self, symbol: str) -> Quote | None:
        """Return a fresh quote, or None: the rules deny an order without one."""
        try:
            quote = self._desk.broker.quote(symbol, with_book=True)
        except BrokerError:
            return None
        self._desk.securities.learn(quote)
        return quote

    def _index_change(self) -> float | None:
        try:
            return self._desk.broker.index(KOSPI).change_ratio
        except BrokerError:
            return None
