"""A list that breaks off is never taken for a whole one."""

from datetime import date

import httpx
import pytest

from daybook.broker.port import BrokerUnavailable
from tests.broker.fake_kis import Rig, ok

ORDERS, BALANCE, ORDERABLE = "TTTC0081R", "TTTC8434R", "TTTC8908R"
DAY = date(2026, 11, 20)


def order(number: int) -> dict[str, str]:
    return {
        "odno": f"{number:010d}",
        "ord_gno_brno": "00950",
        "pdno": "005930",
        "sll_buy_dvsn_cd": "02",
        "ord_dt": "20261120",
        "ord_tmd": "100000",
        "ord_qty": "10",
        "tot_ccld_qty": "0",
        "rmn_qty": "10",
        "ord_unpr": "70000",
    }


def page(tr_cont: str, next_text: str, *rows: dict[str, str]) -> httpx.Response:
    return ok(tr_cont=tr_cont, ctx_area_fk100="x".ljust(100), ctx_area_nk100=next_text.ljust(100), output1=list(rows))


def test_orders_today_when_a_promised_page_comes_without_rows_then_nothing_is_known() -> None:
    rig = Rig()
    rig.kis.on(ORDERS, page("F", "a", order(1)), page("D", ""))
    with pytest.raises(BrokerUnavailable) as caught:
        rig.broker.orders_today(DAY)
    assert caught.value.code == "PAGING"


def test_orders_today_when_every_promised_page_has_rows_then_all_are_returned() -> None:
    rig = Rig()
    rig.kis.on(ORDERS, page("F", "a", order(1)), page("D", "", order(2)))
    assert [row.id.key for row in rig.broker.orders_today(DAY)] == ["1", "2"]


def test_orders_today_when_there_is_none_then_the_list_is_empty() -> None:
    rig = Rig()
    rig.kis.on(ORDERS, page("D", ""))
    assert rig.broker.orders_today(DAY) == []


def test_account_when_a_promised_page_comes_without_rows_then_nothing_is_known() -> None:
    holding = {"pdno": "005930", "hldg_qty": "10", "ord_psbl_qty": "10", "pchs_avg_pric": "70000", "prpr": "70000"}
    summary = {"prvs_rcdl_excc_amt": "1", "nass_amt": "1", "dnca_tot_amt": "1", "scts_evlu_amt": "700000"}
    first = ok(tr_cont="F", ctx_area_fk100="x", ctx_area_nk100="a", output1=[holding], output2=[summary])
    rig = Rig()
    rig.kis.on(BALANCE, first, ok(tr_cont="D", ctx_area_nk100="", output1=[], output2=[summary]))
    rig.kis.on(ORDERABLE, ok(output={"nrcvb_buy_amt": "1"}))
    with pytest.raises(BrokerUnavailable) as caught:
        rig.broker.account()
    assert caught.value.code == "PAGING"
