"""Bar charts of a symbol: days, weeks, months, years and minutes.

A week, month or year is dated by its first session. The exchange has no splits or rights, so adjusted and raw
prices are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daybook.contracts.base import Won
from daybook.contracts.market import DailyBar, MinuteBar
from daybook.paper.envelope import Reply, Row, quote_reply
from daybook.paper.errors import invalid_field
from daybook.paper.formats import change, change_percent, change_sign, fixed, hhmmss, percent, words, yyyymmdd
from daybook.paper.front import Front
from daybook.paper.kis_call import KisCall
from daybook.paper.model import Security, TradeState
from daybook.paper.session_fields import day_fields, market_value, state_sign

CHART_ROWS = 100
DAILY_PRICE_ROWS = 30
MINUTE_ROWS = 30
PAST_MINUTE_ROWS = 120
MAX_BACK_DAYS = 10
"""How many calendar days the minute chart looks back for earlier sessions."""

_PERIOD_DAYS = {"D": 2, "W": 8, "M": 33, "Y": 370}


@dataclass(frozen=True, slots=True)
class PeriodBar:
    """A bar of one period; ``previous_close_krw`` 0 where no earlier bar is known."""

    day: date
    open_krw: Won
    high_krw: Won
    low_krw: Won
    close_krw: Won
    volume_shares: int
    turnover_krw: Won
    previous_close_krw: Won = 0
    previous_volume_shares: int = 0


def inquire_daily_itemchartprice(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-daily-itemchartprice`` (FHKST03010100): at most 100 bars, newest first."""
    security = call.stock(front.engine)
    first, last = call.day("FID_INPUT_DATE_1"), call.day("FID_INPUT_DATE_2")
    period = _period(call)
    if security is None:
        return quote_reply(output1=_summary(None, None, front), output2=[])
    today = front.engine.now().date()
    last = min(last or today, today)
    first = first or last - timedelta(days=_PERIOD_DAYS[period] * CHART_ROWS)
    rows = [_chart_row(bar) for bar in period_bars(front, security.symbol, first, last, period, CHART_ROWS)]
    state = front.engine.trade_state(security.symbol)
    return quote_reply(output1=_summary(security, state, front), output2=rows)


