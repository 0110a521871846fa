import contextlib
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.broker.kis.decode_orders import state_of
from daybook.broker.port import BrokerUnavailable
from daybook.contracts.base import KST, Mode, Side
from daybook.contracts.orders import BrokerOrderState
from tests.broker.fake_kis import Rig, ok

DAY = date(2026, 11, 20)
DAILY, DAILY_MOCK, OPEN = "TTTC0081R", "VTTC0081R", "TTTC0084R"
W, P, F, C, R = BrokerOrderState


def row(**changes: str) -> dict[str, str]:
    base = {
        "ord_dt": "20261120",
        "ord_gno_brno": "00950",
        "odno": "0000008637",
        "orgn_odno": "",
        "sll_buy_dvsn_cd": "02",
        "sll_buy_dvsn_cd_name": "현금매수",
        "pdno": "005930",
        "ord_qty": "10",
        "ord_unpr": "70000",
        "ord_tmd": "092002",
        "tot_ccld_qty": "0",
        "avg_prvs": "0",
        "tot_ccld_amt": "0",
        "cncl_yn": "N",
        "cncl_cfrm_qty": "0",
        "rmn_qty": "10",
        "rjct_qty": "0",
    }
    return base | changes


def rig_with(rows: Any, mode: Mode = Mode.LIVE, **extra: Any) -> Rig:
    rig = Rig(mode)
    rig.kis.on(DAILY if mode is Mode.LIVE else DAILY_MOCK, ok(output1=rows, output2={}, **extra))
    return rig


@pytest.mark.parametrize(
    ("changes", "state", "remaining"),
    [
        ({}, W, 10),
        ({"tot_ccld_qty": "4", "rmn_qty": "6"}, P, 6),
        ({"tot_ccld_qty": "10", "rmn_qty": "0"}, F, 0),
        ({"tot_ccld_qty": "10", "rmn_qty": "0", "cncl_yn": "Y"}, F, 0),
        ({"rmn_qty": "0", "cncl_yn": "Y", "cncl_cfrm_qty": "10"}, C, 0),
        ({"tot_ccld_qty": "4", "rmn_qty": "0", "cncl_yn": "Y"}, C, 0),
        ({"rmn_qty": "0"}, C, 0),
        ({"rjct_qty": "10", "rmn_qty": "0"}, R, 0),
        ({"rmn_qty": ""}, W, 10),
        ({"rmn_qty": "", "cncl_cfrm_qty": "10"}, C, 0),
        ({"rmn_qty": "", "cncl_cfrm_qty": "", "cnc_cfrm_qty": "10"}, C, 0),
        ({"rmn_qty": "", "tot_ccld_qty": "3"}, P, 7),
    ],
)
def test_order_row_when_its_numbers_are_read_then_the_state_follows(
    changes: dict[str, str], state: BrokerOrderState, remaining: int
) -> None:
    (order,) = rig_with([row(**changes)]).broker.orders_today(DAY)
    assert (order.state, order.remaining_shares) == (state, remaining)


def test_order_row_when_complete_then_its_identity_is_kept() -> None:
    (order,) = rig_with(
        [row(tot_ccld_qty="4", rmn_qty="6", avg_prvs="69950.5", tot_ccld_amt="279802", sll_buy_dvsn_cd="01")]
    ).broker.orders_today(DAY)
    assert (order.id.branch, order.id.number, order.id.key) == ("00950", "0000008637", "8637")
    assert (order.side, order.limit_price_krw, order.filled_amount_krw) == (Side.SELL, 70_000, 279_802)
    assert order.ordered_at == datetime(2026, 11, 20, 9, 20, 2, tzinfo=KST)


def test_order_row_when_the_amount_is_blank_then_it_comes_from_the_average() -> None:
    (order,) = rig_with([row(tot_ccld_qty="4", rmn_qty="6", avg_prvs="69950.5", tot_ccld_amt="")]).broker.orders_today(
        DAY
    )
    assert order.filled_amount_krw == 279_802


@pytest.mark.parametrize(
    "request_row",
    [
        row(odno="9", orgn_odno="0000008637", sll_buy_dvsn_cd_name="현금매수취소", cncl_cfrm_qty="10"),
        row(odno="9", orgn_odno="8637", sll_buy_dvsn_cd_name="매수취소*", cncl_cfrm_qty="0"),
        row(odno="9", orgn_odno="8637", sll_buy_dvsn_cd_name="", cncl_cfrm_qty="", cnc_cfrm_qty="10"),
        row(odno="9", orgn_odno="8637", sll_buy_dvsn_cd_name="현금매수", cncl_cfrm_qty="10"),
    ],
)
def test_orders_today_when_a_row_is_a_cancel_request_then_it_is_left_out(request_row: dict[str, str]) -> None:
    orders = rig_with([row(rmn_qty="0", cncl_yn="Y"), request_row]).broker.orders_today(DAY)
    assert [order.id.key for order in orders] == ["8637"]


