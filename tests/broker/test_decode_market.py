import contextlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.broker.kis import decode_market
from daybook.broker.kis.fields import UnreadableReply, as_row, decimal_of, moment_of, records, required, whole
from daybook.broker.port import BrokerConfigurationError, BrokerUnavailable
from daybook.contracts.base import KST, Mode
from daybook.contracts.market import Market, SecurityKind
from tests.broker.fake_kis import Rig, ok

PRICE = {
    "stck_prpr": "70500 ",
    "stck_sdpr": "70000",
    "stck_oprc": "70100",
    "stck_hgpr": "71000",
    "stck_lwpr": "69900",
    "stck_mxpr": "91000",
    "stck_llam": "49000",
    "acml_vol": "1234567",
    "acml_tr_pbmn": "87000000000",
    "rprs_mrkt_kor_name": "KOSPI200",
    "bstp_kor_isnm": "전기·전자",
    "iscd_stat_cls_code": "55",
    "temp_stop_yn": "N",
    "mrkt_warn_cls_code": "00",
    "sltr_yn": "N",
    "vi_cls_code": "N",
}
NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)


def test_quote_when_complete_then_numbers_and_status_are_read() -> None:
    rig = Rig()
    rig.kis.on("FHKST01010100", ok(output=PRICE))
    quote = rig.broker.quote("005930")
    assert (quote.price_krw, quote.base_price_krw, quote.upper_limit_krw) == (70_500, 70_000, 91_000)
    assert (quote.market, quote.kind, quote.sector) == (Market.KOSPI, SecurityKind.STOCK, "전기·전자")
    assert not any((quote.is_halted, quote.vi_active, quote.is_administrative, quote.is_in_liquidation))
    assert quote.ask_krw is None
    assert quote.observed_at == rig.clock.at


def test_quote_when_asked_with_the_book_then_best_ask_and_bid_come_too() -> None:
    rig = Rig()
    book = {"askp1": "70600", "askp_rsqn1": "5", "askp2": "0", "bidp1": "70500", "bidp_rsqn1": "9"}
    rig.kis.on("FHKST01010100", ok(output=PRICE)).on("FHKST01010200", ok(output1=book, output2={"antc_cnpr": "70550"}))
    quote = rig.broker.quote("005930", with_book=True)
    assert (quote.ask_krw, quote.bid_krw) == (70_600, 70_500)
    found = rig.broker.order_book("005930")
    assert [(level.price_krw, level.shares) for level in found.asks] == [(70_600, 5)]
    assert found.expected_auction_price_krw == 70_550


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"temp_stop_yn": "Y"}, "is_halted", True),
        ({"iscd_stat_cls_code": "58"}, "is_halted", True),
        ({"iscd_stat_cls_code": "51"}, "is_administrative", True),
        ({"mang_issu_cls_code": "Y"}, "is_administrative", True),
        ({"mrkt_warn_cls_code": "02"}, "warning_level", 2),
        ({"iscd_stat_cls_code": "52"}, "warning_level", 3),
        ({"iscd_stat_cls_code": "54"}, "warning_level", 1),
        ({"sltr_yn": "Y"}, "is_in_liquidation", True),
        ({"vi_cls_code": "Y"}, "vi_active", True),
        ({"vi_cls_code": "1"}, "vi_active", True),
        ({"rprs_mrkt_kor_name": "KSQ150"}, "market", Market.KOSDAQ),
        ({"rprs_mrkt_kor_name": "KOSDAQ"}, "market", Market.KOSDAQ),
        ({"rprs_mrkt_kor_name": "KONEX"}, "market", Market.KONEX),
        ({"rprs_mrkt_kor_name": "ETF"}, "kind", SecurityKind.ETF),
        ({"acml_vol": ""}, "volume_shares", 0),
    ],
)
def test_quote_when_one_field_differs_then_the_status_follows(
    changes: dict[str, str], field: str, value: object
) -> None:
    quote = decode_market.quote("005930", {"output": PRICE | changes}, NOW)
    assert getattr(quote, field) == value


@pytest.mark.parametrize("output", [{}, [], None, "", PRICE | {"stck_prpr": ""}, PRICE | {"stck_prpr": "-5"}])
def test_quote_when_there_is_no_price_then_it_is_unavailable(output: object) -> None:
    rig = Rig()
    rig.kis.on("FHKST01010100", ok(output=output))
    with pytest.raises(BrokerUnavailable):
        rig.broker.quote("005930")


