"""Quotes, books, bars and rankings of KIS as contract models."""

from collections.abc import Mapping
from datetime import date, datetime

from daybook.broker.kis.fields import (
    Row,
    UnreadableReply,
    count,
    day_of,
    is_symbol,
    is_yes,
    moment_of,
    real,
    record,
    records,
    required_count,
    whole,
)
from daybook.contracts.market import (
    DailyBar,
    IndexBar,
    IndexQuote,
    InvestorFlow,
    Market,
    MinuteBar,
    OrderBook,
    OrderBookLevel,
    Quote,
    SecurityKind,
)

Body = Mapping[str, object]

_HALTED_CLASS = "58"
_ADMINISTRATIVE_CLASS = "51"
_WARNING_BY_CLASS = {"54": 1, "53": 2, "52": 3}
_FLOW_UNIT_KRW = 1_000_000
"""Amounts of ``inquire-investor`` are in millions of won."""
_FALLING_SIGNS = frozenset({"4", "5"})


class UnknownSymbol(UnreadableReply):
    """KIS answers an unknown code with success and zeros."""

    def __init__(self, message: str, *, code: str = "NO_SUCH_SYMBOL", advice: str = "") -> None:
        super().__init__(message, code=code, advice=advice or "check the code; a delisted share has none")


def quote(symbol: str, body: Body, observed_at: datetime, book: OrderBook | None = None) -> Quote:
    """Return the quote of ``inquire-price``; best ask and bid come from ``book`` when there is one."""
    row = record(body, "output")
    price = required_count(row, "stck_prpr")
    if price == 0:
        raise UnknownSymbol(f"the broker knows no price of {symbol}")
    status = row.get("iscd_stat_cls_code", "")
    return Quote(
        symbol=symbol,
        price_krw=price,
        base_price_krw=count(row, "stck_sdpr"),
        open_krw=count(row, "stck_oprc"),
        high_krw=count(row, "stck_hgpr"),
        low_krw=count(row, "stck_lwpr"),
        upper_limit_krw=count(row, "stck_mxpr"),
        lower_limit_krw=count(row, "stck_llam"),
        ask_krw=book.asks[0].price_krw if book and book.asks else None,
        bid_krw=book.bids[0].price_krw if book and book.bids else None,
        volume_shares=count(row, "acml_vol"),
        turnover_krw=count(row, "acml_tr_pbmn"),
        market=_market(row),
        kind=_kind(symbol, row),
        sector=row.get("bstp_kor_isnm", ""),
        is_halted=is_yes(row, "temp_stop_yn") or status == _HALTED_CLASS,
        is_administrative=is_yes(row, "mang_issu_cls_code") or status == _ADMINISTRATIVE_CLASS,
        warning_level=min(3, max(count(row, "mrkt_warn_cls_code"), _WARNING_BY_CLASS.get(status, 0))),
        is_in_liquidation=is_yes(row, "sltr_yn"),
        vi_active=row.get("vi_cls_code", "").upper() not in ("", "N", "0"),
        observed_at=observed_at,
    )


def order_book(symbol: str, body: Body) -> OrderBook:
    """Return the ten levels of ``inquire-asking-price-exp-ccn``; a level without a price is empty."""
    row, expected = record(body, "output1"), record(body, "output2")
    if not row:
        raise UnreadableReply("the order book is missing")
    asks, bids = levels(row, "askp"), levels(row, "bidp")
    if not asks and not bids and count(expected, "stck_prpr") == 0 and count(expected, "stck_sdpr") == 0:
        raise UnknownSymbol(f"the broker knows no order book of {symbol}")
    return OrderBook(symbol=symbol, asks=asks, bids=bids, expected_auction_price_krw=count(expected, "antc_cnpr"))


def levels(row: Row, side: str) -> tuple[OrderBookLevel, ...]:
    """Return the levels of one side (``askp`` or ``bidp``), best first, without empty ones."""
    found = (
        OrderBookLevel(price_krw=count(row, f"{side}{number}"), shares=count(row, f"{side}_rsqn{number}"))
        for number in range(1, 11)
    )
    return tuple(level for level in found if level.price_krw > 0)


def daily_bars(symbol: str, body: Body) -> list[DailyBar]:
    """Return the rows of ``inquire-daily-itemchartprice`` that are bars, in the order they came."""
    bars = []
    for row in records(body, "output2"):
        day = day_of(row, "stck_bsop_date")
        if day is None or count(row, "stck_clpr") == 0:
            continue
        bars.append(
            DailyBar(
                symbol=symbol,
                day=day,
                open_krw=count(row, "stck_oprc"),
                high_krw=count(row, "stck_hgpr"),
                low_krw=count(row, "stck_lwpr"),
                close_krw=count(row, "stck_clpr"),
                volume_shares=count(row, "acml_vol"),
                turnover_krw=count(row, "acml_tr_pbmn"),
            )
        )
    return bars


