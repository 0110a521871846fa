"""The account's side of KIS: balance, orders and what became of them."""

from collections.abc import Callable
from datetime import date, datetime

from daybook.broker.kis import decode_account, decode_orders
from daybook.broker.kis.decode_account import ConflictingRows
from daybook.broker.kis.errors import NO_ROWS_CODES, describe, nothing_left
from daybook.broker.kis.fields import UnreadableReply
from daybook.broker.kis.gateway import KisGateway
from daybook.broker.kis.market_data import check_symbol, decoded
from daybook.broker.kis.paging import pages
from daybook.broker.kis.transport import Reply
from daybook.broker.kis.wire import (
    BALANCE,
    DAILY_ORDERS,
    MODIFY_OR_CANCEL,
    OPEN_ORDERS,
    ORDERABLE,
    Endpoint,
    order_endpoint,
)
from daybook.broker.port import OrderOutcomeUnknown, OrderRefused
from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Mode, Side
from daybook.contracts.orders import BrokerOrder, BrokerOrderId, BrokerOrderState, OrderKind

_ORDER_TYPES = {OrderKind.LIMIT: "00", OrderKind.MARKET: "01"}
_EXCHANGE = "KRX"
_ALIVE = (BrokerOrderState.WORKING, BrokerOrderState.PARTIAL)


class KisTrading:
    """Account and orders of one gateway. Thread-safe. ``now`` is real time."""

    def __init__(self, gateway: KisGateway, now: Callable[[], datetime]) -> None:
        self._gateway = gateway
        self._now = now

    def account(self) -> AccountSnapshot:
        """Return holdings and cash; a list that changed while it was paged is read once more."""
        try:
            return self._account()
        except ConflictingRows:
            return self._account()

    def orderable_cash(self, symbol: str, price_krw: int, kind: OrderKind) -> int:
        """Return the cash for a buy of ``symbol`` without margin loan."""
        return self._orderable(check_symbol(symbol), price_krw, kind)

    def submit(self, symbol: str, side: Side, shares: int, kind: OrderKind, price_krw: int) -> BrokerOrderId:
        """Send one order, once (see the port)."""
        _check_order(symbol, shares, kind, price_krw)
        body = {
            **self._gateway.account_fields,
            "PDNO": symbol,
            "ORD_DVSN": _ORDER_TYPES[kind],
            "ORD_QTY": str(shares),
            "ORD_UNPR": str(price_krw),
            "EXCG_ID_DVSN_CD": _EXCHANGE,
        }
        return self._sent(order_endpoint(side), body)

    def cancel(self, order: BrokerOrderId, symbol: str) -> bool:
        """Cancel the whole rest of an order; repeated on a lost answer, because a second cancel does no harm."""
        check_symbol(symbol)
        body = self._change_body(order, "02", shares=0, price_krw=0, whole_rest=True)
        reply = self._gateway.repeatable_post(MODIFY_OR_CANCEL, body, final=nothing_left)
        return not nothing_left(reply)

    def modify(self, order: BrokerOrderId, symbol: str, shares: int, price_krw: int) -> BrokerOrderId:
        """Replace price and shares of the rest of a limit order, once (see the port)."""
        _check_order(symbol, shares, OrderKind.LIMIT, price_krw)
        return self._sent(MODIFY_OR_CANCEL, self._change_body(order, "01", shares, price_krw, whole_rest=False))

    def orders_today(self, day: date, symbol: str | None = None) -> list[BrokerOrder]:
        """Return the day's orders, all pages, oldest first."""
        query = {
            **self._gateway.account_fields,
            "INQR_STRT_DT": f"{day:%Y%m%d}",
            "INQR_END_DT": f"{day:%Y%m%d}",
            "SLL_BUY_DVSN_CD": "00",
            "PDNO": check_symbol(symbol) if symbol else "",
            "CCLD_DVSN": "00",
            "INQR_DVSN": "01",
            "INQR_DVSN_3": "00",
            "ORD_GNO_BRNO": "",
            "ODNO": "",
            "INQR_DVSN_1": "",
            "EXCG_ID_DVSN_CD": "ALL" if self._gateway.mode is Mode.LIVE else _EXCHANGE,
        }
        found: list[BrokerOrder] = []
        for number, reply in enumerate(pages(self._gateway, DAILY_ORDERS, query)):
            _require_list(reply, "output1", DAILY_ORDERS, is_promised=number > 0)
            found += decoded(decode_orders.daily_orders, reply)
        return [order for order in _unique(found) if symbol is None or order.symbol == symbol]

    def open_orders(self, day: date) -> list[BrokerOrder]:
        """Return the orders that can still be cancelled; where KIS has no list of them, those of the day's orders."""
        if OPEN_ORDERS.served_id(self._gateway.mode) is None:
            return [order for order in self.orders_today(day) if order.state in _ALIVE]
        query = {**self._gateway.account_fields, "INQR_DVSN_1": "0", "INQR_DVSN_2": "0"}
        found: list[BrokerOrder] = []
        for number, reply in enumerate(pages(self._gateway, OPEN_ORDERS, query)):
            _require_list(reply, "output", OPEN_ORDERS, is_promised=number > 0)
            found += decoded(lambda body: decode_orders.open_orders(body, day), reply)
        return _unique(found)

    def _account(self) -> AccountSnapshot:
        query = {
            **self._gateway.account_fields,
            "AFHR_FLPR_YN": "N",
            "OFL_YN": "",
            "INQR_DVSN": "01",
            "UNPR_DVSN": "01",
            "FUND_STTL_ICLD_YN": "N",
            "FNCG_AMT_AUTO_RDPT_YN": "N",
            "PRCS_DVSN": "00",
        }
        replies = list(pages(self._gateway, BALANCE, query))
        for number, reply in enumerate(replies):
            _require_list(reply, "output1", BALANCE, is_promised=number > 0)
        cash = self._orderable("", 0, OrderKind.MARKET)
        bodies = [reply.body or {} for reply in replies]
        return decoded(lambda _: decode_account.account_snapshot(bodies, cash, self._now()), replies[-1])

    def _orderable(self, symbol: str, price_krw: int, kind: OrderKind) -> int:
        query = {
            **self._gateway.account_fields,
            "PDNO": symbol,
            "ORD_UNPR": str(price_krw) if symbol else "",
            "ORD_DVSN": _ORDER_TYPES[kind],
            "CMA_EVLU_AMT_ICLD_YN": "N",
            "OVRS_ICLD_YN": "N",
        }
        return decoded(decode_account.orderable_cash, self._gateway.read(ORDERABLE, query))

    def _change_body(
        self, order: BrokerOrderId, kind: str, shares: int, price_krw: int, *, whole_rest: bool
    ) -> dict[str, str]:
        return {
            **self._gateway.account_fields,
            "KRX_FWDG_ORD_ORGNO": order.branch,
            "ORGN_ODNO": order.number,
            "ORD_DVSN": "00",
            "RVSE_CNCL_DVSN_CD": kind,
            "ORD_QTY": str(shares),
            "ORD_UNPR": str(price_krw),
            "QTY_ALL_ORD_YN": "Y" if whole_rest else "N",
            "EXCG_ID_DVSN_CD": _EXCHANGE,
        }

    def _sent(self, endpoint: Endpoint, body: dict[str, str]) -> BrokerOrderId:
        reply = self._gateway.order(endpoint, body)
        order = decode_orders.order_id(reply.body or {})
        if order is None:
            raise OrderOutcomeUnknown(
                f"{endpoint.name}: accepted without an order number",
                code=reply.code or "NO_ODNO",
                advice="look at today's orders; the order may exist",
            )
        return order


