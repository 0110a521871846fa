"""Quotations of one symbol now: price, order book, last trades.

A symbol that is not listed is answered as KIS does: success, with zeros. Fields the exchange knows nothing of
(investor flows, fundamentals) are zero; dates that do not exist are blank.
"""

from daybook.krx.ticks import tick_size
from daybook.paper.envelope import Reply, Row, quote_reply
from daybook.paper.formats import change, change_percent, change_sign, fixed, flag, hhmmss, percent, words, yyyymmdd
from daybook.paper.front import Front
from daybook.paper.history import Extreme, Range, SymbolHistory, range_of
from daybook.paper.kis_call import KisCall
from daybook.paper.model import BookView, Security, TradeState
from daybook.paper.session_fields import BOOK_LEVELS, day_fields, market_value, vwap_krw

RECENT_TRADES = 30


def inquire_price(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-price`` (FHKST01010100)."""
    security = call.stock(front.engine)
    if security is None:
        return quote_reply(output=_unlisted(call.text("FID_INPUT_ISCD")))
    state = front.engine.trade_state(security.symbol)
    history = front.history.of(security.symbol)
    output = _zeros()
    output.update(day_fields(state))
    output.update(_identity(security))
    output.update(_status(state))
    output.update(_levels(state, security, history))
    output.update(_ranges(state, history))
    return quote_reply(output=output)


def _identity(security: Security) -> Row:
    return {
        "rprs_mrkt_kor_name": security.market.value,
        "bstp_kor_isnm": security.sector,
        "stck_shrn_iscd": security.symbol,
        "lstn_stcn": str(security.shares_outstanding),
    }


def _status(state: TradeState) -> Row:
    return {
        "iscd_stat_cls_code": "58" if state.is_halted else "57",
        "temp_stop_yn": flag(state.is_halted),
        "vi_cls_code": flag(state.vi_active),
        "marg_rate": "100.00",
    }


def _levels(state: TradeState, security: Security, history: SymbolHistory) -> Row:
    levels = {
        "stck_sdpr": str(state.base_krw),
        "wghn_avrg_stck_prc": fixed(vwap_krw(state)),
        "rstc_wdth_prc": str(max(0, state.upper_limit_krw - state.base_krw)),
        "aspr_unit": str(tick_size(state.last_krw or state.base_krw or 1, security.kind)),
        "hts_avls": market_value(state, security),
        "vol_tnrt": percent(state.volume_shares, security.shares_outstanding),
        "prdy_vrss_vol_rate": percent(state.volume_shares, state.previous_volume_shares),
    }
    pivots = history.pivots()
    if pivots is not None:
        levels.update(
            pvt_scnd_dmrs_prc=str(pivots.second_resistance),
            pvt_frst_dmrs_prc=str(pivots.first_resistance),
            pvt_pont_val=str(pivots.point),
            pvt_frst_dmsp_prc=str(pivots.first_support),
            pvt_scnd_dmsp_prc=str(pivots.second_support),
            dmrs_val=str(pivots.demark_resistance),
            dmsp_val=str(pivots.demark_support),
        )
    return levels


def _ranges(state: TradeState, history: SymbolHistory) -> Row:
    today = state.at.date()
    year_bars = [bar for bar in history.bars if bar.day.year == today.year]
    weeks_bars = [bar for bar in history.bars if (today - bar.day).days <= 364]
    sessions = _with_today(range_of(history.bars[-249:]), state)
    year = _with_today(range_of(year_bars), state)
    weeks = _with_today(range_of(weeks_bars), state)
    fields: Row = {}
    for found, high_name, low_name in (
        (sessions, "d250_hgpr", "d250_lwpr"),
        (year, "dryy_hgpr", "dryy_lwpr"),
        (weeks, "w52_hgpr", "w52_lwpr"),
    ):
        for extreme, name in ((found.high, high_name), (found.low, low_name)):
            price_name = f"stck_{name}" if name.startswith("dryy") else name
            rate_name = f"{name}_vrss_prpr_{'ctrt' if name.startswith('w52') else 'rate'}"
            fields[price_name] = str(extreme.price_krw)
            fields[f"{name}_date"] = yyyymmdd(extreme.day)
            fields[rate_name] = change_percent(state.last_krw, extreme.price_krw)
    return fields


def _with_today(found: Range | None, state: TradeState) -> Range:
    high = Extreme(state.high_krw or state.last_krw, state.at.date())
    low = Extreme(state.low_krw or state.last_krw, state.at.date())
    if found is None:
        return Range(high, low)
    return Range(
        high if state.high_krw >= found.high.price_krw else found.high,
        low if 0 < state.low_krw <= found.low.price_krw else found.low,
    )


_PRICE_ZEROS = words(
    "stck_prpr prdy_vrss acml_tr_pbmn acml_vol stck_oprc stck_hgpr stck_lwpr stck_mxpr stck_llam stck_sdpr "
    "frgn_ntby_qty pgtr_ntby_qty pvt_scnd_dmrs_prc pvt_frst_dmrs_prc pvt_pont_val pvt_frst_dmsp_prc "
    "pvt_scnd_dmsp_prc dmrs_val dmsp_val rstc_wdth_prc stck_sspr aspr_unit lstn_stcn hts_avls d250_hgpr d250_lwpr "
    "stck_dryy_hgpr stck_dryy_lwpr w52_hgpr w52_lwpr frgn_hldn_qty last_ssts_cntg_qty cpfn stck_fcam"
)
_PRICE_RATES = words(
    "prdy_ctrt prdy_vrss_vol_rate wghn_avrg_stck_prc hts_frgn_ehrt per pbr vol_tnrt eps bps "
    "d250_hgpr_vrss_prpr_rate d250_lwpr_vrss_prpr_rate dryy_hgpr_vrss_prpr_rate dryy_lwpr_vrss_prpr_rate "
    "w52_hgpr_vrss_prpr_ctrt w52_lwpr_vrss_prpr_ctrt whol_loan_rmnd_rate apprch_rate marg_rate"
)
_PRICE_BLANKS = words(
    "rprs_mrkt_kor_name bstp_kor_isnm stac_month d250_hgpr_date d250_lwpr_date dryy_hgpr_date dryy_lwpr_date "
    "w52_hgpr_date w52_lwpr_date fcam_cnnm cpfn_cnnm stck_shrn_iscd new_hgpr_lwpr_cls_code"
)
_PRICE_NO = words(
    "temp_stop_yn oprc_rang_cont_yn clpr_rang_cont_yn crdt_able_yn elw_pblc_yn ssts_yn vi_cls_code ovtm_vi_cls_code "
    "invt_caful_yn short_over_yn sltr_yn mang_issu_cls_code"
)


def _zeros() -> Row:
    output = dict.fromkeys(_PRICE_ZEROS, "0")
    output.update(dict.fromkeys(_PRICE_RATES, "0.00"))
    output.update(dict.fromkeys(_PRICE_BLANKS, ""))
    output.update(dict.fromkeys(_PRICE_NO, "N"))
    output.update(
        iscd_stat_cls_code="00",
        grmn_rate_cls_code="00",
        mrkt_warn_cls_code="00",
        prdy_vrss_sign="3",
        hts_deal_qty_unit_val="1",
    )
    return output


def _unlisted(code: str) -> Row:
    return {**_zeros(), "stck_shrn_iscd": code}


def inquire_asking_price(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-asking-price-exp-ccn`` (FHKST01010200)."""
    security = call.stock(front.engine)
    if security is None:
        empty = _book_fields(BookView((), ()))
        return quote_reply(
            output1={"aspr_acpt_hour": hhmmss(front.engine.now()), **empty},
            output2=_expected_fields(BookView((), ()), None, call.text("FID_INPUT_ISCD")),
        )
    state = front.engine.trade_state(security.symbol)
    book = front.engine.book(security.symbol)
    return quote_reply(
        output1={"aspr_acpt_hour": hhmmss(state.at), **_book_fields(book)},
        output2=_expected_fields(book, state, security.symbol),
    )


def _book_fields(book: BookView) -> Row:
    fields: Row = {}
    for side, levels in (("askp", book.asks), ("bidp", book.bids)):
        for index in range(BOOK_LEVELS):
            level = levels[index] if index < len(levels) else None
            fields[f"{side}{index + 1}"] = str(level.price_krw if level else 0)
            fields[f"{side}_rsqn{index + 1}"] = str(level.shares if level else 0)
            fields[f"{side}_rsqn_icdc{index + 1}"] = "0"
    asks, bids = sum(level.shares for level in book.asks), sum(level.shares for level in book.bids)
    for name in ("askp", "bidp"):
        fields[f"total_{name}_rsqn_icdc"] = "0"
        fields[f"ovtm_total_{name}_rsqn"] = "0"
        fields[f"ovtm_total_{name}_icdc"] = "0"
    fields.update(
        total_askp_rsqn=str(asks),
        total_bidp_rsqn=str(bids),
        ntby_aspr_rsqn=str(bids - asks),
        new_mkop_cls_code="",
    )
    return fields


def _expected_fields(book: BookView, state: TradeState | None, symbol: str) -> Row:
    base = state.base_krw if state else 0
    expected = book.expected_price_krw
    return {
        "antc_mkop_cls_code": "",
        "stck_prpr": str(state.last_krw if state else 0),
        "stck_oprc": str(state.open_krw if state else 0),
        "stck_hgpr": str(state.high_krw if state else 0),
        "stck_lwpr": str(state.low_krw if state else 0),
        "stck_sdpr": str(base),
        "antc_cnpr": str(expected),
        "antc_cntg_vrss_sign": change_sign(expected, base) if expected else "3",
        "antc_cntg_vrss": str(change(expected, base)),
        "antc_cntg_prdy_ctrt": change_percent(expected, base),
        "antc_vol": str(book.expected_shares),
        "stck_shrn_iscd": symbol,
        "vi_cls_code": flag(bool(state and state.vi_active)),
    }


def inquire_ccnl(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-ccnl`` (FHKST01010300): the last trades, newest first."""
    security = call.stock(front.engine)
    if security is None:
        return quote_reply(output=[])
    state = front.engine.trade_state(security.symbol)
    rows = [
        {
            "stck_cntg_hour": hhmmss(trade.at),
            "stck_prpr": str(trade.price_krw),
            "prdy_vrss": str(change(trade.price_krw, state.base_krw)),
            "prdy_vrss_sign": change_sign(
                trade.price_krw, state.base_krw, state.upper_limit_krw, state.lower_limit_krw
            ),
            "cntg_vol": str(trade.shares),
            "tday_rltv": "0.00",
            "prdy_ctrt": change_percent(trade.price_krw, state.base_krw),
        }
        for trade in front.engine.recent_trades(security.symbol, RECENT_TRADES)
    ]
    return quote_reply(output=rows)
