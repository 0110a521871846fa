import time
from typing import Any

import httpx
import pytest

from daybook.paper.faults import FaultKind, FaultMatch, FaultRule
from tests.paper.front.kis_caller import KisCaller


def _rule(fault: FaultKind, path: str = "order", **fields: Any) -> FaultRule:
    return FaultRule(fault=fault, match=FaultMatch(path=path), **fields)


@pytest.fixture
def price_krw(fresh: KisCaller) -> int:
    return int(fresh.price()["stck_prpr"]) - 5_000


@pytest.fixture(autouse=True)
def _no_rules_left(fresh: KisCaller) -> Any:
    yield
    fresh.set_faults()


def test_accept_then_drop_when_fired_then_no_reply_but_an_order(fresh: KisCaller, price_krw: int) -> None:
    fresh.set_faults(_rule(FaultKind.ACCEPT_THEN_DROP))
    with pytest.raises(httpx.RemoteProtocolError):
        fresh.order(price_krw)
    assert len(fresh.exchange_orders()) == 1
    assert fresh.order(price_krw).json()["rt_cd"] == "0"


def test_reset_when_fired_then_connection_error_and_no_order(fresh: KisCaller, price_krw: int) -> None:
    fresh.set_faults(_rule(FaultKind.RESET))
    with pytest.raises(httpx.ReadError, match="reset"):
        fresh.order(price_krw)
    assert fresh.exchange_orders() == []


def test_faults_after_acceptance_when_fired_then_order_exists(fresh: KisCaller, price_krw: int) -> None:
    fresh.set_faults(
        _rule(FaultKind.HTTP_500_AFTER_ACCEPT, after=1),
        _rule(FaultKind.EGW00301_AFTER_ACCEPT, after=2),
        _rule(FaultKind.TRUNCATED_JSON, after=3),
    )
    bare, timeout, truncated = (fresh.order(price_krw) for _ in range(3))
    assert (bare.status_code, bare.text) == (500, "Internal Server Error")
    assert (timeout.status_code, timeout.json()["msg_cd"]) == (500, "EGW00301")
    assert truncated.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        truncated.json()
    assert len(fresh.exchange_orders()) == 3


def test_refusing_faults_when_fired_then_nothing_is_executed(fresh: KisCaller, price_krw: int) -> None:
    kinds = (FaultKind.EGW00201, FaultKind.EGW00215, FaultKind.HTML_502, FaultKind.BLANK_ENVELOPE)
    fresh.set_faults(*(_rule(kind, after=number) for number, kind in enumerate(kinds, start=1)))
    rate, ledger, html, blank = (fresh.order(price_krw) for _ in kinds)
    assert (rate.status_code, rate.json()["msg_cd"]) == (500, "EGW00201")
    assert (ledger.status_code, ledger.json()["msg_cd"]) == (500, "EGW00215")
    assert html.status_code == 502
    assert html.text.startswith("<html>")
    assert blank.json() == {"rt_cd": "1", "msg_cd": "", "msg1": ""}
    assert fresh.exchange_orders() == []


def test_egw00123_when_fired_then_every_token_is_expired(fresh: KisCaller, price_krw: int) -> None:
    fresh.set_faults(_rule(FaultKind.EGW00123, "balance"))
    old = fresh.token
    assert fresh.balance().json()["msg_cd"] == "EGW00123"
    assert fresh.order(price_krw).json()["msg_cd"] == "EGW00123"
    assert fresh.authorize().token != old
    assert fresh.order(price_krw).json()["rt_cd"] == "0"


def test_slow_when_fired_then_reply_waits_but_the_order_does_not(fresh: KisCaller, price_krw: int) -> None:
    fresh.set_faults(_rule(FaultKind.SLOW, seconds=3))
    fresh.client.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        fresh.order(price_krw)
    fresh.client.timeout = httpx.Timeout(5)
    assert len(fresh.exchange_orders()) == 1


def test_slow_when_before_then_processing_waits_too(fresh: KisCaller, price_krw: int) -> None:
    fresh.set_faults(_rule(FaultKind.SLOW, seconds=0.3, before=True))
    began = time.monotonic()
    assert fresh.order(price_krw).json()["rt_cd"] == "0"
    assert time.monotonic() - began >= 0.3


def test_order_list_when_empty_then_totals_stay_right(fresh: KisCaller, price_krw: int) -> None:
    fresh.order(price_krw, 2)
    fresh.set_faults(_rule(FaultKind.EMPTY_CCLD, "ccld", times=0))
    body = fresh.orders().json()
    assert (body["rt_cd"], body["msg_cd"], body["output1"]) == ("0", "70070000", [])
    assert body["output2"]["tot_ord_qty"] == "2"


def test_order_list_when_lagging_then_rows_come_later(fresh: KisCaller, price_krw: int) -> None:
    fresh.set_faults(_rule(FaultKind.LAGGING_CCLD, "trading", seconds=0.4, times=0))
    fresh.order(price_krw)
    assert fresh.orders().json()["output1"] == []
    open_query = {"INQR_DVSN_1": "0", "INQR_DVSN_2": "0"}
    assert fresh.ledger("inquire-psbl-rvsecncl", "TTTC0084R", **open_query).json()["output"] == []
    time.sleep(0.45)
    assert len(fresh.orders().json()["output1"]) == 1


def test_balance_when_faulty_then_duplicated_or_empty(fresh: KisCaller) -> None:
    fresh.order(int(fresh.price()["stck_mxpr"]), 2)
    fresh.set_faults(
        _rule(FaultKind.DUPLICATE_BALANCE_ROW, "balance", after=1),
        _rule(FaultKind.EMPTY_BALANCE, "balance", after=2),
        _rule(FaultKind.EMPTY_BALANCE, "balance", after=3, keep_totals=True),
    )
    duplicated, empty, kept = (fresh.balance().json() for _ in range(3))
    assert duplicated["output1"][0] == duplicated["output1"][1]
    assert (empty["output1"], empty["output2"], empty["rt_cd"]) == ([], [], "0")
    assert kept["output1"] == []
    assert int(kept["output2"][0]["scts_evlu_amt"]) > 0


def test_cancel_when_matched_by_name_then_only_cancels_fail(fresh: KisCaller, price_krw: int) -> None:
    fresh.set_faults(_rule(FaultKind.EGW00201, "cancel", times=0))
    number = fresh.order(price_krw).json()["output"]["ODNO"]
    assert fresh.change(number, "02").json()["msg_cd"] == "EGW00201"
    assert fresh.change(number, "01", ORD_UNPR=str(price_krw - 1_000)).json()["rt_cd"] == "0"


def test_fired_when_asked_then_counts(fresh: KisCaller, price_krw: int) -> None:
    fresh.set_faults(_rule(FaultKind.EGW00201, name="burst", times=2))
    for _ in range(3):
        fresh.order(price_krw)
    body = fresh.client.get("/paper/faults/fired").json()
    assert body["fired"] == {"egw00201": 2}
    assert (body["rules"][0]["name"], body["rules"][0]["matched"], body["rules"][0]["fired"]) == ("burst", 3, 2)
