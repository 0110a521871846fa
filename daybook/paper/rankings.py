"""Services over the whole market: the volume ranking and the symbols in volatility interruption."""

from collections.abc import Callable
from dataclasses import replace

from daybook.contracts.market import SecurityKind
from daybook.paper.envelope import Reply, Row, quote_reply
from daybook.paper.errors import invalid_field
from daybook.paper.formats import change, change_percent, fixed, percent, yyyymmdd
from daybook.paper.front import Front
from daybook.paper.kis_call import STOCK_MARKETS, KisCall
from daybook.paper.market_scan import market_states
from daybook.paper.model import Security, TradeState
from daybook.paper.session_fields import state_sign

RANKING_ROWS = 30
AVERAGE_SESSIONS = 20

_Ranked = tuple[Security, TradeState]

_ORDERINGS: dict[str, Callable[[_Ranked], float]] = {
    "0": lambda ranked: ranked[1].volume_shares,
    "1": lambda ranked: ranked[1].volume_shares / (ranked[1].previous_volume_shares or 1),
    "2": lambda ranked: ranked[1].volume_shares / (ranked[0].shares_outstanding or 1),
    "3": lambda ranked: ranked[1].turnover_krw,
    "4": lambda ranked: ranked[1].turnover_krw / (ranked[0].shares_outstanding * ranked[1].last_krw or 1),
}
"""``FID_BLNG_CLS_CODE``: volume, volume growth, turnover ratio, traded value, traded value to market value."""

_EXCLUDE_PREFERRED, _EXCLUDE_HALTED, _EXCLUDE_ETF, _EXCLUDE_ETN = 4, 5, 6, 7
"""Positions in ``FID_TRGT_EXLS_CLS_CODE``; the other flags name states the exchange does not have."""


def volume_rank(front: Front, call: KisCall) -> Reply:
    """Answer ``volume-rank`` (FHPST01710000): at most 30 rows, no paging."""
    market = call.required("FID_COND_MRKT_DIV_CODE").upper()
    if market not in STOCK_MARKETS:
        raise invalid_field("FID_COND_MRKT_DIV_CODE")
    ordering = _ORDERINGS.get(call.text("FID_BLNG_CLS_CODE") or "0")
    if ordering is None:
        raise invalid_field("FID_BLNG_CLS_CODE")
    chosen = [] if market == "NX" else [ranked for ranked in _active(front) if _is_wanted(ranked, call)]
    chosen.sort(key=lambda ranked: ranked[0].symbol)
    chosen.sort(key=ordering, reverse=True)
    rows = [_rank_row(front, rank, ranked) for rank, ranked in enumerate(chosen[:RANKING_ROWS], start=1)]
    return quote_reply(output=rows)


def _active(front: Front) -> list[_Ranked]:
    """Return the market's numbers; until the first trade of a day, volume and value of the session before it."""
    states = market_states(front)
    if any(state.volume_shares for _, state in states):
        return states
    return [(security, _of_the_session_before(front, state)) for security, state in states]


def _of_the_session_before(front: Front, state: TradeState) -> TradeState:
    bar = front.history.of(state.symbol).previous
    if bar is None:
        return state
    return replace(state, volume_shares=bar.volume_shares, turnover_krw=bar.turnover_krw)


def _is_wanted(ranked: _Ranked, call: KisCall) -> bool:
    security, state = ranked
    is_preferred = _is_preferred(security)
    wanted_class = call.text("FID_DIV_CLS_CODE") or "0"
    if (wanted_class == "1" and is_preferred) or (wanted_class == "2" and not is_preferred):
        return False
    excluded = {index for index, mark in enumerate(call.text("FID_TRGT_EXLS_CLS_CODE")) if mark == "1"}
    if (
        (_EXCLUDE_PREFERRED in excluded and is_preferred)
        or (_EXCLUDE_HALTED in excluded and state.is_halted)
        or (_EXCLUDE_ETF in excluded and security.kind is SecurityKind.ETF)
        or (_EXCLUDE_ETN in excluded and security.kind is SecurityKind.ETN)
    ):
        return False
    lowest, highest = call.number("FID_INPUT_PRICE_1"), call.number("FID_INPUT_PRICE_2")
    volume = call.number("FID_VOL_CNT")
    return (
        (not lowest or state.last_krw >= lowest)
        and (not highest or state.last_krw <= highest)
        and state.volume_shares >= (volume or 0)
    )


def _is_preferred(security: Security) -> bool:
    return security.kind is SecurityKind.STOCK and not security.symbol.endswith("0")


def _rank_row(front: Front, rank: int, ranked: _Ranked) -> Row:
    security, state = ranked
    history = front.history.of(security.symbol)
    recent = history.bars[-AVERAGE_SESSIONS:]
    average_volume = sum(bar.volume_shares for bar in recent) // len(recent) if recent else 0
    average_turnover = sum(bar.turnover_krw for bar in recent) // len(recent) if recent else 0
    first_close = recent[0].close_krw if recent else 0
    value_krw = security.shares_outstanding * state.last_krw
    return {
        "hts_kor_isnm": security.name,
        "mksc_shrn_iscd": security.symbol,
        "data_rank": str(rank),
        "stck_prpr": str(state.last_krw),
        "prdy_vrss_sign": state_sign(state),
        "prdy_vrss": str(change(state.last_krw, state.base_krw)),
        "prdy_ctrt": change_percent(state.last_krw, state.base_krw),
        "acml_vol": str(state.volume_shares),
        "prdy_vol": str(state.previous_volume_shares),
        "lstn_stcn": str(security.shares_outstanding),
        "avrg_vol": str(average_volume),
        "n_befr_clpr_vrss_prpr_rate": change_percent(state.last_krw, first_close),
        "vol_inrt": percent(state.volume_shares, state.previous_volume_shares),
        "vol_tnrt": percent(state.volume_shares, security.shares_outstanding),
        "nday_vol_tnrt": percent(average_volume, security.shares_outstanding),
        "avrg_tr_pbmn": str(average_turnover),
        "tr_pbmn_tnrt": percent(state.turnover_krw, value_krw),
        "nday_tr_pbmn_tnrt": percent(average_turnover, value_krw),
        "acml_tr_pbmn": str(state.turnover_krw),
    }


def inquire_vi_status(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-vi-status`` (FHPST01390000): the symbols in volatility interruption now.

    The exchange keeps no times of an interruption, so those fields are zero.
    """
    symbol = call.text("FID_INPUT_ISCD")
    today = yyyymmdd(front.engine.now())
    rows = [
        {
            "hts_kor_isnm": security.name,
            "mksc_shrn_iscd": security.symbol,
            "vi_cls_code": "Y",
            "bsop_date": today,
            "cntg_vi_hour": "000000",
            "vi_cncl_hour": "000000",
            "vi_kind_code": "0",
            "vi_prc": str(state.last_krw),
            "vi_stnd_prc": str(state.vi_base_krw),
            "vi_dprt": change_percent(state.last_krw, state.vi_base_krw),
            "vi_dmc_stnd_prc": "0",
            "vi_dmc_dprt": fixed(0),
            "vi_count": "1",
        }
        for security, state in market_states(front)
        if state.vi_active and (not symbol or symbol == security.symbol)
    ]
    return quote_reply(output=rows)
