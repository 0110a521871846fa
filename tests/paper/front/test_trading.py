from datetime import datetime

import pytest

from daybook.contracts.base import KST
from daybook.paper.environment import Environment
from daybook.paper.errors import business
from daybook.paper.model import RefusalKind
from tests.paper.front.kis_caller import SYMBOL, KisCaller, calling, serving


def _price(caller: KisCaller) -> int:
    return int(caller.price()["stck_prpr"])


def test_order_when_accepted_on_mock_then_branch_number_and_time(fresh: KisCaller) -> None:
    body = fresh.order(_price(fresh) - 5_000).json()
    assert (body["rt_cd"], body["msg_cd"]) == ("0", "40600000")
    assert body["output"]["KRX_FWDG_ORD_ORGNO"] == "00950"
    assert len(body["output"]["ODNO"]) == 10
    assert len(body["output"]["ORD_TMD"]) == 6


def test_order_when_accepted_on_real_then_its_code_and_a_sor_number(fresh: KisCaller) -> None:
    body = fresh.order(_price(fresh) - 5_000, tr_id="TTTC0012U", EXCG_ID_DVSN_CD="SOR").json()
    assert (body["msg_cd"], body["msg1"], body["output"]["SOR_ODNO"]) == ("APBK0013", "주문 전송 완료 되었습니다.", "")


@pytest.mark.parametrize("tr_id", ["VTTC0012U", "VTTC0802U", "TTTC0012U", "TTTC0802U"])
def test_order_when_tr_id_is_new_or_legacy_then_buys(fresh: KisCaller, tr_id: str) -> None:
    assert fresh.order(_price(fresh) - 5_000, tr_id=tr_id).json()["rt_cd"] == "0"
    assert fresh.exchange_orders()[0]["side"] == "buy"


def test_order_when_sold_then_success_code_of_a_sell(fresh: KisCaller) -> None:
    fresh.order(int(fresh.price()["stck_mxpr"]))
    body = fresh.order(_price(fresh) + 20_000, tr_id="VTTC0801U").json()
    assert body["msg_cd"] == "40590000"
    assert fresh.order(_price(fresh), tr_id="VTTC0011U").json()["msg_cd"] == "40240000"


@pytest.mark.parametrize(
    ("shares", "offset", "tr_id", "code", "rt_cd"),
    [
        (1, 1, "VTTC0012U", "40030000", "1"),
        (9_999, 0, "VTTC0012U", "40250000", "1"),
        (9_999, 0, "TTTC0012U", "APBK0952", "7"),
        (1, 0, "VTTC0011U", "40240000", "1"),
        (1, 0, "TTTC0011U", "APBK0400", "7"),
    ],
)
def test_order_when_refused_then_200_with_the_environments_code(
    caller: KisCaller, shares: int, offset: int, tr_id: str, code: str, rt_cd: str
) -> None:
    reply = caller.order(_price(caller) + offset, shares, tr_id)
    assert reply.status_code == 200
    assert (reply.json()["msg_cd"], reply.json()["rt_cd"]) == (code, rt_cd)
    assert "output" not in reply.json()


def test_order_when_symbol_is_unknown_then_refused(caller: KisCaller) -> None:
    assert caller.order(10_000, PDNO="999999").json()["msg_cd"] == "40070000"
    assert caller.order(10_000, tr_id="TTTC0012U", PDNO="999999").json()["msg_cd"] == "APBK0656"


@pytest.mark.parametrize("changes", [{"ORD_QTY": "0"}, {"ORD_QTY": "-1"}, {"ORD_QTY": "x"}, {"ORD_UNPR": "1.5"}])
def test_order_when_a_number_is_wrong_then_refused(caller: KisCaller, changes: dict[str, str]) -> None:
    reply = caller.order(_price(caller), **changes)
    assert reply.status_code == 200
    assert reply.json()["rt_cd"] == "1"


def test_order_when_for_nxt_then_refused(caller: KisCaller) -> None:
    assert caller.order(_price(caller), EXCG_ID_DVSN_CD="NXT").json()["rt_cd"] == "1"
    assert caller.order(_price(caller), EXCG_ID_DVSN_CD="SOR").json()["rt_cd"] == "1"
    assert caller.order(_price(caller), tr_id="TTTC0012U", EXCG_ID_DVSN_CD="NXT").json()["rt_cd"] == "7"


@pytest.mark.parametrize(
    ("start", "mock_code", "real_code"),
    [
        (datetime(2026, 3, 22, 10, 0, tzinfo=KST), "40100000", "APBK0919"),
        (datetime(2026, 3, 20, 7, 0, tzinfo=KST), "40570000", "APBK0918"),
        (datetime(2026, 3, 20, 17, 0, tzinfo=KST), "40580000", "APBK0918"),
    ],
)
def test_order_when_out_of_hours_then_refused(start: datetime, mock_code: str, real_code: str) -> None:
    with serving(start=start) as running, calling(running.mock_url) as caller:
        assert caller.order(170_000).json()["msg_cd"] == mock_code
        assert caller.order(170_000, tr_id="TTTC0012U").json()["msg_cd"] == real_code


