"""Quotations of indices: KOSPI 0001, KOSDAQ 1001, KOSPI200 2001."""

from collections.abc import Sequence
from datetime import date, timedelta

from daybook.paper.envelope import Reply, Row, quote_reply
from daybook.paper.errors import invalid_field
from daybook.paper.formats import FLAT, LIMIT_DOWN, LIMIT_UP, UP, change_percent, change_sign, fixed, words, yyyymmdd
from daybook.paper.front import Front
from daybook.paper.kis_call import KisCall
from daybook.paper.market_scan import market_states
from daybook.paper.model import IndexBar, IndexView

INDEX_MARKET = "U"
INDEX_CHART_ROWS = 50
_MARKET_OF_INDEX = {"0001": "KOSPI", "1001": "KOSDAQ", "2001": "KOSPI"}
_PERIODS = {"D": 2, "W": 8, "M": 33, "Y": 370}


def inquire_index_price(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-index-price`` (FHPUP02100000)."""
    view = _view(front, call)
    output = dict.fromkeys(_PRICE_ZEROS, "0")
    output.update(dict.fromkeys(_PRICE_RATES, "0.00"))
    output.update(dict.fromkeys(_PRICE_SIGNS, FLAT))
    output.update(dryy_bstp_nmix_hgpr_date="", dryy_bstp_nmix_lwpr_date="")
    if view is None:
        return quote_reply(output=output)
    before = view.previous_close
    output.update(
        bstp_nmix_prpr=fixed(view.level),
        bstp_nmix_prdy_vrss=fixed(view.level - before),
        prdy_vrss_sign=change_sign(view.level, before),
        bstp_nmix_prdy_ctrt=change_percent(view.level, before),
        acml_vol=str(view.volume_shares),
        acml_tr_pbmn=str(view.turnover_krw),
    )
    for name, level, difference, rate in (
        ("oprc", view.open, "prdy_nmix_vrss_nmix_oprc", "bstp_nmix_oprc_prdy_ctrt"),
        ("hgpr", view.high, "prdy_nmix_vrss_nmix_hgpr", "bstp_nmix_hgpr_prdy_ctrt"),
        ("lwpr", view.low, "prdy_clpr_vrss_lwpr", "prdy_clpr_vrss_lwpr_rate"),
    ):
        output[f"bstp_nmix_{name}"] = fixed(level)
        output[difference] = fixed(level - before) if level else "0.00"
        output[f"{name}_vrss_prpr_sign"] = change_sign(level, before) if level else FLAT
        output[rate] = change_percent(level, before)
    output.update(_breadth(front, view.code))
    output.update(_year(front, view))
    return quote_reply(output=output)


def inquire_daily_indexchartprice(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-daily-indexchartprice`` (FHKUP03500100): at most 50 rows, newest first."""
    view = _view(front, call)
    first, last = call.day("FID_INPUT_DATE_1"), call.day("FID_INPUT_DATE_2")
    period = call.required("FID_PERIOD_DIV_CODE").upper()
    if period not in _PERIODS:
        raise invalid_field("FID_PERIOD_DIV_CODE")
    if view is None:
        return quote_reply(output1=_snapshot(None, None), output2=[])
    today = front.engine.now().date()
    last = min(last or today, today)
    first = max(first or date.min, last - timedelta(days=_PERIODS[period] * (INDEX_CHART_ROWS + 1)))
    bars = front.engine.index_bars(view.code, first, last)
    rows = [_chart_row(bar) for bar in _merge(bars, period)[-INDEX_CHART_ROWS:][::-1]]
    earlier = front.engine.index_bars(view.code, today - timedelta(days=15), today - timedelta(days=1))
    return quote_reply(output1=_snapshot(view, earlier[-1] if earlier else None), output2=rows)


def _view(front: Front, call: KisCall) -> IndexView | None:
    if call.required("FID_COND_MRKT_DIV_CODE").upper() != INDEX_MARKET:
        raise invalid_field("FID_COND_MRKT_DIV_CODE")
    return front.engine.index(call.required("FID_INPUT_ISCD"))


def _breadth(front: Front, code: str) -> Row:
    """Return how many listed issues of the index's market rose, fell or stood."""
    counts = dict.fromkeys("12345", 0)
    market = _MARKET_OF_INDEX.get(code)
    for security, state in market_states(front):
        if security.market.value == market:
            sign = change_sign(state.last_krw, state.base_krw, state.upper_limit_krw, state.lower_limit_krw)
            counts[sign] += 1
    return {
        "ascn_issu_cnt": str(counts[UP]),
        "uplm_issu_cnt": str(counts[LIMIT_UP]),
        "stnr_issu_cnt": str(counts[FLAT]),
        "down_issu_cnt": str(counts["5"]),
        "lslm_issu_cnt": str(counts[LIMIT_DOWN]),
    }


def _year(front: Front, view: IndexView) -> Row:
    today = front.engine.now().date()
    bars = front.engine.index_bars(view.code, today.replace(month=1, day=1), today)
    if not bars:
        return {}
    high, low = max(bars, key=lambda bar: bar.high), min(bars, key=lambda bar: bar.low)
    return {
        "dryy_bstp_nmix_hgpr": fixed(high.high),
        "dryy_hgpr_vrss_prpr_rate": change_percent(view.level, high.high),
        "dryy_bstp_nmix_hgpr_date": yyyymmdd(high.day),
        "dryy_bstp_nmix_lwpr": fixed(low.low),
        "dryy_lwpr_vrss_prpr_rate": change_percent(view.level, low.low),
        "dryy_bstp_nmix_lwpr_date": yyyymmdd(low.day),
    }


def _merge(bars: Sequence[IndexBar], period: str) -> list[IndexBar]:
    """Return bars of a period, each dated by its first session."""
    merged: list[IndexBar] = []
    current: tuple[int, ...] | None = None
    for bar in bars:
        key = _period_key(bar.day, period)
        if key != current or not merged:
            current = key
            merged.append(bar)
            continue
        begun = merged[-1]
        merged[-1] = IndexBar(
            begun.day,
            begun.open,
            max(begun.high, bar.high),
            min(begun.low, bar.low),
            bar.close,
            begun.volume_shares + bar.volume_shares,
        )
    return merged


def _period_key(day: date, period: str) -> tuple[int, ...]:
    if period == "W":
        return tuple(day.isocalendar()[:2])
    if period == "M":
        return (day.year, day.month)
    return (day.year,) if period == "Y" else (day.toordinal(),)


def _chart_row(bar: IndexBar) -> Row:
    return {
        "stck_bsop_date": yyyymmdd(bar.day),
        "bstp_nmix_prpr": fixed(bar.close),
        "bstp_nmix_oprc": fixed(bar.open),
        "bstp_nmix_hgpr": fixed(bar.high),
        "bstp_nmix_lwpr": fixed(bar.low),
        "acml_vol": str(bar.volume_shares),
        "acml_tr_pbmn": "0",
        "mod_yn": "N",
    }


def _snapshot(view: IndexView | None, before: IndexBar | None) -> Row:
    level = view.level if view else 0.0
    previous = view.previous_close if view else 0.0
    return {
        "bstp_nmix_prdy_vrss": fixed(level - previous),
        "prdy_vrss_sign": change_sign(level, previous),
        "bstp_nmix_prdy_ctrt": change_percent(level, previous),
        "prdy_nmix": fixed(previous),
        "acml_vol": str(view.volume_shares if view else 0),
        "acml_tr_pbmn": str(view.turnover_krw if view else 0),
        "hts_kor_isnm": view.name if view else "",
        "bstp_nmix_prpr": fixed(level),
        "bstp_cls_code": view.code if view else "",
        "prdy_vol": str(before.volume_shares if before else 0),
        "bstp_nmix_oprc": fixed(view.open if view else 0),
        "bstp_nmix_hgpr": fixed(view.high if view else 0),
        "bstp_nmix_lwpr": fixed(view.low if view else 0),
        "futs_prdy_oprc": fixed(before.open if before else 0),
        "futs_prdy_hgpr": fixed(before.high if before else 0),
        "futs_prdy_lwpr": fixed(before.low if before else 0),
    }


_PRICE_ZEROS = words(
    "acml_vol prdy_vol acml_tr_pbmn prdy_tr_pbmn ascn_issu_cnt uplm_issu_cnt stnr_issu_cnt down_issu_cnt "
    "lslm_issu_cnt total_askp_rsqn total_bidp_rsqn ntby_rsqn"
)
_PRICE_RATES = words(
    "bstp_nmix_prpr bstp_nmix_prdy_vrss bstp_nmix_prdy_ctrt bstp_nmix_oprc prdy_nmix_vrss_nmix_oprc "
    "bstp_nmix_oprc_prdy_ctrt bstp_nmix_hgpr prdy_nmix_vrss_nmix_hgpr bstp_nmix_hgpr_prdy_ctrt bstp_nmix_lwpr "
    "prdy_clpr_vrss_lwpr prdy_clpr_vrss_lwpr_rate dryy_bstp_nmix_hgpr dryy_hgpr_vrss_prpr_rate dryy_bstp_nmix_lwpr "
    "dryy_lwpr_vrss_prpr_rate seln_rsqn_rate shnu_rsqn_rate"
)
_PRICE_SIGNS = words("prdy_vrss_sign oprc_vrss_prpr_sign hgpr_vrss_prpr_sign lwpr_vrss_prpr_sign")
