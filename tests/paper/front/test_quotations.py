from tests.paper.front.kis_caller import MORNING, SYMBOL, KisCaller, calling, serving

STOCK = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": SYMBOL}
NEVER_BLANK = (
    "per pbr eps bps w52_hgpr w52_hgpr_date w52_lwpr w52_lwpr_date temp_stop_yn stck_prpr prdy_vrss prdy_vrss_sign "
    "prdy_ctrt acml_tr_pbmn acml_vol prdy_vrss_vol_rate stck_oprc stck_hgpr stck_lwpr stck_mxpr stck_llam stck_sdpr "
    "aspr_unit hts_avls stck_shrn_iscd mrkt_warn_cls_code short_over_yn"
)


def test_price_when_listed_then_consistent_and_nothing_blank_that_clients_need(caller: KisCaller) -> None:
    output = caller.price()
    assert all(isinstance(value, str) for value in output.values())
    assert [name for name in NEVER_BLANK.split() if not output[name]] == []
    price, base = int(output["stck_prpr"]), int(output["stck_sdpr"])
    assert int(output["prdy_vrss"]) == price - base
    assert int(output["stck_llam"]) <= int(output["stck_lwpr"]) <= price <= int(output["stck_hgpr"])
    assert int(output["w52_lwpr"]) <= int(output["stck_lwpr"])
    assert int(output["w52_hgpr"]) >= int(output["stck_hgpr"])
    assert output["aspr_unit"] == "100"


def test_price_when_unlisted_or_on_nxt_then_success_with_zeros(caller: KisCaller) -> None:
    assert caller.price("999999")["stck_prpr"] == "0"
    reply = caller.get("/quotations/inquire-price", "FHKST01010100", **{**STOCK, "FID_COND_MRKT_DIV_CODE": "NX"})
    assert (reply.json()["rt_cd"], reply.json()["output"]["stck_prpr"]) == ("0", "0")


def test_price_when_unified_market_then_as_krx(caller: KisCaller) -> None:
    reply = caller.get("/quotations/inquire-price", "FHKST01010100", **{**STOCK, "FID_COND_MRKT_DIV_CODE": "UN"})
    assert int(reply.json()["output"]["stck_prpr"]) > 0


def test_book_when_asked_then_ten_levels_and_totals(caller: KisCaller) -> None:
    body = caller.get("/quotations/inquire-asking-price-exp-ccn", "FHKST01010200", **STOCK).json()
    book = body["output1"]
    asks = [int(book[f"askp{level}"]) for level in range(1, 11)]
    bids = [int(book[f"bidp{level}"]) for level in range(1, 11)]
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert asks[0] > bids[0]
    assert int(book["total_askp_rsqn"]) == sum(int(book[f"askp_rsqn{level}"]) for level in range(1, 11))
    assert body["output2"]["stck_shrn_iscd"] == SYMBOL


def test_trades_when_asked_then_newest_first(caller: KisCaller) -> None:
    rows = caller.get("/quotations/inquire-ccnl", "FHKST01010300", **STOCK).json()["output"]
    hours = [row["stck_cntg_hour"] for row in rows]
    assert len(rows) == 30
    assert hours == sorted(hours, reverse=True)


def _chart(caller: KisCaller, **changes: str) -> list[dict[str, str]]:
    query = {
        **STOCK,
        "FID_INPUT_DATE_1": "20250101",
        "FID_INPUT_DATE_2": "20260320",
        "FID_PERIOD_DIV_CODE": "D",
        "FID_ORG_ADJ_PRC": "0",
        **changes,
    }
    rows: list[dict[str, str]] = caller.get(
        "/quotations/inquire-daily-itemchartprice", "FHKST03010100", **query
    ).json()["output2"]
    return rows


def test_daily_chart_when_longer_than_a_page_then_newest_hundred(caller: KisCaller) -> None:
    rows = _chart(caller)
    assert len(rows) == 100
    assert rows[0]["stck_bsop_date"] == "20260320"
    older = _chart(caller, FID_INPUT_DATE_2=rows[-1]["stck_bsop_date"])
    assert older[0] == rows[-1]
    change = int(rows[0]["stck_clpr"]) - int(rows[1]["stck_clpr"])
    assert int(rows[0]["prdy_vrss"]) == change


def test_period_charts_when_merged_then_cover_their_days(caller: KisCaller) -> None:
    days = _chart(caller, FID_INPUT_DATE_1="20260201", FID_INPUT_DATE_2="20260228")
    (month,) = _chart(caller, FID_INPUT_DATE_1="20260201", FID_INPUT_DATE_2="20260228", FID_PERIOD_DIV_CODE="M")
    assert month["stck_bsop_date"] == days[-1]["stck_bsop_date"]
    assert month["stck_clpr"] == days[0]["stck_clpr"]
    assert month["stck_oprc"] == days[-1]["stck_oprc"]
    assert int(month["stck_hgpr"]) == max(int(day["stck_hgpr"]) for day in days)
    assert int(month["acml_vol"]) == sum(int(day["acml_vol"]) for day in days)
    weeks = _chart(caller, FID_INPUT_DATE_1="20260302", FID_INPUT_DATE_2="20260320", FID_PERIOD_DIV_CODE="W")
    assert [week["stck_bsop_date"] for week in weeks] == ["20260316", "20260309", "20260303"]


def test_daily_price_when_asked_then_thirty_days(caller: KisCaller) -> None:
    query = {**STOCK, "FID_PERIOD_DIV_CODE": "D", "FID_ORG_ADJ_PRC": "1"}
    rows = caller.get("/quotations/inquire-daily-price", "FHKST01010400", **query).json()["output"]
    assert len(rows) == 30
    assert rows[0]["stck_bsop_date"] == "20260320"