def test_cancel_when_working_then_new_number_and_then_nothing_left(fresh: KisCaller) -> None:
    number = fresh.order(_price(fresh) - 5_000, 3).json()["output"]["ODNO"]
    body = fresh.change(number.lstrip("0"), "02").json()
    assert body["msg_cd"] == "40630000"
    assert body["output"]["ODNO"] != number
    again = fresh.change(number, "02")
    assert (again.status_code, again.json()["msg_cd"]) == (200, "40330000")
    assert "수량이 없습니다" in fresh.change(number, "02", tr_id="TTTC0013U").json()["msg1"]


def test_cancel_when_partial_then_the_rest_works_on(fresh: KisCaller) -> None:
    number = fresh.order(_price(fresh) - 5_000, 3).json()["output"]["ODNO"]
    fresh.change(number, "02", QTY_ALL_ORD_YN="N", ORD_QTY="1")
    order = next(one for one in fresh.exchange_orders() if one["number"] == number)
    assert (order["cancelled_shares"], order["remaining_shares"]) == (1, 2)


def test_cancel_when_order_or_branch_is_unknown_then_refused(fresh: KisCaller) -> None:
    assert "원주문번호" in fresh.change("123", "02", tr_id="TTTC0013U").json()["msg1"]
    number = fresh.order(_price(fresh) - 5_000).json()["output"]["ODNO"]
    assert fresh.change(number, "02", KRX_FWDG_ORD_ORGNO="11111").json()["rt_cd"] == "1"
    assert fresh.change(number, "02", KRX_FWDG_ORD_ORGNO="00950").json()["rt_cd"] == "0"


def test_modify_when_working_then_lives_on_under_the_new_number(fresh: KisCaller) -> None:
    price = _price(fresh)
    number = fresh.order(price - 5_000, 3).json()["output"]["ODNO"]
    body = fresh.change(number, "01", ORD_UNPR=str(price - 6_000)).json()
    assert body["msg_cd"] == "40620000"
    rows = fresh.ledger("inquire-psbl-rvsecncl", "TTTC0084R", INQR_DVSN_1="0", INQR_DVSN_2="0").json()["output"]
    assert [(row["odno"], row["orgn_odno"], row["ord_unpr"], row["psbl_qty"]) for row in rows] == [
        (body["output"]["ODNO"], number, str(price - 6_000), "3")
    ]


def _orderable(caller: KisCaller, **query: str) -> dict[str, str]:
    wanted = {"PDNO": SYMBOL, "ORD_UNPR": "", "ORD_DVSN": "00", "CMA_EVLU_AMT_ICLD_YN": "N", "OVRS_ICLD_YN": "N"}
    reply = caller.ledger("inquire-psbl-order", "VTTC8908R", **{**wanted, **query})
    output: dict[str, str] = reply.json()["output"]
    return output


def test_orderable_when_asked_then_shares_that_an_order_of_them_is_accepted(fresh: KisCaller) -> None:
    price = _price(fresh) - 5_000
    output = _orderable(fresh, ORD_UNPR=str(price))
    shares = int(output["nrcvb_buy_qty"])
    assert output["psbl_qty_calc_unpr"] == str(price)
    assert fresh.order(price, shares + 1).json()["msg_cd"] == "40250000"
    assert fresh.order(price, shares).json()["rt_cd"] == "0"
    assert int(_orderable(fresh, ORD_UNPR=str(price))["nrcvb_buy_qty"]) == 0


def test_orderable_when_market_order_then_at_the_upper_limit(fresh: KisCaller) -> None:
    output = _orderable(fresh, ORD_DVSN="01", ORD_UNPR="0")
    assert output["psbl_qty_calc_unpr"] == fresh.price()["stck_mxpr"]


def test_orderable_when_no_symbol_then_amounts_only(fresh: KisCaller) -> None:
    output = _orderable(fresh, PDNO="")
    assert (output["ord_psbl_cash"], output["nrcvb_buy_qty"]) == ("10000000", "0")


@pytest.mark.parametrize("environment", list(Environment))
@pytest.mark.parametrize("kind", list(RefusalKind))
def test_business_when_any_kind_then_code_and_text(environment: Environment, kind: RefusalKind) -> None:
    refusal = business(kind, environment)
    assert refusal.code
    assert refusal.text
    assert refusal.rt_cd == ("1" if environment is Environment.MOCK else "7")