def test_quote_and_book_when_all_is_zero_then_the_symbol_is_unknown() -> None:
    rig = Rig()
    rig.kis.on("FHKST01010100", ok(output=dict.fromkeys(PRICE, "0")))
    rig.kis.on("FHKST01010200", ok(output1={"askp1": "0"}, output2={"stck_prpr": "0"}))
    for call in (rig.broker.quote, rig.broker.order_book):
        with pytest.raises(BrokerUnavailable) as caught:
            call("999999")
        assert caught.value.code == "NO_SUCH_SYMBOL"


@pytest.mark.parametrize("symbol", ["", "5930", "005930 ", "00593a", "../etc", "005930&X=1", "０05930"])
def test_reads_when_the_symbol_is_no_short_code_then_nothing_is_sent(symbol: str) -> None:
    rig = Rig()
    for call in (
        lambda: rig.broker.quote(symbol),
        lambda: rig.broker.order_book(symbol),
        lambda: rig.broker.daily_bars(symbol, date(2026, 1, 1), date(2026, 1, 2)),
        lambda: rig.broker.minute_bars(symbol, date(2026, 1, 1)),
    ):
        with pytest.raises(BrokerConfigurationError):
            call()
    assert rig.kis.sent == []


def bar_row(day: date, close: int = 100) -> dict[str, str]:
    return {
        "stck_bsop_date": f"{day:%Y%m%d}",
        "stck_oprc": "99",
        "stck_hgpr": "101",
        "stck_lwpr": "98",
        "stck_clpr": str(close),
        "acml_vol": "10",
        "acml_tr_pbmn": "1000",
    }


def test_daily_bars_when_the_span_is_long_then_pages_go_back_by_date() -> None:
    rig = Rig()
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(250)]

    def serve(request: object) -> object:
        params = request.url.params  # type: ignore[attr-defined]
        first, last = params["FID_INPUT_DATE_1"], params["FID_INPUT_DATE_2"]
        inside = [day for day in days if first <= f"{day:%Y%m%d}" <= last][-100:]
        return ok(output1={}, output2=[bar_row(day) for day in reversed(inside)] + [{}, {}])

    rig.kis.on("FHKST03010100", serve)  # type: ignore[arg-type]
    bars = rig.broker.daily_bars("005930", days[0], days[-1])
    assert [bar.day for bar in bars] == days
    assert len(rig.kis.requests("FHKST03010100")) == 3
    assert rig.kis.requests("FHKST03010100")[0].url.params["FID_ORG_ADJ_PRC"] == "0"


@pytest.mark.parametrize("rows", [[], [{}], [bar_row(date(2020, 1, 1))], [{"stck_bsop_date": "20261332"}], None])
def test_daily_bars_when_no_row_is_a_bar_of_the_span_then_the_list_is_empty(rows: object) -> None:
    rig = Rig()
    rig.kis.on("FHKST03010100", ok(output2=rows))
    assert rig.broker.daily_bars("005930", date(2026, 1, 1), date(2026, 2, 1)) == []
    assert rig.broker.daily_bars("005930", date(2026, 2, 1), date(2026, 1, 1)) == []


def minute_rows(first: datetime, count: int) -> list[dict[str, str]]:
    return [
        {
            "stck_bsop_date": f"{at:%Y%m%d}",
            "stck_cntg_hour": f"{at:%H%M%S}",
            "stck_prpr": "100",
            "stck_oprc": "100",
            "stck_hgpr": "100",
            "stck_lwpr": "100",
            "cntg_vol": "1",
        }
        for at in (first + timedelta(minutes=number) for number in range(count))
    ]


def serve_minutes(rows: list[dict[str, str]], page: int) -> object:
    def serve(request: object) -> object:
        until = request.url.params["FID_INPUT_HOUR_1"]  # type: ignore[attr-defined]
        # Asked before the first bar, KIS repeats the first bar.
        found = [row for row in rows if row["stck_cntg_hour"] <= until][-page:] or rows[:1]
        return ok(output1={}, output2=list(reversed(found)))

    return serve


