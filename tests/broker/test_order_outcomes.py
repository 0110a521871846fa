"""What one order POST becomes, for every kind of answer, and how often it is sent."""

import time

import httpx
import pytest

from daybook.broker.kis.deadline import Deadline
from daybook.broker.kis.gateway import KisGateway
from daybook.broker.kis.rate import RatePolicy
from daybook.broker.kis.trading import KisTrading
from daybook.broker.port import (
    BrokerConfigurationError,
    BrokerError,
    ModeLockError,
    OrderNotSent,
    OrderOutcomeUnknown,
    OrderRefused,
    RateLimited,
)
from daybook.contracts.base import Mode, Side
from daybook.contracts.orders import BrokerOrderId, OrderKind
from tests.broker.fake_kis import Answer, Rig, ok, refused, token_reply

BUY = "TTTC0012U"
ACCEPTED = ok(output={"KRX_FWDG_ORD_ORGNO": "03930", "ODNO": "0000085100", "ORD_TMD": "094414"})


def submit(rig: Rig) -> BrokerOrderId:
    return rig.broker.submit("005930", Side.BUY, 3, OrderKind.LIMIT, 70_000)


def test_submit_when_accepted_then_branch_and_number_keep_their_zeros() -> None:
    rig = Rig()
    rig.kis.on(BUY, ACCEPTED)
    assert submit(rig) == BrokerOrderId(branch="03930", number="0000085100")
    assert rig.kis.bodies(BUY) == [
        {
            "CANO": "87654321",
            "ACNT_PRDT_CD": "01",
            "PDNO": "005930",
            "ORD_DVSN": "00",
            "ORD_QTY": "3",
            "ORD_UNPR": "70000",
            "EXCG_ID_DVSN_CD": "KRX",
        }
    ]


def test_submit_when_the_reply_has_lower_case_keys_and_an_unpadded_number_then_it_is_read() -> None:
    rig = Rig(Mode.MOCK)
    rig.kis.on("VTTC0011U", ok(output={"krx_fwdg_ord_orgno": "00950", "odno": "47589 ", "ord_tmd": "134354"}))
    order = rig.broker.submit("005930", Side.SELL, 1, OrderKind.MARKET, 0)
    assert order == BrokerOrderId(branch="00950", number="47589")
    assert rig.kis.bodies("VTTC0011U")[0]["ORD_DVSN"] == "01"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused("APBK0952", rt_cd="7"), OrderRefused),
        (refused("40250000"), OrderRefused),
        (refused("APBK9999"), OrderRefused),
        (refused("EGW00201", status=500), RateLimited),
        (refused("EGW00201"), RateLimited),
        (refused("EGW02004", status=500), BrokerConfigurationError),
        (refused("OPSQ2000", status=500), BrokerConfigurationError),
        (httpx.ConnectError("refused"), OrderNotSent),
        (httpx.ConnectTimeout("slow"), OrderNotSent),
        (httpx.PoolTimeout("busy"), OrderNotSent),
        (httpx.ReadTimeout("slow"), OrderOutcomeUnknown),
        (httpx.WriteTimeout("slow"), OrderOutcomeUnknown),
        (httpx.WriteError("reset"), OrderOutcomeUnknown),
        (httpx.ReadError("reset"), OrderOutcomeUnknown),
        (httpx.RemoteProtocolError("closed"), OrderOutcomeUnknown),
        (RuntimeError("a fault of the library"), OrderOutcomeUnknown),
        (refused("EGW00301", status=500), OrderOutcomeUnknown),
        (refused("EGW00302", status=500), OrderOutcomeUnknown),
        (refused("EGW00302"), OrderOutcomeUnknown),
        (refused("EGW00215", status=500), OrderOutcomeUnknown),
        (refused("EGW99999"), OrderOutcomeUnknown),
        (refused("IGW00009"), OrderOutcomeUnknown),
        (refused("APBK0952", status=500), OrderOutcomeUnknown),
        (refused("", ""), OrderOutcomeUnknown),
        (refused("", "a text without a code"), OrderOutcomeUnknown),
        (refused("X", rt_cd=""), OrderOutcomeUnknown),
        (httpx.Response(200, json={}), OrderOutcomeUnknown),
        (httpx.Response(200, json=[]), OrderOutcomeUnknown),
        (httpx.Response(200, json={"rt_cd": "0", "msg_cd": "X", "msg1": ""}), OrderOutcomeUnknown),
        (httpx.Response(500, json={"rt_cd": "0", "output": {"ODNO": "1"}}), OrderOutcomeUnknown),
        (ok(output={"ODNO": "   "}), OrderOutcomeUnknown),
        (ok(output={"ODNO": "0000000000"}), OrderOutcomeUnknown),
        (ok(output=[]), OrderOutcomeUnknown),
        (httpx.Response(200, text='{"rt_cd": "0", "output": {"ODN'), OrderOutcomeUnknown),
        (httpx.Response(200, content=b"\xff\x00"), OrderOutcomeUnknown),
        (httpx.Response(502, text="<html>Bad Gateway</html>"), OrderOutcomeUnknown),
        (httpx.Response(503, text=""), OrderOutcomeUnknown),
        (httpx.Response(404, text="no"), OrderOutcomeUnknown),
        (httpx.Response(302, headers={"location": "/"}), OrderOutcomeUnknown),
    ],
)
@pytest.mark.parametrize("call", ["submit", "modify"])
def test_order_when_one_answer_comes_then_it_is_judged_and_sent_once(
    call: str, answer: Answer, expected: type[BrokerError]
) -> None:
    rig = Rig()
    rig.kis.on(BUY, answer).on("TTTC0013U", answer)
    order = BrokerOrderId(branch="03930", number="1")
    send = submit if call == "submit" else lambda rig: rig.broker.modify(order, "005930", 1, 70_000)
    with pytest.raises(BrokerError) as caught:
        send(rig)
    assert type(caught.value) is expected
    assert caught.value.advice
    assert caught.value.__cause__ is None
    assert len(rig.kis.requests(BUY)) + len(rig.kis.requests("TTTC0013U")) == 1


