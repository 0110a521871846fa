"""Everything the exchange must not forget, changed only by records.

The running exchange and the recovery from a journal apply the same records through the same code, so both end in
the same state.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from daybook.contracts.base import Side
from daybook.krx.fees import order_costs
from daybook.paper.accounts import Account
from daybook.paper.clock import ClockAnchor
from daybook.paper.journal import JournalError, Record
from daybook.paper.matching import RestingOrder
from daybook.paper.model import Execution, Order, OrderStatus, Security
from daybook.paper.trading_dates import trading_date_after

SETTLEMENT_DAYS = 2


class ExchangeState:
    """Accounts, orders, executions, order numbers and the clock's anchor."""

    def __init__(self, securities: Mapping[str, Security], commission_rate: Decimal) -> None:
        self._securities = securities
        self.commission_rate = commission_rate
        self.accounts: dict[str, Account] = {}
        self.orders: dict[date, dict[str, RestingOrder]] = {}
        self.resting: dict[str, list[RestingOrder]] = {}
        self.executions: list[Execution] = []
        self.anchor: ClockAnchor | None = None
        self.identity = ""
        self.last_event_at: datetime | None = None
        self.sequence = 0

    def apply(self, record: Record) -> None:
        """Change the state by one record; raises ``JournalError`` for a kind it does not know."""
        match record["kind"]:
            case "identity":
                self.identity = record["identity"]
            case "clock":
                self.anchor = ClockAnchor(_moment(record["market"]), record["real_s"], record["speed"])
            case "account":
                self.accounts[record["account"]] = Account(record["account"], record["cash_krw"])
            case "order":
                self._add(record)
            case "fill":
                self._fill(record)
            case "drop":
                self._drop(record)
            case "queues":
                self._queues(record)
            case unknown:
                raise JournalError(f"unknown record: {unknown}")

    def find(self, day: date, number: str) -> RestingOrder | None:
        """Return an order or request of a day by its number."""
        return self.orders.get(day, {}).get(number)

    def next_number(self, day: date) -> str:
        """Return the next free order number of a day; every day starts at 1."""
        return f"{len(self.orders.get(day, {})) + 1:010d}"

    def resting_of(self, account: str) -> list[RestingOrder]:
        """Return an account's orders that can still trade."""
        return [one for orders in self.resting.values() for one in orders if one.order.account == account]

    def costs_krw(self, order: Order) -> int:
        """Return commission and tax of an order's executions so far."""
        return self._costs(order, order.filled_amount_krw)

    def _add(self, record: Record) -> None:
        order = order_of(record["order"])
        day_orders = self.orders.setdefault(order.entered_at.date(), {})
        resting = RestingOrder(order, record["sequence"], record["limit_krw"], record["reserve_krw"], record["seen_ms"])
        day_orders[order.number] = resting
        self.sequence = record["sequence"]
        if order.remaining_shares:
            self.resting.setdefault(order.symbol, []).append(resting)
        self._note(order.entered_at)

    def _fill(self, record: Record) -> None:
        at = _moment(record["at"])
        resting = self._known(at.date(), record["number"])
        order, shares, price = resting.order, record["shares"], record["price_krw"]
        before = self._costs(order, order.filled_amount_krw)
        order.filled_shares += shares
        order.filled_amount_krw += shares * price
        day = at.date()
        self.accounts[order.account].book(
            order.symbol,
            order.side,
            shares,
            price,
            self._costs(order, order.filled_amount_krw) - before,
            day=day,
            settles=trading_date_after(day, SETTLEMENT_DAYS),
        )
        self.executions.append(
            Execution(
                len(self.executions) + 1, order.number, order.account, order.symbol, order.side, shares, price, at
            )
        )
        self._close_if_done(resting, OrderStatus.FILLED)
        self._note(at)

    def _drop(self, record: Record) -> None:
        at = _moment(record["at"])
        resting = self._known(at.date(), record["number"])
        resting.order.cancelled_shares += record["shares"]
        self._close_if_done(resting, OrderStatus.CANCELLED)
        self._note(at)

    def _queues(self, record: Record) -> None:
        at = _moment(record["at"])
        for number, ahead in record["ahead"].items():
            resting = self._known(at.date(), number)
            resting.order.queue_ahead_shares = ahead
            resting.seen_ms = record["seen_ms"]

    def _known(self, day: date, number: str) -> RestingOrder:
        found = self.find(day, number)
        if found is None:
            raise JournalError(f"a record names order {number} of {day}, which is not there")
        return found

    def _close_if_done(self, resting: RestingOrder, status: OrderStatus) -> None:
        order = resting.order
        if order.remaining_shares:
            return
        order.status = status
        order.queue_ahead_shares = 0
        waiting = [one for one in self.resting.get(order.symbol, []) if one is not resting]
        if waiting:
            self.resting[order.symbol] = waiting
        else:
            self.resting.pop(order.symbol, None)

    def _costs(self, order: Order, amount_krw: int) -> int:
        security = self._securities[order.symbol]
        return order_costs(
            order.side, security.market, security.kind, amount_krw, order.entered_at.date(), self.commission_rate
        ).total_krw

    def _note(self, at: datetime) -> None:
        self.last_event_at = at if self.last_event_at is None else max(self.last_event_at, at)


def order_record(resting: RestingOrder) -> Record:
    """Return the record that adds an order."""
    order = asdict(resting.order)
    order["entered_at"] = resting.order.entered_at.isoformat()
    return {
        "kind": "order",
        "order": order,
        "sequence": resting.sequence,
        "limit_krw": resting.limit_krw,
        "reserve_krw": resting.reserve_krw,
        "seen_ms": resting.seen_ms,
    }


def order_of(fields: Record) -> Order:
    """Return the order a record holds."""
    values = dict(fields)
    values["side"] = Side(values["side"])
    values["status"] = OrderStatus(values["status"])
    values["entered_at"] = _moment(values["entered_at"])
    return Order(**values)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
