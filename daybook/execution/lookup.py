"""Lookup: did an attempt of unknown outcome become an order?

Evidence, in this order: the day's order list, order notices, and what an accepted order would have changed in the
account. One order in flight per symbol and side makes a match unique; anything less than certain is said to be so.
"""

from datetime import datetime, timedelta

from daybook.broker.port import BrokerError
from daybook.contracts.base import Mode, Side
from daybook.contracts.execution import FindOrderRequest, FindResult, FoundOrder
from daybook.contracts.orders import AttemptOutcome, BrokerOrder, BrokerOrderId, FillNotice, OrderTicket
from daybook.execution.desk import ExecutionDesk

_REAL_TOLERANCE_S = 5
"""The broker stamps orders to the second on its own clock."""


class OrderLookup:
    """Looks once for the order of an attempt."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk

    def find(self, request: FindOrderRequest) -> FoundOrder:
        """Return what one look found; a found order is linked to the intent before it is returned."""
        ticket = request.ticket
        linked = self._desk.intents.linked_orders(ticket.day)
        own = next((key for key, intent_id in linked.items() if intent_id == ticket.intent_id), None)
        if own is not None:
            return self._already_linked(ticket, own)
        if request.named is not None:
            return self._adopt(ticket, request.named)
        begun = self._begun_at(request)
        if begun is None:
            return FoundOrder(result=FindResult.NOT_BEGUN, text="the attempt was never begun, so nothing was sent")
        try:
            rows = self._desk.broker.orders_today(ticket.day)
        except BrokerError as error:
            return FoundOrder(result=FindResult.INCONCLUSIVE, text=f"order list: {error.code or error}")
        since = request.clock.market_time(begun - timedelta(seconds=_REAL_TOLERANCE_S))
        found = {row.id.key: row.id for row in rows if row.id.key not in linked and _matches(row, ticket, since)}
        for notice in self._accept_notices(ticket, begun):
            key = notice.order_number.lstrip("0") or "0"
            if key not in linked:
                found.setdefault(key, BrokerOrderId(branch="", number=notice.order_number))
        if len(found) > 1:
            numbers = ", ".join(sorted(found))
            return FoundOrder(result=FindResult.AMBIGUOUS, text=f"orders {numbers} all match {ticket.intent_id}")
        if found:
            return self._adopt(ticket, next(iter(found.values())))
        return self._absent(request, rows, linked, begun)

    def _already_linked(self, ticket: OrderTicket, key: str) -> FoundOrder:
        """Return the linked order; a worker that died right after the link left its attempt open."""
        named = self._desk.intents.get(ticket.intent_id).order
        order = named if named is not None and named.key == key else BrokerOrderId(branch="", number=key)
        self._accept(ticket, order)
        return FoundOrder(result=FindResult.FOUND, order=order, text="linked before")

    def _adopt(self, ticket: OrderTicket, order: BrokerOrderId) -> FoundOrder:
        if not self._desk.intents.link_order(ticket.day, order, ticket.intent_id):
            return FoundOrder(
                result=FindResult.INCONCLUSIVE, text=f"order {order.number} was linked elsewhere meanwhile"
            )
        self._accept(ticket, order)
        return FoundOrder(result=FindResult.FOUND, order=order, text=f"order {order.number} found at the broker")

    def _accept(self, ticket: OrderTicket, order: BrokerOrderId) -> None:
        """Close the newest attempt as accepted; a person may name an order although none was begun."""
        attempts = self._desk.intents.attempts(ticket.intent_id)
        if not attempts:
            return
        self._desk.intents.finish_attempt(
            ticket.intent_id,
            attempts[-1].attempt,
            AttemptOutcome.ACCEPTED,
            order,
            "",
            "found at the broker after an unknown outcome",
            self._desk.real_now(),
        )

    def _absent(
        self, request: FindOrderRequest, rows: list[BrokerOrder], linked: dict[str, str], begun: datetime
    ) -> FoundOrder:
        """Absence counts only when the list can be trusted and the account shows no trace of the order.

        A list that lags, is cut off or is empty also lacks orders that were linked before it was read.
        """
        if self._desk.real_now() - begun < self._desk.post_horizon:
            return FoundOrder(result=FindResult.TOO_EARLY, text="the POST may still be on its way")
        if not rows and self._desk.mode is Mode.MOCK:
            return FoundOrder(
                result=FindResult.INCONCLUSIVE, text="the order list is empty although orders may exist (known of mock)"
            )
        lacking = linked.keys() - {row.id.key for row in rows}
        if lacking:
            return FoundOrder(
                result=FindResult.INCONCLUSIVE, text=f"the order list lacks {len(lacking)} orders known to exist"
            )
        moved = self._account_moved(request, begun)
        if moved:
            return FoundOrder(result=FindResult.INCONCLUSIVE, text=moved)
        return FoundOrder(result=FindResult.ABSENT, text=f"not among {len(rows)} orders of today; account unchanged")

    def _account_moved(self, request: FindOrderRequest, begun: datetime) -> str:
        ticket, before = request.ticket, request.evidence
        if self._others_traded_since(ticket.intent_id, min(begun, before.asked_at or begun)):
            return ""
        try:
            if ticket.side is Side.SELL:
                holding = self._desk.broker.account().holding(ticket.symbol)
                sellable = holding.sellable_shares if holding else 0
                gone = before.sellable_shares - sellable
                return f"{gone} sellable shares are gone" if gone >= ticket.shares else ""
            cash = self._desk.broker.orderable_cash(ticket.symbol, ticket.limit_price_krw, ticket.kind)
        except BrokerError as error:
            return f"account: {error.code or error}"
        gone_krw = before.orderable_cash_krw - cash
        return f"{gone_krw:,} KRW of orderable cash are gone" if gone_krw >= ticket.notional_krw * 0.9 > 0 else ""

    def _others_traded_since(self, intent_id: str, since: datetime) -> bool:
        """Whether other orders moved the account, which voids its evidence."""
        return self._desk.statistics.traded_since(self._desk.account, since, excluding=intent_id)

    def _begun_at(self, request: FindOrderRequest) -> datetime | None:
        """Return when the attempt was begun. None is final: an intent of unknown outcome begins no attempt."""
        attempts = self._desk.intents.attempts(request.ticket.intent_id)
        return next((entry.started_at for entry in attempts if entry.attempt == request.attempt), None)

    def _accept_notices(self, ticket: OrderTicket, since: datetime) -> list[FillNotice]:
        tolerance = timedelta(seconds=_REAL_TOLERANCE_S)
        return [
            notice
            for notice in self._desk.notices.accepts(ticket.day, ticket.symbol, ticket.side)
            if notice.shares == ticket.shares and notice.received_at >= since - tolerance
        ]


def _matches(row: BrokerOrder, ticket: OrderTicket, since: datetime) -> bool:
    return (
        row.symbol == ticket.symbol
        and row.side is ticket.side
        and row.shares == ticket.shares
        and row.limit_price_krw == ticket.limit_price_krw
        and row.ordered_at >= since.replace(microsecond=0)
    )