def test_minute_bars_when_the_day_is_today_then_thirty_row_pages_are_joined() -> None:
    rig = Rig(Mode.MOCK)
    rows = minute_rows(datetime(2026, 11, 20, 9, tzinfo=KST), 95)
    rig.kis.on("FHKST03010200", serve_minutes(rows, 30))  # type: ignore[arg-type]
    bars = rig.broker.minute_bars("005930", date(2026, 11, 20))
    assert len(bars) == 95
    assert bars[0].starts_at == datetime(2026, 11, 20, 9, tzinfo=KST)
    assert bars == sorted(bars, key=lambda bar: bar.starts_at)


def test_minute_bars_when_the_day_is_past_then_the_historical_chart_is_read() -> None:
    rig = Rig(Mode.LIVE)
    rig.kis.on("FHKST03010200", serve_minutes(minute_rows(datetime(2026, 11, 20, 9, tzinfo=KST), 5), 30))  # type: ignore[arg-type]
    rig.kis.on("FHKST03010230", serve_minutes(minute_rows(datetime(2026, 11, 19, 10, tzinfo=KST), 300), 120))  # type: ignore[arg-type]
    assert len(rig.broker.minute_bars("005930", date(2026, 11, 19))) == 300
    assert rig.kis.requests("FHKST03010230")[0].url.params["FID_INPUT_DATE_1"] == "20261119"


def test_minute_bars_when_mock_is_asked_for_a_past_day_then_it_says_that_it_cannot() -> None:
    rig = Rig(Mode.MOCK)
    rig.kis.on("FHKST03010200", serve_minutes(minute_rows(datetime(2026, 11, 20, 9, tzinfo=KST), 5), 30))  # type: ignore[arg-type]
    with pytest.raises(BrokerConfigurationError):
        rig.broker.minute_bars("005930", date(2026, 11, 19))


@pytest.mark.parametrize(
    ("sign", "change", "previous"),
    [("2", "10.50", 2489.5), ("5", "-10.50", 2510.5), ("5", "10.50", 2510.5), ("3", "0", 2500.0)],
)
def test_index_when_the_sign_tells_the_direction_then_the_previous_close_follows(
    sign: str, change: str, previous: float
) -> None:
    rig = Rig()
    output = {"bstp_nmix_prpr": "2500.00", "bstp_nmix_prdy_vrss": change, "prdy_vrss_sign": sign}
    rig.kis.on("FHPUP02100000", ok(output=output))
    quote = rig.broker.index("0001")
    assert quote.previous_close == pytest.approx(previous)
    assert quote.change_ratio == pytest.approx(2500 / previous - 1)


def test_index_when_in_mock_then_the_chart_that_is_served_there_is_read() -> None:
    rig = Rig(Mode.MOCK)
    rig.kis.on("FHKUP03500100", ok(output1={"bstp_nmix_prpr": "2500.00", "prdy_nmix": "2400.00"}, output2=[]))
    assert rig.broker.index("0001").previous_close == 2400
    rig.kis.on("FHKUP03500100", ok(output1={}, output2=[]))
    with pytest.raises(BrokerUnavailable):
        rig.broker.index("9999")


def test_top_turnover_when_ranked_then_codes_come_by_value_and_rights_are_left_out() -> None:
    rig = Rig()
    rows = [
        {"mksc_shrn_iscd": "000660", "acml_tr_pbmn": "900"},
        {"mksc_shrn_iscd": "005930", "acml_tr_pbmn": "1000"},
        {"mksc_shrn_iscd": "J0036221D", "acml_tr_pbmn": "5000"},
        {"mksc_shrn_iscd": "005930", "acml_tr_pbmn": "1000"},
        {},
    ]
    rig.kis.on("FHPST01710000", ok(output=rows))
    assert rig.broker.top_turnover(10) == ["005930", "000660"]
    assert rig.broker.top_turnover(1) == ["005930"]
    assert rig.broker.top_turnover(0) == []


def test_top_turnover_when_in_mock_then_it_is_a_configuration_error_with_advice() -> None:
    with pytest.raises(BrokerConfigurationError) as caught:
        Rig(Mode.MOCK).broker.top_turnover(5)
    assert caught.value.advice