def test_minute_chart_when_paged_back_then_ends_at_the_open(caller: KisCaller) -> None:
    def page(hour: str) -> list[dict[str, str]]:
        query = {
            **STOCK,
            "FID_INPUT_HOUR_1": hour,
            "FID_PW_DATA_INCU_YN": "Y",
            "FID_ETC_CLS_CODE": "",
        }
        reply = caller.get("/quotations/inquire-time-itemchartprice", "FHKST03010200", **query)
        rows: list[dict[str, str]] = reply.json()["output2"]
        return rows

    newest = page("235959")
    assert len(newest) == 30
    assert newest[0]["stck_cntg_hour"] <= "100000"
    last = page("090500")
    assert [row["stck_cntg_hour"] for row in last] == [f"090{minute}00" for minute in range(5, -1, -1)]
    assert page("085900") == []


def test_past_minute_chart_when_a_date_is_given_then_its_bars(caller: KisCaller) -> None:
    query = {
        **STOCK,
        "FID_INPUT_DATE_1": "20260319",
        "FID_INPUT_HOUR_1": "153000",
        "FID_PW_DATA_INCU_YN": "N",
        "FID_FAKE_TICK_INCU_YN": "",
    }
    rows = caller.get("/quotations/inquire-time-dailychartprice", "FHKST03010230", **query).json()["output2"]
    assert len(rows) == 120
    assert {row["stck_bsop_date"] for row in rows} == {"20260319"}
    early = {**query, "FID_INPUT_HOUR_1": "080000"}
    repeated = caller.get("/quotations/inquire-time-dailychartprice", "FHKST03010230", **early).json()["output2"]
    assert [row["stck_cntg_hour"] for row in repeated] == ["090000"]


def test_index_when_asked_then_level_breadth_and_chart(caller: KisCaller) -> None:
    query = {"FID_COND_MRKT_DIV_CODE": "U", "FID_INPUT_ISCD": "0001"}
    output = caller.get("/quotations/inquire-index-price", "FHPUP02100000", **query).json()["output"]
    change = float(output["bstp_nmix_prdy_vrss"])
    assert float(output["bstp_nmix_prpr"]) > 0
    assert (output["prdy_vrss_sign"] == "5") == (change < 0)
    assert sum(int(output[f"{kind}_issu_cnt"]) for kind in ("ascn", "stnr", "down", "uplm", "lslm")) > 10
    dates = {"FID_INPUT_DATE_1": "20260101", "FID_INPUT_DATE_2": "20260320", "FID_PERIOD_DIV_CODE": "D"}
    rows = caller.get("/quotations/inquire-daily-indexchartprice", "FHKUP03500100", **query, **dates).json()["output2"]
    assert len(rows) == 50
    assert rows[0]["stck_bsop_date"] == "20260320"


def test_index_when_unknown_then_zeros(caller: KisCaller) -> None:
    query = {"FID_COND_MRKT_DIV_CODE": "U", "FID_INPUT_ISCD": "9999"}
    output = caller.get("/quotations/inquire-index-price", "FHPUP02100000", **query).json()["output"]
    assert output["bstp_nmix_prpr"] == "0.00"


def _ranking(caller: KisCaller, **changes: str) -> list[dict[str, str]]:
    query = {
        "FID_COND_MRKT_DIV_CODE": "J",
        "FID_COND_SCR_DIV_CODE": "20171",
        "FID_INPUT_ISCD": "0000",
        "FID_DIV_CLS_CODE": "0",
        "FID_BLNG_CLS_CODE": "3",
        "FID_TRGT_CLS_CODE": "111111111",
        "FID_TRGT_EXLS_CLS_CODE": "0000000000",
        "FID_INPUT_PRICE_1": "",
        "FID_INPUT_PRICE_2": "",
        "FID_VOL_CNT": "",
        "FID_INPUT_DATE_1": "",
        **changes,
    }
    rows: list[dict[str, str]] = caller.get("/quotations/volume-rank", "FHPST01710000", **query).json()["output"]
    return rows


def test_ranking_when_by_value_then_thirty_highest_first(caller: KisCaller) -> None:
    rows = _ranking(caller)
    values = [int(row["acml_tr_pbmn"]) for row in rows]
    assert len(rows) == 30
    assert values == sorted(values, reverse=True)
    assert [row["data_rank"] for row in rows] == [str(rank) for rank in range(1, 31)]


def test_ranking_when_nothing_traded_yet_today_then_it_is_of_the_session_before() -> None:
    with serving(start=MORNING.replace(hour=8, minute=20)) as exchange, calling(exchange.mock_url) as caller:
        rows = _ranking(caller)
    values = [int(row["acml_tr_pbmn"]) for row in rows]
    assert values[-1] > 0
    assert values == sorted(values, reverse=True)


def test_ranking_when_filtered_then_excluded_kinds_are_gone(caller: KisCaller) -> None:
    rows = _ranking(caller, FID_TRGT_EXLS_CLS_CODE="1111111101", FID_DIV_CLS_CODE="1", FID_INPUT_PRICE_1="100000")
    assert rows
    assert all(row["mksc_shrn_iscd"].endswith("0") for row in rows)
    assert all(int(row["stck_prpr"]) >= 100_000 for row in rows)


def test_interruptions_when_none_then_no_rows(caller: KisCaller) -> None:
    body = caller.get("/quotations/inquire-vi-status", "FHPST01390000").json()
    assert body["rt_cd"] == "0"
    assert isinstance(body["output"], list)
