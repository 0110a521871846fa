"""Booking: what the broker says of an order goes into the ledger, once."""

from datetime import date, datetime
from decimal import Decimal

from daybook.broker.port import BrokerError
from daybook.contracts.base import Mode, Side
from daybook.contracts.execution import OrderProgress, OrderRef
from daybook.contracts.orders import BrokerOrder, BrokerOrderState, IntentState
from daybook.execution.desk import ExecutionDesk
from daybook.krx.fees import order_costs

_FINAL = {
    BrokerOrderState.FILLED: IntentState.FILLED,
    BrokerOrderState.CANCELLED: IntentState.CANCELLED,
    BrokerOrderState.REJECTED: IntentState.REJECTED,
}


class Booking:
    """Books fills of the account's orders from the day's order list, or from notices where the list is silent."""

    def __init__(self, desk: ExecutionDesk, commission_rate: Decimal) -> None:
        self._desk = desk
        self._commission_rate = commission_rate

    def costs_krw(self, symbol: str, side: Side, amount_krw: int, day: date) -> int:
        """Return commission and tax of an order's executed amount so far."""
        market, kind = self._desk.securities.listing(symbol)
        return order_costs(side, market, kind, amount_krw, day, self._commission_rate).total_krw

    def book(self, row: BrokerOrder, intent_id: str | None, day: date, at: datetime) -> None:
        """Bring the ledger up to a broker row; a row older than the ledger changes nothing."""
        self._book(row.id.key, row.symbol, row.side, row.filled_shares, row.filled_amount_krw, intent_id, day, at)

    def _book(
        self,
        order_key: str,
        symbol: str,
        side: Side,
        shares: int,
        amount_krw: int,
        intent_id: str | None,
        day: date,
        at: datetime,
    ) -> None:
        if shares:
            self._desk.ledger.apply_progress(
                account=self._desk.account,
                day=day,
                order_key=order_key,
                intent_id=intent_id,
                symbol=symbol,
                side=side,
                cumulative_shares=shares,
                cumulative_amount_krw=amount_krw,
                cumulative_costs_krw=self.costs_krw(symbol, side, amount_krw, day),
                at=at,
            )

    def poll(self, reference: OrderRef) -> OrderProgress:
        """Look at one order and book its fills. A silent broker yields ``state`` None, never an end."""
        ticket, at = reference.ticket, self._desk.real_now()
        try:
            rows = self._desk.broker.orders_today(ticket.day, ticket.symbol)
        except BrokerError as error:
            return self._known(reference, None, f"order list: {error.code or error}")
        row = next((entry for entry in rows if entry.id.key == reference.order.key), None)
        if row is not None:
            self.book(row, ticket.intent_id, ticket.day, at)
            state = _FINAL.get(row.state, IntentState.WORKING)
            return self._known(reference, state, f"{row.state.value} {row.filled_shares}/{row.shares}")
        shares, amount_krw = self._desk.notices.fill_totals(ticket.day, reference.order.key)
        if shares:
            self._book(
                reference.order.key, ticket.symbol, ticket.side, shares, amount_krw, ticket.intent_id, ticket.day, at
            )
        if shares >= ticket.shares:
            return self._known(reference, IntentState.FILLED, "filled, by notices")
        if not self._ends_by_notices:
            return self._known(reference, None, "the order list does not show it")
        cancelled = any(
            notice.is_cancel and (notice.original_number.lstrip("0") or "0") == reference.order.key
            for notice in self._desk.notices.for_order(ticket.day, reference.order.key)
        )
        if cancelled:
            return self._known(reference, IntentState.CANCELLED, "cancelled, by notices")
        return self._known(reference, None, "the order list does not show it")

    def cancel(self, reference: OrderRef) -> OrderProgress:
        """Cancel the rest of an order and book what had filled. Safe to repeat."""
        try:
            cancelled = self._desk.broker.cancel(reference.order, reference.ticket.symbol)
        except BrokerError as error:
            progress = self.poll(reference)
            return progress if progress.state else self._known(reference, None, f"cancel: {error.code or error}")
        progress = self.poll(reference)
        if progress.state is None and cancelled and self._ends_by_notices:
            return self._known(reference, IntentState.CANCELLED, "cancelled; the order list does not show it")
        return progress

    @property
    def _ends_by_notices(self) -> bool:
        """Whether an order may end without the order list, which alone names every fill before a cancel.

        Only the mock host leaves that list empty all day; elsewhere it comes back.
        """
        return self._desk.mode is Mode.MOCK

    def _known(self, reference: OrderRef, state: IntentState | None, text: str) -> OrderProgress:
        """Return what is known, an end with the intent moved to it: one step for whoever asked, instead of two."""
        intent_id = reference.ticket.intent_id
        recorded = (
            state is not None
            and state.is_final
            and self._desk.intents.set_state(intent_id, state, text, at=self._desk.real_now())
        )
        record = self._desk.intents.get(intent_id)
        return OrderProgress(
            state=state,
            filled_shares=record.filled_shares,
            filled_amount_krw=record.filled_amount_krw,
            costs_krw=record.costs_krw,
            text=text,
            recorded=recorded,
        )