@pytest.mark.parametrize("code", ["EGW00121", "EGW00122", "EGW00123"])
def test_submit_when_the_token_is_rejected_then_it_is_replaced_and_the_order_repeated_once(code: str) -> None:
    rig = Rig()
    rig.broker.warm_up()
    rig.clock.advance(61)
    rig.kis.on(BUY, refused(code, status=500), ACCEPTED)
    assert submit(rig).key == "85100"
    first, second = rig.kis.requests(BUY)
    assert (first.headers["authorization"], second.headers["authorization"]) == (
        "Bearer CANARYTOKEN-1",
        "Bearer CANARYTOKEN-2",
    )


def test_submit_when_the_new_token_is_rejected_too_then_it_stops_and_was_not_executed() -> None:
    rig = Rig()
    rig.broker.warm_up()
    rig.clock.advance(61)
    rig.kis.on(BUY, refused("EGW00123", status=500))
    with pytest.raises(OrderNotSent):
        submit(rig)
    assert len(rig.kis.requests(BUY)) == 2
    assert rig.kis.tokens_issued == 2


def test_submit_when_the_repeat_after_a_token_error_times_out_then_the_outcome_is_unknown() -> None:
    rig = Rig()
    rig.broker.warm_up()
    rig.clock.advance(61)
    rig.kis.on(BUY, refused("EGW00123", status=500), httpx.ReadTimeout("slow"))
    with pytest.raises(OrderOutcomeUnknown):
        submit(rig)
    assert len(rig.kis.requests(BUY)) == 2


def test_submit_when_no_token_can_be_had_then_it_was_not_sent() -> None:
    rig = Rig()
    rig.kis.on("/oauth2/tokenP", httpx.ReadTimeout("slow"))
    with pytest.raises(OrderNotSent):
        submit(rig)
    assert rig.kis.requests(BUY) == []


@pytest.mark.parametrize(
    ("symbol", "shares", "kind", "price_krw", "expected"),
    [
        ("005930", 0, OrderKind.LIMIT, 70_000, OrderRefused),
        ("005930", -1, OrderKind.LIMIT, 70_000, OrderRefused),
        ("005930", 1, OrderKind.LIMIT, 0, OrderRefused),
        ("005930", 1, OrderKind.MARKET, 70_000, OrderRefused),
        ("005930&CANO=1", 1, OrderKind.LIMIT, 70_000, BrokerConfigurationError),
        ("", 1, OrderKind.LIMIT, 70_000, BrokerConfigurationError),
    ],
)
def test_submit_when_the_arguments_make_no_order_then_nothing_is_sent(
    symbol: str, shares: int, kind: OrderKind, price_krw: int, expected: type[BrokerError]
) -> None:
    rig = Rig()
    with pytest.raises(expected):
        rig.broker.submit(symbol, Side.BUY, shares, kind, price_krw)
    assert rig.kis.sent == []


def test_cancel_when_accepted_then_the_whole_rest_is_named() -> None:
    rig = Rig()
    rig.kis.on("TTTC0013U", ACCEPTED)
    assert rig.broker.cancel(BrokerOrderId(branch="03930", number="0000085100"), "005930")
    body = rig.kis.bodies("TTTC0013U")[0]
    assert (body["RVSE_CNCL_DVSN_CD"], body["QTY_ALL_ORD_YN"], body["ORGN_ODNO"]) == ("02", "Y", "0000085100")


