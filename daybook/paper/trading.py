"""Orders: buy, sell, modify, cancel, and what an account could still order."""

from daybook.contracts.base import Side, Won
from daybook.paper.envelope import Reply, Row, order_reply, orderable_reply
from daybook.paper.environment import Environment
from daybook.paper.errors import business, gateway, missing_field, venue_refused
from daybook.paper.formats import change, fixed, hhmmss, percent, short_decimal
from daybook.paper.front import Front
from daybook.paper.kis_call import KisCall, listed
from daybook.paper.model import Order, Refusal, RefusalKind, Security

MARKET_TYPES = frozenset({"01", "03", "04", "13", "14", "15", "16"})
"""Order types without a limit price; their buying power counts at the upper limit price."""

_SELL_IDS = frozenset({"TTTC0011U", "VTTC0011U", "TTTC0801U", "VTTC0801U"})


def is_sell(tr_id: str) -> bool:
    """Whether an order service's tr_id sells."""
    return tr_id in _SELL_IDS


def account_of(front: Front, call: KisCall) -> str:
    """Return the account a call names; raises OPSQ2000 for one that is not the caller's."""
    return front.accounts.resolve(call.required("CANO"), call.required("ACNT_PRDT_CD"), call.app_key)


def order_cash(front: Front, call: KisCall) -> Reply:
    """Answer ``order-cash``: accept and match an order, or refuse it."""
    account = account_of(front, call)
    symbol, order_type = call.required("PDNO"), call.required("ORD_DVSN")
    shares, price_krw = _shares(call), _price(call)
    _check_venue(call)
    side = Side.SELL if is_sell(call.tr_id) else Side.BUY
    security = listed(front.engine, symbol)
    try:
        order = front.engine.submit(
            account, security.symbol if security else symbol, side, order_type, shares, price_krw
        )
    except Refusal as refusal:
        raise business(refusal.kind, call.environment) from refusal
    _remember(front, order)
    return order_reply(call.environment, side.value, _order_output(order, call.environment))


def order_rvsecncl(front: Front, call: KisCall) -> Reply:
    """Answer ``order-rvsecncl``: 01 modifies, 02 cancels the rest of an order."""
    account = account_of(front, call)
    number = call.required("ORGN_ODNO").zfill(10)
    action = call.required("RVSE_CNCL_DVSN_CD")
    takes_all = call.required("QTY_ALL_ORD_YN").upper() != "N"
    _check_venue(call)
    _check_branch(front, call, account, number)
    shares = None if takes_all else _shares(call)
    try:
        if action == "02":
            order = front.engine.cancel(account, number, shares)
        elif action == "01":
            order = front.engine.modify(account, number, call.required("ORD_DVSN"), shares, _price(call))
        else:
            raise missing_field("RVSE_CNCL_DVSN_CD")
    except Refusal as refusal:
        raise business(refusal.kind, call.environment) from refusal
    _remember(front, order)
    name = "cancel" if action == "02" else "modify"
    return order_reply(call.environment, name, _order_output(order, call.environment))