def inquire_daily_price(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-daily-price`` (FHKST01010400): the last 30 days, weeks or months, newest first."""
    security = call.stock(front.engine)
    period = _period(call)
    if security is None:
        return quote_reply(output=[])
    last = front.engine.now().date()
    first = last - timedelta(days=_PERIOD_DAYS[period] * DAILY_PRICE_ROWS)
    bars = period_bars(front, security.symbol, first, last, period, DAILY_PRICE_ROWS)
    rows = [
        {
            "stck_bsop_date": yyyymmdd(bar.day),
            "stck_oprc": str(bar.open_krw),
            "stck_hgpr": str(bar.high_krw),
            "stck_lwpr": str(bar.low_krw),
            "stck_clpr": str(bar.close_krw),
            "acml_vol": str(bar.volume_shares),
            "prdy_vrss_vol_rate": change_percent(bar.volume_shares, bar.previous_volume_shares),
            "prdy_vrss": str(change(bar.close_krw, bar.previous_close_krw)),
            "prdy_vrss_sign": change_sign(bar.close_krw, bar.previous_close_krw or bar.close_krw),
            "prdy_ctrt": change_percent(bar.close_krw, bar.previous_close_krw),
            "hts_frgn_ehrt": "0.00",
            "frgn_ntby_qty": "0",
            "flng_cls_code": "00",
            "acml_prtt_rate": "1.00",
        }
        for bar in bars
    ]
    return quote_reply(output=rows)


def period_bars(front: Front, symbol: str, first: date, last: date, period: str, count: int) -> list[PeriodBar]:
    """Return the newest ``count`` bars of ``[first, last]``, newest first, each with the close before it."""
    lead = timedelta(days=15 if period == "D" else 2 * _PERIOD_DAYS[period])
    start = max(first, last - timedelta(days=_PERIOD_DAYS[period] * (count + 1))) - lead
    merged = _merge(front.engine.daily_bars(symbol, start, last), period)
    linked = [
        PeriodBar(
            bar.day,
            bar.open_krw,
            bar.high_krw,
            bar.low_krw,
            bar.close_krw,
            bar.volume_shares,
            bar.turnover_krw,
            before.close_krw if before else 0,
            before.volume_shares if before else 0,
        )
        for before, bar in zip([None, *merged][: len(merged)], merged, strict=True)
    ]
    wanted = [bar for bar in linked if bar.day >= _period_start(first, period)]
    return wanted[-count:][::-1]


def _merge(bars: Sequence[DailyBar], period: str) -> list[PeriodBar]:
    merged: list[PeriodBar] = []
    current: date | None = None
    for bar in bars:
        start = _period_start(bar.day, period)
        if start != current or not merged:
            current = start
            merged.append(
                PeriodBar(
                    bar.day,
                    bar.open_krw,
                    bar.high_krw,
                    bar.low_krw,
                    bar.close_krw,
                    bar.volume_shares,
                    bar.turnover_krw,
                )
            )
            continue
        begun = merged[-1]
        merged[-1] = PeriodBar(
            begun.day,
            begun.open_krw,
            max(begun.high_krw, bar.high_krw),
            min(begun.low_krw, bar.low_krw),
            bar.close_krw,
            begun.volume_shares + bar.volume_shares,
            begun.turnover_krw + bar.turnover_krw,
        )
    return merged


def _period_start(day: date, period: str) -> date:
    if period == "W":
        return day - timedelta(days=day.weekday())
    if period == "M":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if period == "Y" else day


def _period(call: KisCall) -> str:
    period = call.required("FID_PERIOD_DIV_CODE").upper()
    if period not in _PERIOD_DAYS:
        raise invalid_field("FID_PERIOD_DIV_CODE")
    return period


def _chart_row(bar: PeriodBar) -> Row:
    return {
        "stck_bsop_date": yyyymmdd(bar.day),
        "stck_clpr": str(bar.close_krw),
        "stck_oprc": str(bar.open_krw),
        "stck_hgpr": str(bar.high_krw),
        "stck_lwpr": str(bar.low_krw),
        "acml_vol": str(bar.volume_shares),
        "acml_tr_pbmn": str(bar.turnover_krw),
        "flng_cls_code": "00",
        "prtt_rate": "0.00",
        "mod_yn": "N",
        "prdy_vrss_sign": change_sign(bar.close_krw, bar.previous_close_krw or bar.close_krw),
        "prdy_vrss": str(change(bar.close_krw, bar.previous_close_krw)),
        "revl_issu_reas": "",
    }


_SUMMARY_ZEROS = words(
    "prdy_vrss stck_prdy_clpr acml_vol acml_tr_pbmn stck_prpr prdy_vol stck_mxpr stck_llam stck_oprc stck_hgpr "
    "stck_lwpr stck_prdy_oprc stck_prdy_hgpr stck_prdy_lwpr askp bidp prdy_vrss_vol stck_fcam lstn_stcn cpfn hts_avls"
)


def _summary(security: Security | None, state: TradeState | None, front: Front) -> Row:
    output = dict.fromkeys(_SUMMARY_ZEROS, "0")
    output.update(dict.fromkeys(("prdy_ctrt", "vol_tnrt", "per", "eps", "pbr", "itewhol_loan_rmnd_ratem"), "0.00"))
    output.update(prdy_vrss_sign="3", hts_kor_isnm="", stck_shrn_iscd="")
    if security is None or state is None:
        return output
    book = front.engine.book(security.symbol)
    previous = front.history.of(security.symbol).previous
    output.update(day_fields(state))
    output.update(
        stck_prdy_clpr=str(state.base_krw),
        hts_kor_isnm=security.name,
        stck_shrn_iscd=security.symbol,
        prdy_vol=str(state.previous_volume_shares),
        prdy_vrss_vol=str(state.volume_shares - state.previous_volume_shares),
        stck_prdy_oprc=str(previous.open_krw if previous else 0),
        stck_prdy_hgpr=str(previous.high_krw if previous else 0),
        stck_prdy_lwpr=str(previous.low_krw if previous else 0),
        askp=str(book.asks[0].price_krw if book.asks else 0),
        bidp=str(book.bids[0].price_krw if book.bids else 0),
        vol_tnrt=percent(state.volume_shares, security.shares_outstanding),
        lstn_stcn=str(security.shares_outstanding),
        hts_avls=market_value(state, security),
    )
    return output


def inquire_time_itemchartprice(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-time-itemchartprice`` (FHKST03010200): 30 minute bars at or before an hour, newest first.

    Today's bars only, even with FID_PW_DATA_INCU_YN: clients that page back end at the first bar of the day.
    """
    security = call.stock(front.engine)
    call.required("FID_ETC_CLS_CODE")
    until = _hour(call)
    if security is None:
        return quote_reply(output1=_minute_summary(None, None), output2=[])
    rows = _minute_rows(front, security.symbol, front.engine.now().date(), until, MINUTE_ROWS, include_past=False)
    return quote_reply(output1=_minute_summary(security, front.engine.trade_state(security.symbol)), output2=rows)


def inquire_time_dailychartprice(front: Front, call: KisCall) -> Reply:
    """Answer ``inquire-time-dailychartprice`` (FHKST03010230): 120 minute bars of a date.

    Asked before the first bar of the date it repeats that bar, as KIS does.
    """
    security = call.stock(front.engine)
    day, until = call.day("FID_INPUT_DATE_1"), _hour(call)
    if security is None:
        return quote_reply(output1=_minute_summary(None, None), output2=[])
    day = day or front.engine.now().date()
    include_past = call.text("FID_PW_DATA_INCU_YN").upper() == "Y"
    rows = _minute_rows(front, security.symbol, day, until, PAST_MINUTE_ROWS, include_past=include_past)
    if not rows:
        rows = _bar_rows(front.engine.minute_bars(security.symbol, day)[:1])
    return quote_reply(output1=_minute_summary(security, front.engine.trade_state(security.symbol)), output2=rows)


def _minute_rows(front: Front, symbol: str, day: date, until: str, count: int, *, include_past: bool) -> list[Row]:
    bars = [row for row in _bar_rows(front.engine.minute_bars(symbol, day)) if row["stck_cntg_hour"] <= until]
    rows = bars[::-1][:count]
    back = 0
    while include_past and len(rows) < count and back < MAX_BACK_DAYS:
        back += 1
        earlier = day - timedelta(days=back)
        if front.engine.session_of(earlier).is_open:
            rows += _bar_rows(front.engine.minute_bars(symbol, earlier))[::-1]
    return rows[:count]


def _bar_rows(bars: Sequence[MinuteBar]) -> list[Row]:
    """Return rows oldest first; the cumulative value is estimated from each bar's mean price."""
    rows = []
    turnover_krw = 0
    for bar in bars:
        turnover_krw += (bar.high_krw + bar.low_krw + bar.close_krw) * bar.volume_shares // 3
        rows.append(
            {
                "stck_bsop_date": yyyymmdd(bar.starts_at.date()),
                "stck_cntg_hour": hhmmss(bar.starts_at),
                "stck_prpr": str(bar.close_krw),
                "stck_oprc": str(bar.open_krw),
                "stck_hgpr": str(bar.high_krw),
                "stck_lwpr": str(bar.low_krw),
                "cntg_vol": str(bar.volume_shares),
                "acml_tr_pbmn": str(turnover_krw),
            }
        )
    return rows


def _hour(call: KisCall) -> str:
    until = call.required("FID_INPUT_HOUR_1")
    if not until:
        return "235959"
    try:
        datetime.strptime(until, "%H%M%S").replace(tzinfo=None)  # noqa: DTZ007
    except ValueError as error:
        raise invalid_field("FID_INPUT_HOUR_1") from error
    return until


def _minute_summary(security: Security | None, state: TradeState | None) -> Row:
    if security is None or state is None:
        zeros = dict.fromkeys(("prdy_vrss", "stck_prdy_clpr", "acml_vol", "acml_tr_pbmn", "stck_prpr"), "0")
        return {**zeros, "prdy_vrss_sign": "3", "prdy_ctrt": fixed(0), "hts_kor_isnm": ""}
    return {
        "prdy_vrss": str(change(state.last_krw, state.base_krw)),
        "prdy_vrss_sign": state_sign(state),
        "prdy_ctrt": change_percent(state.last_krw, state.base_krw),
        "stck_prdy_clpr": str(state.base_krw),
        "acml_vol": str(state.volume_shares),
        "acml_tr_pbmn": str(state.turnover_krw),
        "hts_kor_isnm": security.name,
        "stck_prpr": str(state.last_krw),
    }
