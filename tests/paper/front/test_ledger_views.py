from collections.abc import Callable

import httpx

from tests.paper.front.kis_caller import SYMBOL, KisCaller


def _price(caller: KisCaller) -> int:
    return int(caller.price()["stck_prpr"])


def _pages(ask: Callable[[str, str], httpx.Response], block: str = "output1") -> tuple[list[dict[str, str]], list[str]]:
    rows: list[dict[str, str]] = []
    marks, key = [], ""
    while True:
        reply = ask(key, "N" if marks else "")
        body = reply.json()
        rows += body[block]
        marks.append(reply.headers["tr_cont"])
        assert len(body["ctx_area_nk100"]) == len(body["ctx_area_fk100"]) == 100
        assert len(body["msg1"]) == 80
        if marks[-1] not in {"F", "M"}:
            assert not body["ctx_area_nk100"].strip()
            return rows, marks
        assert body["msg_cd"] == "KIOK0500"
        assert "계속" in body["msg1"]
        key = body["ctx_area_nk100"].strip() if len(marks) % 2 else body["ctx_area_nk100"]


def test_balance_when_shares_were_bought_then_rows_totals_and_identity(fresh: KisCaller) -> None:
    upper = int(fresh.price()["stck_mxpr"])
    fresh.order(upper, 3)
    body = fresh.balance().json()
    (row,) = body["output1"]
    (totals,) = body["output2"]
    assert (row["pdno"], row["prdt_name"], row["hldg_qty"], row["ord_psbl_qty"]) == (SYMBOL, "삼성전자", "3", "3")
    assert row["thdt_buyqty"] == "3"
    assert totals["dnca_tot_amt"] == "10000000"
    bought, costs = int(totals["thdt_buy_amt"]), int(totals["thdt_tlex_amt"])
    assert int(totals["prvs_rcdl_excc_amt"]) == 10_000_000 - bought - costs
    assert int(totals["nass_amt"]) == int(totals["prvs_rcdl_excc_amt"]) + int(totals["evlu_amt_smtl_amt"])
    assert int(row["evlu_amt"]) == 3 * int(row["prpr"])
    assert int(row["evlu_pfls_amt"]) == int(row["evlu_amt"]) - int(row["pchs_amt"])
    assert len(row["pchs_avg_pric"].split(".")[1]) == 4


def test_balance_when_sold_out_then_row_stays_unless_excluded(fresh: KisCaller) -> None:
    price = fresh.price()
    fresh.order(int(price["stck_mxpr"]), 2)
    fresh.order(int(price["stck_llam"]), 2, tr_id="VTTC0011U")
    (row,) = fresh.balance(PRCS_DVSN="00").json()["output1"]
    assert (row["hldg_qty"], row["thdt_sll_qty"]) == ("0", "2")
    assert fresh.balance(PRCS_DVSN="01").json()["output1"] == []


def test_sellable_when_part_is_on_order_then_the_rest(fresh: KisCaller) -> None:
    price = fresh.price()
    fresh.order(int(price["stck_mxpr"]), 3)
    fresh.order(int(price["stck_mxpr"]), 2, tr_id="VTTC0011U")
    output = fresh.ledger("inquire-psbl-sell", "TTTC8408R", PDNO=SYMBOL).json()["output"]
    assert (output["cblc_qty"], output["ord_psbl_qty"], output["buy_qty"]) == ("3", "1", "3")


def test_orders_when_none_then_success_without_rows(fresh: KisCaller) -> None:
    body = fresh.orders().json()
    assert (body["rt_cd"], body["msg_cd"], body["output1"]) == ("0", "70070000", [])
    assert body["output2"]["tot_ord_qty"] == "0"
    assert fresh.orders("TTTC0081R").json()["msg_cd"] == "KIOK0560"


def test_orders_when_filled_working_and_cancelled_then_states_as_kis_shows_them(fresh: KisCaller) -> None:
    price = fresh.price()
    fresh.order(int(price["stck_mxpr"]), 2)
    working = fresh.order(int(price["stck_prpr"]) - 5_000).json()["output"]["ODNO"]
    gone = fresh.order(int(price["stck_prpr"]) - 6_000).json()["output"]["ODNO"]
    fresh.change(gone, "02")
    body = fresh.orders(INQR_DVSN="01").json()
    filled, left, cancelled, request = body["output1"]
    assert (filled["tot_ccld_qty"], filled["rmn_qty"], filled["cncl_yn"]) == ("2", "0", "N")
    assert int(float(filled["avg_prvs"]) * 2) == int(filled["tot_ccld_amt"])
    assert (left["odno"], left["rmn_qty"], left["tot_ccld_qty"]) == (working, "1", "0")
    assert (cancelled["cncl_yn"], cancelled["rmn_qty"], cancelled["cncl_cfrm_qty"]) == ("Y", "0", "1")
    assert (request["orgn_odno"], request["sll_buy_dvsn_cd_name"]) == (gone, "현금매수취소")
    assert filled["excg_id_dvsn_Cd"] == filled["excg_id_dvsn_cd"] == "KRX"
    assert int(body["output2"]["tot_ccld_amt"]) == int(filled["tot_ccld_amt"])


def test_orders_when_filtered_then_only_those(fresh: KisCaller) -> None:
    price = fresh.price()
    fresh.order(int(price["stck_mxpr"]), 2)
    working = fresh.order(int(price["stck_prpr"]) - 5_000).json()["output"]["ODNO"]
    fresh.order(int(price["stck_mxpr"]), 1, tr_id="VTTC0011U")

    def numbers(**query: str) -> int:
        return len(fresh.orders(**query).json()["output1"])

    assert numbers() == 3
    assert (numbers(SLL_BUY_DVSN_CD="01"), numbers(SLL_BUY_DVSN_CD="02")) == (1, 2)
    assert (numbers(CCLD_DVSN="01"), numbers(CCLD_DVSN="02")) == (1, 2)
    assert numbers(ODNO=working.lstrip("0")) == 1
    assert (numbers(PDNO=SYMBOL), numbers(PDNO="000660")) == (3, 0)
    assert numbers(INQR_STRT_DT="20260301", INQR_END_DT="20260319") == 0
    older = fresh.orders("VTSC9215R", INQR_STRT_DT="20250101").json()
    assert older["output1"] == []


def test_orders_when_more_than_a_page_then_every_order_once(fresh: KisCaller) -> None:
    price = _price(fresh)
    numbers = [fresh.order(price - 5_000 - 100 * step).json()["output"]["ODNO"] for step in range(32)]
    rows, marks = _pages(lambda key, tr_cont: fresh.orders(tr_cont=tr_cont, CTX_AREA_NK100=key))
    assert [row["odno"] for row in rows] == numbers[::-1]
    assert marks == ["F", "M", "E"]
    assert len(fresh.orders("TTTC0081R").json()["output1"]) == 32


def test_open_orders_when_filtered_by_side_then_those(fresh: KisCaller) -> None:
    price = fresh.price()
    fresh.order(int(price["stck_mxpr"]), 2)
    fresh.order(int(price["stck_prpr"]) - 5_000)
    fresh.order(int(price["stck_mxpr"]), 1, tr_id="VTTC0011U")

    def sides(which: str) -> list[str]:
        reply = fresh.ledger("inquire-psbl-rvsecncl", "TTTC0084R", INQR_DVSN_1="0", INQR_DVSN_2=which)
        return [row["sll_buy_dvsn_cd"] for row in reply.json()["output"]]

    assert (sides("0"), sides("1"), sides("2")) == (["02", "01"], ["01"], ["02"])