@pytest.mark.parametrize(
    "answer",
    [
        refused("40330000", "모의투자 정정/취소할 수량이 없습니다."),
        refused("APBK0344", "정정/취소할 수량이 없습니다."),
        refused("APBK0918", "원주문번호가 존재하지 않습니다."),
    ],
)
def test_cancel_when_nothing_is_left_then_it_is_false(answer: httpx.Response) -> None:
    rig = Rig()
    rig.kis.on("TTTC0013U", answer)
    assert not rig.broker.cancel(BrokerOrderId(branch="", number="1"), "005930")


def test_cancel_when_answers_are_lost_then_it_is_repeated() -> None:
    rig = Rig()
    rig.kis.on("TTTC0013U", httpx.ReadTimeout("slow"), refused("EGW00201", status=500), ACCEPTED)
    assert rig.broker.cancel(BrokerOrderId(branch="03930", number="1"), "005930")
    assert len(rig.kis.requests("TTTC0013U")) == 3


def test_cancel_when_it_is_refused_for_another_reason_then_it_raises() -> None:
    rig = Rig()
    rig.kis.on("TTTC0013U", refused("40580000", "모의투자 장종료 입니다."))
    with pytest.raises(BrokerError):
        rig.broker.cancel(BrokerOrderId(branch="03930", number="1"), "005930")
    assert len(rig.kis.requests("TTTC0013U")) == 1


def test_modify_when_accepted_then_the_new_number_is_returned() -> None:
    rig = Rig(Mode.PAPER)
    rig.kis.on("VTTC0013U", ok(output={"KRX_FWDG_ORD_ORGNO": "00950", "ODNO": "0000000007"}))
    assert rig.broker.modify(BrokerOrderId(branch="00950", number="6"), "005930", 2, 71_000).key == "7"
    body = rig.kis.bodies("VTTC0013U")[0]
    assert (body["RVSE_CNCL_DVSN_CD"], body["QTY_ALL_ORD_YN"], body["ORD_QTY"], body["ORD_UNPR"]) == (
        "01",
        "N",
        "2",
        "71000",
    )


def test_order_when_the_lock_refuses_then_the_lock_error_comes_through() -> None:
    rig = Rig()
    with pytest.raises(ModeLockError):
        rig.broker.cancel(BrokerOrderId(branch="03930\r\n", number="1"), "005930")
    with pytest.raises(ModeLockError):
        rig.broker.modify(BrokerOrderId(branch="03930", number="1\n"), "005930", 1, 1)
    assert rig.kis.requests("TTTC0013U") == []


@pytest.mark.parametrize("cause", ["token", "permit"])
def test_submit_when_token_or_permit_take_too_long_then_a_late_post_is_not_sent(cause: str) -> None:
    rig = Rig()
    rig.kis.on(BUY, ACCEPTED)
    gateway = KisGateway(rig.transport, rig.credentials, rig.tokens, rig.limiter, order_lead_s=0.05)

    def slow(_: object) -> httpx.Response:
        time.sleep(0.06)
        return token_reply()

    if cause == "token":
        rig.kis.on("/oauth2/tokenP", slow)
    else:
        rig.tokens.token()
        rig.limiter._sleep = lambda _: time.sleep(0.06)
        rig.limiter._policy = lambda: RatePolicy(1, 0.04)
    with pytest.raises(OrderNotSent) as caught:
        KisTrading(gateway, rig.clock).submit("005930", Side.BUY, 3, OrderKind.LIMIT, 70_000)
    assert caught.value.code == "LATE"
    assert rig.kis.requests(BUY) == []


def test_submit_when_the_permit_is_too_far_away_then_it_is_rate_limited_at_once() -> None:
    rig = Rig()
    rig.kis.on(BUY, ACCEPTED)
    rig.tokens.token()
    rig.limiter._policy = lambda: RatePolicy(1, 60.0)
    with pytest.raises(RateLimited):
        submit(rig)
    assert rig.kis.requests(BUY) == []


def test_deadline_when_either_clock_has_run_then_it_has_passed() -> None:
    monotonic, wall = [0.0], [0.0]
    deadline = Deadline(3.0, monotonic=lambda: monotonic[0], wall=lambda: wall[0])
    wall[0] = 1.0
    assert deadline.remaining_s == 2.0
    wall[0] = -100.0
    monotonic[0] = 2.5
    assert deadline.remaining_s == 0.5
    wall[0] = 7.0
    assert deadline.has_passed
