"""Field order of the real-time records. KIS lengthened them on 2026-09-14; both generations are still in use.

A client built for one layout misreads the other, so the layout is chosen for each connection. Counts: trades 47
(legacy 46), book 63 (59), unified book 66 (65), expected trades 45, market status 11, notices 26 (23).
"""

from enum import StrEnum

from daybook.paper.environment import Environment
from daybook.paper.formats import words


class Layout(StrEnum):
    """Which generation of record layouts a connection gets."""

    NEW = "new"
    LEGACY = "legacy"


TRADES, BOOK, UNIFIED_TRADES, UNIFIED_BOOK = "H0STCNT0", "H0STASP0", "H0UNCNT0", "H0UNASP0"
EXPECTED, STATUS = "H0STANC0", "H0STMKO0"
NOTICES_REAL, NOTICES_MOCK = "H0STCNI0", "H0STCNI9"
NOTICES = frozenset({NOTICES_REAL, NOTICES_MOCK})

SERVED = {
    Environment.MOCK: frozenset({TRADES, BOOK, NOTICES_MOCK}),
    Environment.REAL: frozenset({TRADES, BOOK, UNIFIED_TRADES, UNIFIED_BOOK, EXPECTED, STATUS, NOTICES_REAL}),
}
"""What each environment streams. The NXT venue does not exist here."""

_TRADE = words(
    "MKSC_SHRN_ISCD STCK_CNTG_HOUR STCK_PRPR PRDY_VRSS_SIGN PRDY_VRSS PRDY_CTRT WGHN_AVRG_STCK_PRC STCK_OPRC "
    "STCK_HGPR STCK_LWPR ASKP1 BIDP1 CNTG_VOL ACML_VOL ACML_TR_PBMN SELN_CNTG_CSNU SHNU_CNTG_CSNU "
    "NTBY_CNTG_CSNU CTTR SELN_CNTG_SMTN SHNU_CNTG_SMTN CCLD_DVSN SHNU_RATE PRDY_VOL_VRSS_ACML_VOL_RATE "
    "OPRC_HOUR OPRC_VRSS_PRPR_SIGN OPRC_VRSS_PRPR HGPR_HOUR HGPR_VRSS_PRPR_SIGN HGPR_VRSS_PRPR LWPR_HOUR "
    "LWPR_VRSS_PRPR_SIGN LWPR_VRSS_PRPR BSOP_DATE NEW_MKOP_CLS_CODE TRHT_YN ASKP_RSQN1 BIDP_RSQN1 "
    "TOTAL_ASKP_RSQN TOTAL_BIDP_RSQN VOL_TNRT PRDY_SMNS_HOUR_ACML_VOL PRDY_SMNS_HOUR_ACML_VOL_RATE "
    "HOUR_CLS_CODE MRKT_TRTM_CLS_CODE VI_STND_PRC"
)


def _levels(name: str) -> tuple[str, ...]:
    return tuple(f"{name}{index}" for index in range(1, 11))


_BOOK = (
    "MKSC_SHRN_ISCD",
    "BSOP_HOUR",
    "HOUR_CLS_CODE",
    *_levels("ASKP"),
    *_levels("BIDP"),
    *_levels("ASKP_RSQN"),
    *_levels("BIDP_RSQN"),
    *words(
        "TOTAL_ASKP_RSQN TOTAL_BIDP_RSQN OVTM_TOTAL_ASKP_RSQN OVTM_TOTAL_BIDP_RSQN ANTC_CNPR ANTC_CNQN ANTC_VOL "
        "ANTC_CNTG_VRSS ANTC_CNTG_VRSS_SIGN ANTC_CNTG_PRDY_CTRT ACML_VOL TOTAL_ASKP_RSQN_ICDC "
        "TOTAL_BIDP_RSQN_ICDC OVTM_TOTAL_ASKP_ICDC OVTM_TOTAL_BIDP_ICDC STCK_DEAL_CLS_CODE"
    ),
)
_UNIFIED_MIDDLE = ("KMID_PRC", "KMID_TOTAL_RSQN", "KMID_CLS_CODE", "NMID_PRC", "NMID_TOTAL_RSQN", "NMID_CLS_CODE")
_STATUS = words(
    "MKSC_SHRN_ISCD TRHT_YN TR_SUSP_REAS_CNTT MKOP_CLS_CODE ANTC_MKOP_CLS_CODE MRKT_TRTM_CLS_CODE "
    "DIVI_APP_CLS_CODE ISCD_STAT_CLS_CODE VI_CLS_CODE OVTM_VI_CLS_CODE EXCH_CLS_CODE"
)
_NOTICE_HEAD = words(
    "CUST_ID ACNT_NO ODER_NO OODER_NO SELN_BYOV_CLS RCTF_CLS ODER_KIND ODER_COND STCK_SHRN_ISCD CNTG_QTY "
    "CNTG_UNPR STCK_CNTG_HOUR RFUS_YN CNTG_YN ACPT_YN BRNC_NO ODER_QTY ACNT_NAME"
)
_NOTICE_TAIL = ("CRDT_CLS", "CRDT_LOAN_DATE", "CNTG_ISNM40", "ODER_PRC")
_NOTICE = (*_NOTICE_HEAD, "ORD_COND_PRC", "ORD_EXG_GB", "POPUP_YN", "FILLER", *_NOTICE_TAIL)
_NOTICE_LEGACY = (*_NOTICE_HEAD, "UNLABELLED", *_NOTICE_TAIL)

_NEW: dict[str, tuple[str, ...]] = {
    TRADES: (*_TRADE, "MARKET_CLS_CODE"),
    UNIFIED_TRADES: (*_TRADE, "MARKET_CLS_CODE"),
    BOOK: (*_BOOK, "MID_PRC", "MIDP_TOTAL_RSQN", "MIDP_CLS_CODE", "MARKET_CLS_CODE"),
    UNIFIED_BOOK: (*_BOOK, *_UNIFIED_MIDDLE, "ANTC_EXCH_CLS_CODE"),
    EXPECTED: _TRADE[:-1],
    STATUS: _STATUS,
    NOTICES_REAL: _NOTICE,
    NOTICES_MOCK: _NOTICE,
}
_LEGACY: dict[str, tuple[str, ...]] = {
    **_NEW,
    TRADES: _TRADE,
    UNIFIED_TRADES: _TRADE,
    BOOK: _BOOK,
    UNIFIED_BOOK: (*_BOOK, *_UNIFIED_MIDDLE),
    NOTICES_REAL: _NOTICE_LEGACY,
    NOTICES_MOCK: _NOTICE_LEGACY,
}


def fields_of(tr_id: str, layout: Layout) -> tuple[str, ...]:
    """Return the field names of a record in order; raises ``KeyError`` for a TR that is not streamed."""
    return (_NEW if layout is Layout.NEW else _LEGACY)[tr_id]


def payload(tr_id: str, layout: Layout, records: list[dict[str, str]]) -> str:
    """Return records joined by ``^`` in the layout's order; a field a record lacks is blank."""
    fields = fields_of(tr_id, layout)
    return "^".join(record.get(name, "") for record in records for name in fields)


def frame(tr_id: str, layout: Layout, records: list[dict[str, str]]) -> str:
    """Return a plain data frame: ``0|TR_ID|count|payload``."""
    return f"0|{tr_id}|{len(records):03d}|{payload(tr_id, layout, records)}"