def _check_order(symbol: str, shares: int, kind: OrderKind, price_krw: int) -> None:
    """Refuse what no broker takes before anything is sent."""
    check_symbol(symbol)
    is_priced = kind is OrderKind.LIMIT
    if shares < 1 or (price_krw < 1 if is_priced else price_krw != 0):
        raise OrderRefused(
            "an order has at least one share; a limit order has a price and a market order has none",
            code="ARGUMENTS",
            advice="correct the ticket; nothing was sent",
        )


def _require_list(reply: Reply, block: str, endpoint: Endpoint, *, is_promised: bool) -> None:
    """Refuse a reply without its list, and a page without rows that the page before had promised."""
    body = reply.body or {}
    if is_promised and not body.get(block):
        raise UnreadableReply(f"{describe(endpoint.name, reply)}: the list breaks off", code="PAGING")
    if not isinstance(body.get(block), list) and reply.code not in NO_ROWS_CODES:
        raise UnreadableReply(f"{describe(endpoint.name, reply)}: the list is missing")


def _unique(orders: list[BrokerOrder]) -> list[BrokerOrder]:
    """Return orders oldest first, each number once: rows move over page borders while a list is read."""
    by_number = {(order.id.branch, order.id.key): order for order in orders}
    return sorted(by_number.values(), key=lambda order: (order.ordered_at, order.id.key.zfill(10)))
