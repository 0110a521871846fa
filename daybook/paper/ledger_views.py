"""Inquiries of an account: its balance, the day's orders, the orders that can still be changed."""

from collections.abc import Iterable
from datetime import date, timedelta

from daybook.contracts.base import Side
from daybook.contracts.market import Market
from daybook.paper.envelope import Reply, Row, ledger_reply
from daybook.paper.environment import Environment
from daybook.paper.formats import change, change_percent, fixed, flag, hhmmss, percent, yyyymmdd
from daybook.paper.front import Front
from daybook.paper.kis_call import KisCall
from daybook.paper.model import CashView, HoldingView, Order, OrderStatus
from daybook.paper.paging import context_fields, page_of
from daybook.paper.reference import EXCHANGE_CODES
from daybook.paper.trading import account_of, average_fill_krw

BALANCE_PAGE = {Environment.REAL: 50, Environment.MOCK: 20}
ORDERS_PAGE = {Environment.REAL: 100, Environment.MOCK: 15}
OPEN_ORDERS_PAGE = 50
CONTEXT_WIDTH = 100
THREE_MONTHS = timedelta(days=92)

_OLD_ORDER_IDS = frozenset({"CTSC9215R", "VTSC9215R", "CTSC9115R", "VTSC9115R"})
"""Services of orders older than three months."""

_ORDER_TYPE_NAMES = {"00": "지정가", "01": "시장가", "02": "조건부지정가", "03": "최유리지정가", "04": "최우선지정가"}
_CONDITION_NAMES = {"11": "IOC", "13": "IOC", "15": "IOC", "12": "FOK", "14": "FOK", "16": "FOK"}


