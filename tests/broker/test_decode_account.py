import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.broker.kis.decode_account import ConflictingRows, merged_holdings
from daybook.broker.port import BrokerUnavailable
from daybook.contracts.orders import OrderKind
from tests.broker.fake_kis import Rig, ok

BALANCE, ORDERABLE = "TTTC8434R", "TTTC8908R"
SUMMARY = {
    "dnca_tot_amt": "10000000",
    "nxdy_excc_amt": "9900000",
    "prvs_rcdl_excc_amt": "9800000",
    "scts_evlu_amt": "700000",
    "nass_amt": "10500000",
}
CASH = ok(output={"nrcvb_buy_amt": "9750000", "ord_psbl_cash": "9800000"})
CTX = {"ctx_area_fk100": "", "ctx_area_nk100": ""}


def row(**changes: str) -> dict[str, str]:
    base = {
        "pdno": "005930",
        "prdt_name": "삼성전자",
        "trad_dvsn_name": "현금",
        "hldg_qty": "10",
        "ord_psbl_qty": "7",
        "pchs_avg_pric": "70000.0000",
        "pchs_amt": "700000",
        "prpr": "70500",
        "loan_dt": "",
    }
    return base | changes


def rig_with(rows: Any, summary: Any = None) -> Rig:
    rig = Rig()
    rig.kis.on(BALANCE, ok(output1=rows, output2=[SUMMARY] if summary is None else summary, **CTX))
    rig.kis.on(ORDERABLE, CASH)
    return rig


def test_account_when_complete_then_cash_and_holdings_are_told_apart() -> None:
    account = rig_with([row(), row(pdno="000660", hldg_qty="0")]).broker.account()
    assert (account.deposit_krw, account.settled_cash_krw, account.orderable_cash_krw) == (
        10_000_000,
        9_800_000,
        9_750_000,
    )
    assert account.net_asset_krw == 10_500_000
    assert [(held.symbol, held.shares, held.sellable_shares) for held in account.holdings] == [("005930", 10, 7)]
    assert account.observed_at == datetime(2026, 11, 20, 0, 30, tzinfo=UTC)


def test_account_when_the_summary_is_an_object_then_it_is_read_too() -> None:
    assert rig_with([row()], SUMMARY).broker.account().net_asset_krw == 10_500_000


def test_account_when_it_has_pages_then_all_count_and_a_row_on_both_counts_once() -> None:
    rig = Rig()
    rig.kis.on(
        BALANCE,
        ok(tr_cont="F", output1=[row(), row(pdno="000660")], output2=[{}], ctx_area_nk100="n", ctx_area_fk100="f"),
        ok(tr_cont="D", output1=[row(pdno="000660"), row(pdno="035420")], output2=[SUMMARY], **CTX),
    )
    rig.kis.on(ORDERABLE, CASH)
    holdings = rig.broker.account().holdings
    assert [(held.symbol, held.shares) for held in holdings] == [("005930", 10), ("000660", 10), ("035420", 10)]


def test_holdings_when_the_same_row_comes_twice_then_it_is_one_holding() -> None:
    assert [held.shares for held in merged_holdings([row(), row(), row(prpr="70600")])] == [10]


def test_holdings_when_loan_dates_or_kinds_differ_then_they_are_added() -> None:
    rows = [
        row(hldg_qty="10", pchs_avg_pric="70000"),
        row(hldg_qty="30", pchs_avg_pric="80000", loan_dt="20261101", ord_psbl_qty="30"),
        row(hldg_qty="1", pchs_avg_pric="1", trad_dvsn_name="융자"),
    ]
    (held,) = merged_holdings(rows)
    assert (held.shares, held.sellable_shares) == (41, 41)
    assert held.average_price_krw == pytest.approx((700_000 + 2_400_000 + 1) / 41)


def test_account_when_rows_contradict_then_it_is_read_again_and_then_refused() -> None:
    rig = rig_with([row(), row(hldg_qty="9")])
    with pytest.raises(BrokerUnavailable) as caught:
        rig.broker.account()
    assert caught.value.code == "BALANCE_CONFLICT"
    assert len(rig.kis.requests(BALANCE)) == 2
    rig.kis.on(
        BALANCE, ok(output1=[row(), row(hldg_qty="9")], output2=[SUMMARY]), ok(output1=[row()], output2=[SUMMARY])
    )
    assert rig.broker.account().holdings[0].shares == 10


