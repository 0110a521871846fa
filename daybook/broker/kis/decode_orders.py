"""Order replies and the day's order rows of KIS as contract models."""

from collections.abc import Mapping
from datetime import date

from daybook.broker.kis.fields import (
    Row,
    UnreadableReply,
    count,
    day_of,
    decimal_of,
    is_symbol,
    is_yes,
    moment_of,
    real,
    record,
    records,
    required_count,
)
from daybook.contracts.base import Side
from daybook.contracts.orders import BrokerOrder, BrokerOrderId, BrokerOrderState

Body = Mapping[str, object]

_SIDES = {"01": Side.SELL, "02": Side.BUY}


def order_id(body: Body) -> BrokerOrderId | None:
    """Return the order's name from an order reply, or None when the reply has no order number."""
    row = record(body, "output")
    number = row.get("odno", "")
    if not number.strip("0"):
        return None
    return BrokerOrderId(branch=row.get("krx_fwdg_ord_orgno", ""), number=number)


def daily_orders(body: Body) -> list[BrokerOrder]:
    """Return the orders of one page of ``inquire-daily-ccld``.

    Rows of cancel requests are left out; a modified order is its own row, with the number it replaced in
    ``original_number``. Rows of things that are not shares (subscription rights have longer codes) are left out.
    Raises ``UnreadableReply`` on a row that cannot be read: a list with a hole proves nothing.
    """
    rows = [row for row in records(body, "output1") if not _is_cancel_request(row) and not _is_foreign(row)]
    return [_order(row, row.get("ord_dt", "")) for row in rows]


def open_orders(body: Body, day: date) -> list[BrokerOrder]:
    """Return the orders of one page of ``inquire-psbl-rvsecncl`` with shares left to cancel."""
    rows = [row for row in records(body, "output") if required_count(row, "psbl_qty") > 0 and not _is_foreign(row)]
    return [_order({**row, "rmn_qty": row["psbl_qty"]}, f"{day:%Y%m%d}") for row in rows]


def state_of(shares: int, filled: int, rejected: int, remaining: int, is_cancelled: bool) -> BrokerOrderState:
    """Return the state that one row's numbers tell (specification 6.3, in this order)."""
    if rejected > 0:
        return BrokerOrderState.REJECTED
    if filled >= shares:
        return BrokerOrderState.FILLED
    if filled > 0 and remaining > 0:
        return BrokerOrderState.PARTIAL
    if is_cancelled or remaining == 0:
        return BrokerOrderState.CANCELLED
    return BrokerOrderState.WORKING


def _order(row: Row, ordered_on: str) -> BrokerOrder:
    number, symbol, side = row.get("odno", ""), row.get("pdno", ""), _SIDES.get(row.get("sll_buy_dvsn_cd", ""))
    day = day_of({"day": ordered_on}, "day")
    ordered_at = moment_of(day, row.get("ord_tmd", "").zfill(6)) if day and row.get("ord_tmd") else None
    if not number.strip("0") or not symbol or side is None or ordered_at is None:
        raise UnreadableReply("an order row lacks its number, symbol, side or time")
    shares, filled = required_count(row, "ord_qty"), required_count(row, "tot_ccld_qty")
    rejected = count(row, "rjct_qty")
    cancelled = max(count(row, "cncl_cfrm_qty"), count(row, "cnc_cfrm_qty"))
    is_cancelled = is_yes(row, "cncl_yn")
    remaining = (
        max(0, shares - filled - rejected - cancelled) if decimal_of(row, "rmn_qty") is None else count(row, "rmn_qty")
    )
    state = state_of(shares, filled, rejected, remaining, is_cancelled)
    if state not in (BrokerOrderState.WORKING, BrokerOrderState.PARTIAL):
        remaining = 0
    return BrokerOrder(
        id=BrokerOrderId(branch=row.get("ord_gno_brno", ""), number=number),
        symbol=symbol,
        side=side,
        shares=shares,
        limit_price_krw=count(row, "ord_unpr"),
        filled_shares=filled,
        filled_amount_krw=count(row, "tot_ccld_amt") or round(real(row, "avg_prvs") * filled),
        remaining_shares=remaining,
        state=state,
        ordered_at=ordered_at,
        original_number=_original(row),
    )


def _is_foreign(row: Row) -> bool:
    return bool(row.get("pdno")) and not is_symbol(row["pdno"])


def _original(row: Row) -> str:
    number = row.get("orgn_odno", "")
    return number if number.strip("0") else ""


def _is_cancel_request(row: Row) -> bool:
    """Whether a row is the request that cancelled another order.

    Its kind's name says so; where the name is silent, the confirmed quantity next to an original number does. A
    modified order also names an original, but lives on, even when it is cancelled later.
    """
    if not _original(row):
        return False
    name = f"{row.get('sll_buy_dvsn_cd_name', '')} {row.get('rvse_cncl_dvsn_name', '')}"
    if "취소" in name:
        return True
    return "정정" not in name and (count(row, "cncl_cfrm_qty") > 0 or count(row, "cnc_cfrm_qty") > 0)