def test_market_open_day_when_asked_again_then_the_first_answer_serves() -> None:
    rig = Rig()
    rows = [
        {"bass_dt": "20261225", "opnd_yn": "N", "tr_day_yn": "Y", "bzdy_yn": "N"},
        {"bass_dt": "20261228", "opnd_yn": "Y"},
        {"bass_dt": "20261229", "opnd_yn": ""},
    ]
    rig.kis.on("CTCA0903R", ok(tr_cont="M", output=rows, ctx_area_nk="20270101"))
    assert rig.broker.is_market_open_day(date(2026, 12, 25)) is False
    assert rig.broker.is_market_open_day(date(2026, 12, 28)) is True
    assert len(rig.kis.requests("CTCA0903R")) == 1
    assert rig.broker.is_market_open_day(date(2026, 12, 29)) is None
    assert Rig(Mode.MOCK).broker.is_market_open_day(date(2026, 12, 28)) is None


@given(st.dictionaries(st.sampled_from(sorted(PRICE)), st.text(max_size=12)))
def test_quote_when_fields_hold_any_text_then_it_is_a_quote_or_unavailable(changes: dict[str, str]) -> None:
    rig = Rig()
    rig.kis.on("FHKST01010100", ok(output=PRICE | changes))
    with contextlib.suppress(UnreadableReply):
        assert rig.broker.quote("005930").price_krw > 0


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["output", "output1", "output2"]), anything))
def test_market_reads_when_blocks_are_anything_then_only_broker_errors_come(blocks: dict[str, Any]) -> None:
    rig = Rig()
    for tr_id in ("FHKST01010100", "FHKST01010200", "FHKST03010100", "FHPUP02100000", "FHPST01710000", "CTCA0903R"):
        rig.kis.on(tr_id, ok(**blocks))
    for call in (
        lambda: rig.broker.quote("005930"),
        lambda: rig.broker.order_book("005930"),
        lambda: rig.broker.index("0001"),
    ):
        try:
            call()
        except BrokerUnavailable:
            continue
    rig.broker.daily_bars("005930", date(2026, 1, 1), date(2026, 1, 9))
    rig.broker.top_turnover(30)
    rig.broker.is_market_open_day(date(2026, 1, 2))


@given(st.integers(-(10**15), 10**15), st.sampled_from(["", " ", "   "]))
def test_whole_when_a_number_is_padded_or_signed_then_it_is_read(number: int, padding: str) -> None:
    row = as_row({"X": padding + format(number, "+,") + padding})
    assert whole(row, "x") == number
    assert required(row, "x") == number


@given(st.text(max_size=20))
def test_decimal_when_the_text_is_anything_then_it_is_a_finite_number_or_none(text: str) -> None:
    number = decimal_of({"x": text}, "x")
    assert number is None or number.is_finite()


@pytest.mark.parametrize("text", ["", "9000", "250000", "096000", "０９００００", "-90000", "09:00:"])
def test_moment_when_the_text_is_not_a_time_then_there_is_none(text: str) -> None:
    assert moment_of(date(2026, 1, 1), text) is None


def test_records_when_rows_are_empty_or_odd_then_they_are_left_out() -> None:
    assert records({"output": [{}, {"a": " "}, None, 5, {"A": " x "}]}, "output") == [{"a": "x"}]


def test_investor_flows_when_a_session_still_runs_then_its_blank_row_is_left_out_and_amounts_are_won() -> None:
    rig = Rig()
    whole = {
        "stck_bsop_date": "20260305", "prsn_ntby_qty": "-120", "frgn_ntby_qty": "100", "orgn_ntby_qty": "20",
        "prsn_ntby_tr_pbmn": "-9", "frgn_ntby_tr_pbmn": "7", "orgn_ntby_tr_pbmn": "2",
    }  # fmt: skip
    blank = dict.fromkeys(whole, "") | {"stck_bsop_date": "20260306"}
    rig.kis.on("FHKST01010900", ok(output=[blank, whole, {}]))
    (flow,) = rig.broker.investor_flows("005930")
    assert flow.day == date(2026, 3, 5)
    assert (flow.foreign_net_shares, flow.foreign_net_krw) == (100, 7_000_000)
    assert (flow.individual_net_shares, flow.individual_net_krw) == (-120, -9_000_000)


@pytest.mark.parametrize("rows", [[], [{}], [{"stck_bsop_date": "20261332", "bstp_nmix_prpr": "1"}], None])
def test_index_bars_when_no_row_is_a_bar_then_the_list_is_empty(rows: object) -> None:
    rig = Rig()
    rig.kis.on("FHKUP03500100", ok(output2=rows))
    assert rig.broker.index_bars("2001", date(2026, 1, 1), date(2026, 2, 1)) == []
