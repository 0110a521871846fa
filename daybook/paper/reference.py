"""Reference data: what is listed, which days trade, when the market opens."""

from datetime import date, timedelta

from daybook.contracts.market import Market, SecurityKind
from daybook.contracts.session import Session
from daybook.paper.envelope import Reply, Row, ledger_reply, quote_reply
from daybook.paper.environment import Environment
from daybook.paper.errors import gateway, invalid_field
from daybook.paper.formats import flag, hhmmss, parse_day, words, yyyymmdd
from daybook.paper.front import Front
from daybook.paper.kis_call import KisCall, listed
from daybook.paper.model import Security
from daybook.paper.paging import context_fields, continuation_mark

HOLIDAY_ROWS = 24
HOLIDAY_HORIZON = timedelta(days=184)
"""How far ahead the calendar is served: about six months."""

_MARKET_IDS = {Market.KOSPI: "STK", Market.KOSDAQ: "KSQ", Market.KONEX: "KNX"}
EXCHANGE_CODES = {Market.KOSPI: "02", Market.KOSDAQ: "03", Market.KONEX: "06"}
"""``excg_dvsn_cd`` of a listing market."""
_GROUPS = {SecurityKind.STOCK: "ST", SecurityKind.ETF: "EF", SecurityKind.ETN: "EN", SecurityKind.ELW: "EW"}
STOCK_PRODUCT = "300"


def chk_holiday(front: Front, call: KisCall) -> Reply:
    """Answer ``chk-holiday`` (CTCA0903R): 24 days from a date; the key of the next page is its first date."""
    base = call.day("BASS_DT")
    if base is None:
        raise invalid_field("BASS_DT")
    following = parse_day(call.text("CTX_AREA_NK")) if call.continues else None
    end = front.engine.now().date() + HOLIDAY_HORIZON
    first = following or base
    days = [first + timedelta(days=offset) for offset in range(HOLIDAY_ROWS)]
    days = [day for day in days if day <= end]
    next_day = days[-1] + timedelta(days=1) if days else end
    more = bool(days) and next_day <= end
    reply = ledger_reply(
        Environment.REAL,
        {
            "output": [_day_row(front.engine.session_of(day)) for day in days],
            **context_fields(20, yyyymmdd(base), yyyymmdd(next_day) if more else "", ""),
        },
        found=bool(days),
        more=more,
    )
    reply.tr_cont = continuation_mark(following is not None, more)
    return reply


def _day_row(session: Session) -> Row:
    day = session.day
    is_bank_day = session.is_open or (day.weekday() < 5 and (day.month, day.day) in {(12, 29), (12, 30), (12, 31)})
    return {
        "bass_dt": yyyymmdd(day),
        "wday_dvsn_cd": f"{day.isoweekday() % 7 + 1:02d}",
        "bzdy_yn": flag(is_bank_day),
        "tr_day_yn": flag(is_bank_day),
        "opnd_yn": flag(session.is_open),
        "sttl_day_yn": flag(session.is_open),
    }


def market_time(front: Front, call: KisCall) -> Reply:
    """Answer ``market-time`` (HHMCM000002C0): the last five trading days up to now, and today's hours."""
    del call
    now = front.engine.now()
    session = front.engine.session()
    days: list[date] = []
    day = now.date()
    while len(days) < 5 and (now.date() - day).days < 40:
        if front.engine.session_of(day).is_open:
            days.insert(0, day)
        day -= timedelta(days=1)
    output = {f"date{index + 1}": yyyymmdd(day) for index, day in enumerate(days)}
    output.update(
        today=yyyymmdd(now),
        time=hhmmss(now),
        s_time=hhmmss(session.opens) if session.opens else "",
        e_time=hhmmss(session.closes) if session.closes else "",
    )
    return quote_reply(output1=output)


def search_info(front: Front, call: KisCall) -> Reply:
    """Answer ``search-info`` (CTPF1604R)."""
    security = _product(front, call)
    if security is None:
        return ledger_reply(call.environment, {"output": dict.fromkeys(_INFO_BLANKS, "")}, found=False)
    output = dict.fromkeys(_INFO_BLANKS, "")
    output.update(_names(security))
    output.update(pdno=_long_code(security), shtn_pdno=security.symbol, std_pdno=security.isin)
    return ledger_reply(call.environment, {"output": output})