def inquire_psbl_order(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-psbl-order``: cash and shares for a buy, at the upper limit price without a limit price."""
    account = account_of(front, call)
    cash = front.engine.cash(account)
    security = listed(front.engine, call.required("PDNO")) if call.required("PDNO") else None
    price_krw = call.number("ORD_UNPR") or 0
    if security is not None and (call.text("ORD_DVSN") in MARKET_TYPES or not price_krw):
        price_krw = front.engine.trade_state(security.symbol).upper_limit_krw
    available_krw = max(0, cash.orderable_krw)
    shares = buyable_shares(front, account, security, available_krw, price_krw) if security else 0
    output = {
        "ord_psbl_cash": str(available_krw),
        "ord_psbl_sbst": "0",
        "ruse_psbl_amt": str(cash.reusable_krw),
        "fund_rpch_chgs": "0",
        "psbl_qty_calc_unpr": str(price_krw if security else 0),
        "nrcvb_buy_amt": str(available_krw),
        "nrcvb_buy_qty": str(shares),
        "max_buy_amt": str(available_krw),
        "max_buy_qty": str(shares),
        "cma_evlu_amt": "0",
        "ovrs_re_use_amt_wcrc": "0",
        "ord_psbl_frcr_amt_wcrc": "0",
    }
    return orderable_reply(call.environment, output)


def buyable_shares(front: Front, account: str, security: Security, cash_krw: Won, price_krw: Won) -> int:
    """Return how many shares cash pays for, commission included."""
    if price_krw <= 0:
        return 0
    shares = cash_krw // price_krw
    while shares > 0:
        amount_krw = shares * price_krw
        trial = Order(
            number="",
            branch="",
            account=account,
            symbol=security.symbol,
            side=Side.BUY,
            order_type="00",
            shares=shares,
            price_krw=price_krw,
            entered_at=front.engine.now(),
            filled_shares=shares,
            filled_amount_krw=amount_krw,
        )
        missing_krw = amount_krw + front.engine.order_costs_krw(trial) - cash_krw
        if missing_krw <= 0:
            break
        shares -= max(1, missing_krw // price_krw)
    return max(0, shares)


def inquire_psbl_sell(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-psbl-sell`` (TTTC8408R): what of a holding can be sold."""
    account = account_of(front, call)
    symbol = call.required("PDNO")
    security = listed(front.engine, symbol)
    held = next((row for row in front.engine.holdings(account) if security and row.symbol == security.symbol), None)
    output: Row = dict.fromkeys(("buy_qty", "sll_qty", "cblc_qty", "nsvg_qty", "ord_psbl_qty", "pchs_amt"), "0")
    output.update(pdno=symbol, pchs_avg_pric="0.0000", now_pric="0", evlu_amt="0", evlu_pfls_amt="0")
    output.update(evlu_pfls_rt=fixed(0))
    if held is not None:
        value_krw = held.shares * held.price_krw
        output.update(
            buy_qty=str(held.bought_today),
            sll_qty=str(held.sold_today),
            cblc_qty=str(held.shares),
            ord_psbl_qty=str(held.sellable_shares),
            pchs_avg_pric=fixed(held.average_price_krw, 4),
            pchs_amt=str(held.cost_krw),
            now_pric=str(held.price_krw),
            evlu_amt=str(value_krw),
            evlu_pfls_amt=str(change(value_krw, held.cost_krw)),
            evlu_pfls_rt=percent(value_krw - held.cost_krw, held.cost_krw),
        )
    return orderable_reply(call.environment, output)


def average_fill_krw(order: Order) -> str:
    """Return the average fill price as the day's orders show it, 0 before the first fill."""
    return short_decimal(order.filled_amount_krw / order.filled_shares) if order.filled_shares else "0"


def _order_output(order: Order, environment: Environment) -> Row:
    output = {
        "KRX_FWDG_ORD_ORGNO": order.branch,
        "ODNO": order.number,
        "ORD_TMD": hhmmss(order.entered_at),
    }
    return output if environment is Environment.MOCK else {**output, "SOR_ODNO": ""}


def _remember(front: Front, order: Order) -> None:
    front.order_seen_at_s[order.account, order.number] = front.monotonic_s()


def _shares(call: KisCall) -> int:
    call.required("ORD_QTY")
    shares = call.number("ORD_QTY")
    if not shares:
        raise business(RefusalKind.BAD_QUANTITY, call.environment)
    return shares


def _price(call: KisCall) -> Won:
    if not call.required("ORD_UNPR"):
        return 0
    price_krw = call.number("ORD_UNPR")
    if price_krw is None:
        raise business(RefusalKind.OFF_TICK, call.environment)
    return price_krw


def _check_venue(call: KisCall) -> None:
    """Refuse NXT, which the exchange does not have; SOR in the real environment routes to the only venue."""
    venue = call.text("EXCG_ID_DVSN_CD").upper()
    allowed = {"", "KRX"} if call.environment is Environment.MOCK else {"", "KRX", "SOR"}
    if venue not in {"", "KRX", "NXT", "SOR"}:
        raise gateway("OPSQ2002")
    if venue not in allowed:
        raise venue_refused(call.environment)


def _check_branch(front: Front, call: KisCall, account: str, number: str) -> None:
    """Refuse a request that names another branch than the order's; a blank branch is accepted."""
    branch = call.text("KRX_FWDG_ORD_ORGNO")
    if not branch:
        return
    today = front.engine.now().date()
    orders = front.engine.orders(account, today, today)
    if not any(order.number == number and order.branch.lstrip("0") == branch.lstrip("0") for order in orders):
        raise business(RefusalKind.UNKNOWN_ORDER, call.environment)