def test_account_when_it_is_truly_flat_then_there_are_no_holdings() -> None:
    assert rig_with([], [SUMMARY | {"scts_evlu_amt": "0"}]).broker.account().holdings == ()


@pytest.mark.parametrize(
    ("rows", "summary"),
    [
        ([], [SUMMARY]),
        ([{}], [SUMMARY]),
        ([], [SUMMARY | {"scts_evlu_amt": "", "evlu_amt_smtl_amt": ""}]),
        ([], []),
        ([row()], []),
        ([row()], [{}]),
        ([row()], [SUMMARY | {"prvs_rcdl_excc_amt": " "}]),
        ([row()], [SUMMARY | {"nass_amt": ""}]),
        ([row()], [SUMMARY | {"dnca_tot_amt": "n/a"}]),
        ([row(hldg_qty="")], [SUMMARY]),
        ([row(hldg_qty="-3")], [SUMMARY]),
        ([row(pdno="")], [SUMMARY]),
        (None, [SUMMARY]),
        ("", [SUMMARY]),
    ],
)
def test_account_when_the_reply_is_unusable_then_it_is_never_flat(rows: object, summary: object) -> None:
    with pytest.raises(BrokerUnavailable):
        rig_with(rows, summary).broker.account()


def test_account_when_it_holds_subscription_rights_then_shares_are_still_read() -> None:
    rig = rig_with([row(), row(pdno="J0036221D", hldg_qty="")])
    assert [held.symbol for held in rig.broker.account().holdings] == ["005930"]


def test_orderable_cash_when_asked_then_the_amount_without_margin_loan_counts() -> None:
    rig = rig_with([])
    assert rig.broker.orderable_cash("005930", 70_000, OrderKind.LIMIT) == 9_750_000
    params = rig.kis.requests(ORDERABLE)[0].url.params
    assert (params["PDNO"], params["ORD_UNPR"], params["ORD_DVSN"]) == ("005930", "70000", "00")
    rig.kis.on(ORDERABLE, ok(output={"ord_psbl_cash": "1", "nrcvb_buy_amt": ""}))
    with pytest.raises(BrokerUnavailable):
        rig.broker.orderable_cash("005930", 70_000, OrderKind.LIMIT)


rows_strategy = st.lists(
    st.builds(
        lambda symbol, loan, held: row(pdno=symbol, loan_dt=loan, hldg_qty=str(held), ord_psbl_qty=str(held)),
        st.sampled_from(["005930", "000660"]),
        st.sampled_from(["", "20260101", "20260201"]),
        st.integers(0, 3),
    ),
    max_size=8,
)


@given(rows_strategy, st.randoms(use_true_random=False))
def test_holdings_when_rows_repeat_in_any_order_then_totals_do_not_change(
    rows: list[dict[str, str]], random: Any
) -> None:
    try:
        expected = {held.symbol: held.shares for held in merged_holdings(rows)}
    except ConflictingRows:
        keys = {(one["pdno"], one["loan_dt"], one["hldg_qty"]) for one in rows}
        assert len(keys) > len({key[:2] for key in keys})
        return
    repeated = rows + rows
    random.shuffle(repeated)
    assert {held.symbol: held.shares for held in merged_holdings(repeated)} == expected
    distinct = {(one["pdno"], one["loan_dt"]): int(one["hldg_qty"]) for one in rows}
    assert sum(expected.values()) == sum(distinct.values())


@given(
    rows=st.lists(st.dictionaries(st.sampled_from(sorted(row())), st.text(max_size=10)), max_size=3),
    summary=st.dictionaries(st.sampled_from(sorted(SUMMARY)), st.text(max_size=10)),
)
def test_account_when_fields_hold_any_text_then_it_is_an_account_or_unavailable(
    rows: list[dict[str, str]], summary: dict[str, str]
) -> None:
    with contextlib.suppress(BrokerUnavailable):
        assert (
            rig_with([row() | changes for changes in rows], [SUMMARY | summary]).broker.account().holdings is not None
        )
