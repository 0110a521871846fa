from tests.paper.front.kis_caller import KisCaller


def _days(caller: KisCaller, start: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    key, tr_cont = "", ""
    while True:
        reply = caller.get(
            "/quotations/chk-holiday", "CTCA0903R", tr_cont, BASS_DT=start, CTX_AREA_NK=key, CTX_AREA_FK=""
        )
        body = reply.json()
        rows += body["output"]
        assert len(body["ctx_area_nk"]) == len(body["ctx_area_fk"]) == 20
        if reply.headers["tr_cont"] not in {"F", "M"}:
            assert not body["ctx_area_nk"].strip()
            return rows
        assert "계속" in body["msg1"]
        key, tr_cont = body["ctx_area_nk"], "N"


def test_holidays_when_followed_to_the_end_then_each_day_once_for_half_a_year(caller: KisCaller) -> None:
    rows = _days(caller, "20260430")
    dates = [row["bass_dt"] for row in rows]
    assert dates == sorted(set(dates))
    assert dates[0] == "20260430"
    assert dates[-1] == "20260920"
    opened = {row["bass_dt"]: row["opnd_yn"] for row in rows}
    assert [opened[day] for day in ("20260430", "20260501", "20260502", "20260504", "20260505", "20260603")] == list(
        "YNNYNN"
    )
    assert next(row["wday_dvsn_cd"] for row in rows if row["bass_dt"] == "20260503") == "01"


def test_holidays_when_out_of_range_then_no_rows(caller: KisCaller) -> None:
    assert _days(caller, "20301231") == []


def test_market_time_when_asked_then_five_trading_days_and_hours(caller: KisCaller) -> None:
    output = caller.get("/quotations/market-time", "HHMCM000002C0").json()["output1"]
    assert (output["date1"], output["date5"], output["today"]) == ("20260316", "20260320", "20260320")
    assert (output["s_time"], output["e_time"]) == ("090000", "153000")


def test_product_when_listed_then_names_and_isin(caller: KisCaller) -> None:
    query = {"PDNO": "005930", "PRDT_TYPE_CD": "300"}
    info = caller.get("/quotations/search-info", "CTPF1604R", **query).json()["output"]
    assert (info["shtn_pdno"], info["std_pdno"], info["prdt_abrv_name"]) == ("005930", "KR7005930003", "삼성전자")
    stock = caller.get("/quotations/search-stock-info", "CTPF1002R", **query).json()["output"]
    assert (stock["pdno"], stock["mket_id_cd"], stock["excg_dvsn_cd"]) == ("00000A005930", "STK", "02")
    assert stock["cptt_trad_tr_psbl_yn"] == "N"


def test_product_when_unlisted_then_no_rows(caller: KisCaller) -> None:
    reply = caller.get("/quotations/search-info", "CTPF1604R", PDNO="999999", PRDT_TYPE_CD="300").json()
    assert (reply["rt_cd"], reply["output"]["pdno"]) == ("0", "")