def search_stock_info(front: Front, call: KisCall) -> Reply:
    """Answer ``search-stock-info`` (CTPF1002R)."""
    security = _product(front, call)
    if security is None:
        return ledger_reply(call.environment, {"output": dict.fromkeys(_STOCK_BLANKS, "")}, found=False)
    state = front.engine.trade_state(security.symbol)
    previous = front.history.of(security.symbol).previous
    output = dict.fromkeys(_STOCK_BLANKS, "")
    output.update(dict.fromkeys(_STOCK_ZEROS, "0"))
    output.update(dict.fromkeys(_STOCK_NO, "N"))
    output.update(_names(security))
    output.update(
        pdno=_long_code(security),
        std_pdno=security.isin,
        mket_id_cd=_MARKET_IDS[security.market],
        scty_grp_id_cd=_GROUPS[security.kind],
        excg_dvsn_cd=EXCHANGE_CODES[security.market],
        lstg_stqt=str(security.shares_outstanding),
        stck_kind_cd="101" if security.symbol.endswith("0") else "201",
        idx_bztp_mcls_cd_name=security.sector,
        tr_stop_yn=flag(state.is_halted),
        thdt_clpr=str(state.last_krw),
        bfdy_clpr=str(state.base_krw),
        clpr_chng_dt=yyyymmdd(previous.day) if previous else "",
    )
    return ledger_reply(call.environment, {"output": output})


def _product(front: Front, call: KisCall) -> Security | None:
    code, product = call.required("PDNO"), call.required("PRDT_TYPE_CD")
    if not product.isdigit():
        raise gateway("OPSQ2002")
    return listed(front.engine, code) if product == STOCK_PRODUCT else None


def _long_code(security: Security) -> str:
    return f"A{security.symbol}".rjust(12, "0")


def _names(security: Security) -> Row:
    english = security.english_name or security.symbol
    return {
        "prdt_type_cd": STOCK_PRODUCT,
        "prdt_name": security.name,
        "prdt_name120": security.name,
        "prdt_abrv_name": security.name,
        "prdt_eng_name": english,
        "prdt_eng_name120": english,
        "prdt_eng_abrv_name": english,
    }


_INFO_BLANKS = words(
    "pdno prdt_type_cd prdt_name prdt_name120 prdt_abrv_name prdt_eng_name prdt_eng_name120 prdt_eng_abrv_name "
    "std_pdno shtn_pdno prdt_sale_stat_cd prdt_risk_grad_cd prdt_clsf_cd prdt_clsf_name sale_strt_dt sale_end_dt "
    "wrap_asst_type_cd ivst_prdt_type_cd ivst_prdt_type_cd_name frst_erlm_dt"
)
_STOCK_BLANKS = words(
    "pdno prdt_type_cd prdt_name prdt_name120 prdt_abrv_name prdt_eng_name prdt_eng_name120 prdt_eng_abrv_name "
    "mket_id_cd scty_grp_id_cd excg_dvsn_cd setl_mmdd scts_mket_lstg_dt scts_mket_lstg_abol_dt kosdaq_mket_lstg_dt "
    "kosdaq_mket_lstg_abol_dt frbd_mket_lstg_dt frbd_mket_lstg_abol_dt reits_kind_cd etf_dvsn_cd idx_bztp_lcls_cd "
    "idx_bztp_mcls_cd idx_bztp_scls_cd idx_bztp_lcls_cd_name idx_bztp_mcls_cd_name idx_bztp_scls_cd_name "
    "stck_kind_cd mfnd_opng_dt mfnd_end_dt dpsi_erlm_cncl_dt std_pdno etf_txtn_type_cd etf_type_cd lstg_abol_dt "
    "nwst_odst_dvsn_cd thco_sbst_pric_chng_dt clpr_chng_dt std_idst_clsf_cd std_idst_clsf_cd_name ocr_no "
    "issu_istt_cd stln_int_rt_dvsn_cd lstg_rqsr_issu_istt_cd lstg_rqsr_item_cd trst_istt_issu_istt_cd"
)
_STOCK_ZEROS = words(
    "lstg_stqt lstg_cptl_amt cpta papr issu_pric etf_cu_qty sbst_pric thco_sbst_pric thdt_clpr bfdy_clpr "
    "etf_chas_erng_rt_dbnb frnr_psnl_lmt_rt"
)
_STOCK_NO = words(
    "kospi200_item_yn oilf_fund_yn dpsi_aptm_erlm_yn tr_stop_yn admn_item_yn crfd_item_yn elec_scty_yn "
    "etf_etn_ivst_heed_item_yn cptt_trad_tr_psbl_yn nxt_tr_stop_yn"
)