def test_orders_today_when_an_order_was_modified_then_it_lives_under_its_new_number() -> None:
    rows = [
        row(rmn_qty="0"),
        row(odno="0000008640", orgn_odno="0000008637", sll_buy_dvsn_cd_name="현금매수정정", ord_tmd="092100"),
        row(odno="0000008641", orgn_odno="0000000000", ord_tmd="092200"),
        row(
            odno="0000008642",
            orgn_odno="0000008641",
            sll_buy_dvsn_cd_name="현금매수정정",
            ord_tmd="092300",
            cncl_yn="Y",
            rmn_qty="0",
            cncl_cfrm_qty="10",
        ),
    ]
    orders = rig_with(rows).broker.orders_today(DAY)
    assert [(order.id.key, order.original_number, order.state) for order in orders] == [
        ("8637", "", C),
        ("8640", "0000008637", W),
        ("8641", "", W),
        ("8642", "0000008641", C),
    ]


def test_orders_today_when_rows_move_over_page_borders_then_each_order_counts_once_and_the_later_wins() -> None:
    rig = Rig()
    rig.kis.on(
        DAILY,
        ok(tr_cont="F", output1=[row(odno="2", ord_tmd="100000"), row(odno="1")], ctx_area_nk100="n"),
        ok(tr_cont="E", output1=[row(odno="0000000001", tot_ccld_qty="10", rmn_qty="0")], ctx_area_nk100=""),
    )
    orders = rig.broker.orders_today(DAY)
    assert [(order.id.key, order.state) for order in orders] == [("1", F), ("2", W)]


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.MOCK])
def test_orders_today_when_a_symbol_is_named_then_the_query_and_the_result_keep_to_it(mode: Mode) -> None:
    rig = rig_with([row(), row(odno="2", pdno="000660"), row(odno="3", pdno="J0036221D"), {}], mode)
    assert [order.id.key for order in rig.broker.orders_today(DAY, "005930")] == ["8637"]
    params = rig.kis.sent[-1].url.params
    assert (params["PDNO"], params["INQR_STRT_DT"]) == ("005930", "20261120")
    assert params["EXCG_ID_DVSN_CD"] == ("ALL" if mode is Mode.LIVE else "KRX")


@pytest.mark.parametrize(
    "broken",
    [
        {"odno": ""},
        {"odno": "0000000000"},
        {"pdno": ""},
        {"sll_buy_dvsn_cd": ""},
        {"sll_buy_dvsn_cd": "00"},
        {"ord_qty": ""},
        {"ord_qty": "-1"},
        {"tot_ccld_qty": ""},
        {"ord_tmd": ""},
        {"ord_tmd": "259999"},
        {"ord_dt": ""},
    ],
)
def test_orders_today_when_a_row_cannot_be_read_then_the_list_proves_nothing(broken: dict[str, str]) -> None:
    with pytest.raises(BrokerUnavailable):
        rig_with([row(odno="1"), row(**broken)]).broker.orders_today(DAY)


def test_orders_today_when_the_list_is_missing_then_only_a_no_rows_code_makes_it_empty() -> None:
    assert rig_with([]).broker.orders_today(DAY) == []
    rig = rig_with(None)
    with pytest.raises(BrokerUnavailable):
        rig.broker.orders_today(DAY)
    assert rig_with(None, msg_cd="70070000").broker.orders_today(DAY) == []


def test_open_orders_when_live_then_the_list_of_cancellable_orders_is_read() -> None:
    rig = Rig()
    rows = [
        {**row(tot_ccld_qty="4"), "psbl_qty": "6", "rmn_qty": ""},
        {**row(odno="2"), "psbl_qty": "0"},
        {**row(odno="3", orgn_odno="1", tot_ccld_qty="0"), "psbl_qty": "10", "rvse_cncl_dvsn_name": "현금매수정정"},
    ]
    for one in rows:
        one.pop("ord_dt")
    rig.kis.on(OPEN, ok(output=rows))
    orders = rig.broker.open_orders(DAY)
    assert [(order.id.key, order.state, order.remaining_shares) for order in orders] == [("3", W, 10), ("8637", P, 6)]


@pytest.mark.parametrize("mode", [Mode.MOCK, Mode.PAPER])
def test_open_orders_when_the_list_is_not_served_then_the_days_orders_serve(mode: Mode) -> None:
    rig = rig_with([row(), row(odno="2", rmn_qty="0", tot_ccld_qty="10")], mode)
    assert [order.id.key for order in rig.broker.open_orders(DAY)] == ["8637"]


@given(
    shares=st.integers(1, 100),
    filled=st.integers(0, 100),
    rejected=st.integers(0, 100),
    remaining=st.integers(0, 100),
    cancelled=st.booleans(),
)
def test_state_when_numbers_are_any_then_open_states_have_a_rest(
    shares: int, filled: int, rejected: int, remaining: int, cancelled: bool
) -> None:
    state = state_of(shares, filled, rejected, remaining, cancelled)
    if state in (W, P):
        assert remaining > 0
        assert filled < shares
    assert (state is R) == (rejected > 0)
    if state is F:
        assert filled >= shares


@given(st.lists(st.dictionaries(st.sampled_from(sorted(row())), st.text(max_size=10)), max_size=3))
def test_orders_today_when_fields_hold_any_text_then_it_is_a_list_or_unavailable(rows: list[dict[str, str]]) -> None:
    rig = rig_with([row() | changes for changes in rows])
    with contextlib.suppress(BrokerUnavailable):
        assert all(order.remaining_shares >= 0 for order in rig.broker.orders_today(DAY))