def inquire_balance(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-balance``: holdings in pages, totals as an array of one."""
    account = account_of(front, call)
    rows = front.engine.holdings(account)
    shown = [row for row in rows if row.shares or call.text("PRCS_DVSN") != "01"]
    page = page_of(
        [row.symbol for row in shown],
        BALANCE_PAGE[call.environment],
        call.text("CTX_AREA_NK100"),
        continues=call.continues,
    )
    names = ("FUND_STTL_ICLD_YN", "FNCG_AMT_AUTO_RDPT_YN", "INQR_DVSN", "UNPR_DVSN", "AFHR_FLPR_YN")
    query_key = "^".join((account[:8], account[8:], *(call.text(name) for name in names), ""))
    reply = ledger_reply(
        call.environment,
        {
            "output1": [_holding_row(front, row) for row in page.of(shown)],
            "output2": [_balance_totals(rows, front.engine.cash(account))],
            **context_fields(CONTEXT_WIDTH, query_key, page.next_key, "100"),
        },
        more=page.has_more,
    )
    reply.tr_cont = page.tr_cont
    return reply


def _holding_row(front: Front, row: HoldingView) -> Row:
    state = front.engine.trade_state(row.symbol)
    value_krw = row.shares * row.price_krw
    profit_krw = value_krw - row.cost_krw if row.shares else 0
    return {
        "pdno": row.symbol,
        "prdt_name": row.name,
        "trad_dvsn_name": "현금",
        "bfdy_buy_qty": str(row.bought_yesterday),
        "bfdy_sll_qty": str(row.sold_yesterday),
        "thdt_buyqty": str(row.bought_today),
        "thdt_sll_qty": str(row.sold_today),
        "hldg_qty": str(row.shares),
        "ord_psbl_qty": str(row.sellable_shares),
        "pchs_avg_pric": fixed(row.average_price_krw, 4),
        "pchs_amt": str(row.cost_krw),
        "prpr": str(row.price_krw),
        "evlu_amt": str(value_krw),
        "evlu_pfls_amt": str(profit_krw),
        "evlu_pfls_rt": percent(profit_krw, row.cost_krw),
        "evlu_erng_rt": percent(profit_krw, row.cost_krw, 8),
        "loan_dt": "",
        "loan_amt": "0",
        "stln_slng_chgs": "0",
        "expd_dt": "",
        "fltt_rt": change_percent(row.price_krw, state.base_krw, 8),
        "bfdy_cprs_icdc": str(change(row.price_krw, state.base_krw)),
        "item_mgna_rt_name": "100%",
        "grta_rt_name": "",
        "sbst_pric": "0",
        "stck_loan_unpr": "0.0000",
    }


def _balance_totals(rows: Iterable[HoldingView], cash: CashView) -> Row:
    held = [row for row in rows if row.shares]
    value_krw = sum(row.shares * row.price_krw for row in held)
    cost_krw = sum(row.cost_krw for row in held)
    assets_krw = value_krw + cash.d2_krw
    return {
        "dnca_tot_amt": str(cash.d0_krw),
        "nxdy_excc_amt": str(cash.d1_krw),
        "prvs_rcdl_excc_amt": str(cash.d2_krw),
        "cma_evlu_amt": "0",
        "bfdy_buy_amt": str(cash.bought_yesterday_krw),
        "thdt_buy_amt": str(cash.bought_today_krw),
        "nxdy_auto_rdpt_amt": "0",
        "bfdy_sll_amt": str(cash.sold_yesterday_krw),
        "thdt_sll_amt": str(cash.sold_today_krw),
        "d2_auto_rdpt_amt": "0",
        "bfdy_tlex_amt": str(cash.costs_yesterday_krw),
        "thdt_tlex_amt": str(cash.costs_today_krw),
        "tot_loan_amt": "0",
        "scts_evlu_amt": str(value_krw),
        "tot_evlu_amt": str(assets_krw),
        "nass_amt": str(assets_krw),
        "fncg_gld_auto_rdpt_yn": "",
        "pchs_amt_smtl_amt": str(cost_krw),
        "evlu_amt_smtl_amt": str(value_krw),
        "evlu_pfls_smtl_amt": str(value_krw - cost_krw),
        "tot_stln_slng_chgs": "0",
        "bfdy_tot_asst_evlu_amt": "0",
        "asst_icdc_amt": "0",
        "asst_icdc_erng_rt": "0.00000000",
    }


def inquire_daily_ccld(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-daily-ccld``: orders of some days in pages, totals as an object."""
    account = account_of(front, call)
    today = front.engine.now().date()
    first, last = call.day("INQR_STRT_DT") or today, call.day("INQR_END_DT") or today
    if call.tr_id in _OLD_ORDER_IDS:
        last = min(last, today - THREE_MONTHS)
    else:
        first = max(first, today - THREE_MONTHS)
    orders = front.engine.orders(account, first, last) if first <= last else []
    wanted = [order for order in orders if _is_wanted(order, call)]
    if call.text("INQR_DVSN") != "01":
        wanted.reverse()
    page = page_of(
        [_order_key(order) for order in wanted],
        ORDERS_PAGE[call.environment],
        call.text("CTX_AREA_NK100"),
        continues=call.continues,
    )
    names = ("INQR_STRT_DT", "INQR_END_DT", "PDNO", "SLL_BUY_DVSN_CD", "CCLD_DVSN")
    query_key = "^".join((account[:8], account[8:], *(call.text(name) for name in names), ""))
    reply = ledger_reply(
        call.environment,
        {
            "output1": [_order_row(front, order, call.environment) for order in page.of(wanted)],
            "output2": _order_totals(front, wanted),
            **context_fields(CONTEXT_WIDTH, query_key, page.next_key, "100"),
        },
        found=bool(wanted),
        more=page.has_more,
    )
    reply.tr_cont = page.tr_cont
    return reply


def _order_key(order: Order) -> str:
    return f"{yyyymmdd(order.entered_at)}{order.number}"


def _is_wanted(order: Order, call: KisCall) -> bool:
    side = {"01": Side.SELL, "02": Side.BUY}.get(call.text("SLL_BUY_DVSN_CD"))
    if side is not None and order.side is not side:
        return False
    if call.text("PDNO") not in {"", order.symbol}:
        return False
    if call.text("ODNO").lstrip("0") not in {"", order.number.lstrip("0")}:
        return False
    if call.text("ORD_GNO_BRNO").lstrip("0") not in {"", order.branch.lstrip("0")}:
        return False
    filled = call.text("CCLD_DVSN")
    return (filled != "01" or order.filled_shares > 0) and (filled != "02" or order.remaining_shares > 0)


def order_action_name(order: Order) -> str:
    """Return ``sll_buy_dvsn_cd_name``: side, and what became of a request that is no plain order."""
    side = "현금매수" if order.side is Side.BUY else "현금매도"
    if order.status is OrderStatus.REJECTED:
        return f"{side}거부"
    if order.is_cancel_request:
        return f"{side}취소"
    return f"{side}정정" if order.is_modify_request else side


def _order_row(front: Front, order: Order, environment: Environment) -> Row:
    security = front.engine.security(order.symbol)
    return {
        "ord_dt": yyyymmdd(order.entered_at),
        "ord_gno_brno": order.branch,
        "odno": order.number,
        "orgn_odno": order.original_number,
        "ord_dvsn_name": _ORDER_TYPE_NAMES.get(order.order_type, "지정가"),
        "sll_buy_dvsn_cd": "02" if order.side is Side.BUY else "01",
        "sll_buy_dvsn_cd_name": order_action_name(order),
        "pdno": order.symbol,
        "prdt_name": security.name if security else "",
        "ord_qty": str(order.shares),
        "ord_unpr": str(order.price_krw),
        "ord_tmd": hhmmss(order.entered_at),
        "tot_ccld_qty": str(order.filled_shares),
        "avg_prvs": average_fill_krw(order),
        "cncl_yn": flag(order.is_cancel_request or order.status is OrderStatus.CANCELLED),
        "tot_ccld_amt": str(order.filled_amount_krw),
        "loan_dt": "",
        "ordr_empno": "OpnAPI",
        "ord_dvsn_cd": order.order_type,
        "cncl_cfrm_qty": str(order.cancelled_shares),
        "rmn_qty": str(order.remaining_shares),
        "rjct_qty": str(order.rejected_shares),
        "ccld_cndt_name": _CONDITION_NAMES.get(order.order_type, "없음"),
        "inqr_ip_addr": "",
        "cpbc_ordp_ord_rcit_dvsn_cd": "",
        "cpbc_ordp_infm_mthd_dvsn_cd": "",
        "infm_tmd": hhmmss(order.entered_at) if environment is Environment.MOCK else "",
        "ctac_tlno": "",
        "prdt_type_cd": "300",
        "excg_dvsn_cd": EXCHANGE_CODES[security.market if security else Market.KOSPI],
        "cpbc_ordp_mtrl_dvsn_cd": "",
        "ord_orgno": order.branch,
        "rsvn_ord_end_dt": "",
        "excg_id_dvsn_Cd": "KRX",
        "excg_id_dvsn_cd": "KRX",
        "stpm_cndt_pric": "0",
        "stpm_efct_occr_dtmd": "",
    }


def _order_totals(front: Front, orders: list[Order]) -> Row:
    placed = [order for order in orders if not order.is_cancel_request]
    filled = sum(order.filled_shares for order in placed)
    amount_krw = sum(order.filled_amount_krw for order in placed)
    return {
        "tot_ord_qty": str(sum(order.shares for order in placed)),
        "tot_ccld_qty": str(filled),
        "tot_ccld_amt": str(amount_krw),
        "prsm_tlex_smtl": str(sum(front.engine.order_costs_krw(order) for order in placed)),
        "pchs_avg_pric": fixed(amount_krw / filled if filled else 0, 4),
    }


def inquire_psbl_rvsecncl(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-psbl-rvsecncl`` (TTTC0084R): orders that still have a rest."""
    account = account_of(front, call)
    today: date = front.engine.now().date()
    side = {"1": Side.SELL, "2": Side.BUY}.get(call.text("INQR_DVSN_2"))
    orders = [
        order
        for order in front.engine.orders(account, today, today)
        if order.remaining_shares > 0 and (side is None or order.side is side)
    ]
    if call.text("INQR_DVSN_1") == "1":
        orders.sort(key=lambda order: order.symbol)
    page = page_of(
        [order.number for order in orders], OPEN_ORDERS_PAGE, call.text("CTX_AREA_NK100"), continues=call.continues
    )
    query_key = "^".join((account[:8], account[8:], call.text("INQR_DVSN_1"), call.text("INQR_DVSN_2"), ""))
    reply = ledger_reply(
        call.environment,
        {
            "output": [_open_order_row(front, order) for order in page.of(orders)],
            **context_fields(CONTEXT_WIDTH, query_key, page.next_key, "100"),
        },
        found=bool(orders),
        more=page.has_more,
    )
    reply.tr_cont = page.tr_cont
    return reply


def _open_order_row(front: Front, order: Order) -> Row:
    security = front.engine.security(order.symbol)
    return {
        "ord_gno_brno": order.branch,
        "odno": order.number,
        "orgn_odno": order.original_number,
        "ord_dvsn_name": _ORDER_TYPE_NAMES.get(order.order_type, "지정가"),
        "pdno": order.symbol,
        "prdt_name": security.name if security else "",
        "rvse_cncl_dvsn_name": order_action_name(order),
        "ord_qty": str(order.shares),
        "ord_unpr": str(order.price_krw),
        "ord_tmd": hhmmss(order.entered_at),
        "tot_ccld_qty": str(order.filled_shares),
        "tot_ccld_amt": str(order.filled_amount_krw),
        "psbl_qty": str(order.remaining_shares),
        "sll_buy_dvsn_cd": "02" if order.side is Side.BUY else "01",
        "ord_dvsn_cd": order.order_type,
        "mgco_aptm_odno": "",
        "excg_dvsn_cd": EXCHANGE_CODES[security.market if security else Market.KOSPI],
        "excg_id_dvsn_cd": "KRX",
        "excg_id_dvsn_name": "KRX",
        "stpm_cndt_pric": "0",
        "stpm_efct_occr_yn": "N",
    }