def minute_bars(symbol: str, body: Body) -> list[MinuteBar]:
    """Return the rows of a minute chart that are bars, in the order they came; times are bar starts in KST."""
    bars = []
    for row in records(body, "output2"):
        day = day_of(row, "stck_bsop_date")
        starts_at = moment_of(day, row.get("stck_cntg_hour", "")) if day else None
        if starts_at is None or count(row, "stck_prpr") == 0:
            continue
        bars.append(
            MinuteBar(
                symbol=symbol,
                starts_at=starts_at.replace(second=0),
                open_krw=count(row, "stck_oprc"),
                high_krw=count(row, "stck_hgpr"),
                low_krw=count(row, "stck_lwpr"),
                close_krw=count(row, "stck_prpr"),
                volume_shares=count(row, "cntg_vol"),
            )
        )
    return bars


def index_quote(code: str, body: Body, block: str) -> IndexQuote:
    """Return an index level from ``output`` (index price) or ``output1`` (index chart, the only one in mock)."""
    row = record(body, block)
    level = real(row, "bstp_nmix_prpr")
    if level <= 0:
        raise UnreadableReply(f"the broker knows no level of index {code}", code="NO_SUCH_INDEX")
    previous = real(row, "prdy_nmix")
    if previous <= 0:
        change = abs(real(row, "bstp_nmix_prdy_vrss"))
        previous = level + (change if row.get("prdy_vrss_sign") in _FALLING_SIGNS else -change)
    previous = round(previous, 4)
    if previous <= 0:
        raise UnreadableReply(f"the previous close of index {code} is missing")
    return IndexQuote(code=code, level=level, previous_close=previous, change_ratio=level / previous - 1.0)


def index_bars(index_code: str, body: Body) -> list[IndexBar]:
    """Return the rows of ``inquire-daily-indexchartprice`` that are sessions, in the order they came."""
    bars = []
    for row in records(body, "output2"):
        day, close = day_of(row, "stck_bsop_date"), real(row, "bstp_nmix_prpr")
        if day is None or close <= 0:
            continue
        bars.append(
            IndexBar(
                index_code=index_code,
                day=day,
                open_level=real(row, "bstp_nmix_oprc") or close,
                high_level=real(row, "bstp_nmix_hgpr") or close,
                low_level=real(row, "bstp_nmix_lwpr") or close,
                close_level=close,
                volume_shares=count(row, "acml_vol"),
                turnover_krw=count(row, "acml_tr_pbmn"),
            )
        )
    return bars


def investor_flows(symbol: str, body: Body) -> list[InvestorFlow]:
    """Return the sessions of ``inquire-investor``, newest first; a session still running has blanks and is left out."""
    flows = []
    for row in records(body, "output"):
        day = day_of(row, "stck_bsop_date")
        if day is None or any(row.get(f"{kind}_ntby_qty", "") == "" for kind in ("frgn", "orgn", "prsn")):
            continue
        flows.append(
            InvestorFlow(
                symbol=symbol,
                day=day,
                foreign_net_shares=whole(row, "frgn_ntby_qty"),
                institution_net_shares=whole(row, "orgn_ntby_qty"),
                individual_net_shares=whole(row, "prsn_ntby_qty"),
                foreign_net_krw=whole(row, "frgn_ntby_tr_pbmn") * _FLOW_UNIT_KRW,
                institution_net_krw=whole(row, "orgn_ntby_tr_pbmn") * _FLOW_UNIT_KRW,
                individual_net_krw=whole(row, "prsn_ntby_tr_pbmn") * _FLOW_UNIT_KRW,
            )
        )
    return flows


def ranked_symbols(body: Body, limit: int) -> list[str]:
    """Return the codes of ``volume-rank`` by traded value, highest first."""
    rows = [row for row in records(body, "output") if is_symbol(row.get("mksc_shrn_iscd", ""))]
    rows.sort(key=lambda row: -whole(row, "acml_tr_pbmn"))
    return list(dict.fromkeys(row["mksc_shrn_iscd"] for row in rows))[:limit]


def open_days(body: Body) -> dict[date, bool]:
    """Return the dates of ``chk-holiday`` and whether the market opens (``opnd_yn``, the only flag to use)."""
    found = {}
    for row in records(body, "output"):
        day = day_of(row, "bass_dt")
        if day is not None and row.get("opnd_yn", "").upper() in ("Y", "N"):
            found[day] = is_yes(row, "opnd_yn")
    return found


def _market(row: Row) -> Market:
    name = row.get("rprs_mrkt_kor_name", "").upper()
    if "KONEX" in name or "코넥스" in name:
        return Market.KONEX
    if "KOSDAQ" in name or "KSQ" in name or "코스닥" in name:
        return Market.KOSDAQ
    return Market.KOSPI


def _kind(symbol: str, row: Row) -> SecurityKind:
    name = f"{row.get('rprs_mrkt_kor_name', '')} {row.get('bstp_kor_isnm', '')}".upper()
    if symbol.startswith("Q") or "ETN" in name:
        return SecurityKind.ETN
    if "ETF" in name:
        return SecurityKind.ETF
    if "ELW" in name:
        return SecurityKind.ELW
    return SecurityKind.STOCK
