"""The balance of KIS as an account snapshot: rows of one symbol merged, an unusable reply never "flat"."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from daybook.broker.kis.fields import (
    Row,
    UnreadableReply,
    count,
    decimal_of,
    is_symbol,
    real,
    record,
    records,
    required,
)
from daybook.contracts.account import AccountSnapshot, Holding

Body = Mapping[str, object]

_IDENTITY_FIELDS = ("hldg_qty", "ord_psbl_qty", "pchs_avg_pric", "pchs_amt")


class ConflictingRows(UnreadableReply):
    """Two rows of one position differ: the list changed while it was paged."""

    def __init__(self, message: str, *, code: str = "BALANCE_CONFLICT", advice: str = "") -> None:
        super().__init__(message, code=code, advice=advice or "ask again; if it stays, look at the balance in HTS")


def account_snapshot(bodies: Sequence[Body], orderable_cash_krw: int, observed_at: datetime) -> AccountSnapshot:
    """Return the account from all pages of ``inquire-balance``.

    Raises ``UnreadableReply`` when the summary lacks its cash, or when no row came although the summary values
    shares; ``ConflictingRows`` when rows contradict one another.
    """
    if not bodies:
        raise UnreadableReply("the balance has no page")
    summary = record(bodies[-1], "output2") or record(bodies[0], "output2")
    settled = required(summary, "prvs_rcdl_excc_amt")
    net_asset = required(summary, "nass_amt")
    deposit = required(summary, "dnca_tot_amt")
    rows = [row for body in bodies for row in records(body, "output1")]
    securities = decimal_of(summary, "scts_evlu_amt")
    if securities is None:
        securities = decimal_of(summary, "evlu_amt_smtl_amt")
    if not rows and (securities is None or securities > 0):
        raise UnreadableReply("the balance lists no shares although its summary does not say that there are none")
    return AccountSnapshot(
        holdings=tuple(merged_holdings(rows)),
        deposit_krw=deposit,
        settled_cash_krw=settled,
        orderable_cash_krw=orderable_cash_krw,
        net_asset_krw=net_asset,
        observed_at=observed_at,
    )


def merged_holdings(rows: Iterable[Row]) -> list[Holding]:
    """Return one holding a symbol, sold-out rows left out.

    Rows of things that are not shares (subscription rights have longer codes) are left out too. A position is (symbol,
    loan date, trade kind). The same row twice is one position; different positions of a symbol
    are added; the same position with other numbers raises ``ConflictingRows``.
    """
    positions: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        symbol = row.get("pdno", "")
        if not symbol:
            raise UnreadableReply("a balance row has no symbol")
        if not is_symbol(symbol):
            continue
        key = (symbol, row.get("loan_dt", ""), row.get("trad_dvsn_name", ""))
        known = positions.setdefault(key, row)
        if known is not row and any(_differs(known, row, field) for field in _IDENTITY_FIELDS):
            raise ConflictingRows("the balance lists one position twice with different numbers")
    by_symbol: dict[str, list[Row]] = {}
    for (symbol, _, _), row in positions.items():
        by_symbol.setdefault(symbol, []).append(row)
    holdings = (_holding(symbol, same) for symbol, same in by_symbol.items())
    return [holding for holding in holdings if holding.shares > 0]


def orderable_cash(body: Body) -> int:
    """Return ``nrcvb_buy_amt`` of ``inquire-psbl-order``: cash for a buy without margin loan."""
    return required(record(body, "output"), "nrcvb_buy_amt")


def _differs(one: Row, other: Row, field: str) -> bool:
    return decimal_of(one, field) != decimal_of(other, field)


def _holding(symbol: str, rows: Sequence[Row]) -> Holding:
    shares = [_shares(row) for row in rows]
    total = sum(shares)
    cost = sum(real(row, "pchs_avg_pric") * held for row, held in zip(rows, shares, strict=True))
    return Holding(
        symbol=symbol,
        name=rows[0].get("prdt_name", ""),
        shares=total,
        sellable_shares=min(total, sum(count(row, "ord_psbl_qty") for row in rows)),
        average_price_krw=max(0.0, cost / total) if total else 0.0,
        price_krw=max(count(row, "prpr") for row in rows),
    )


def _shares(row: Row) -> int:
    shares = required(row, "hldg_qty")
    if shares < 0:
        raise UnreadableReply("a balance row holds a negative number of shares")
    return shares
