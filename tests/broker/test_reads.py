import httpx
import pytest

from daybook.broker.port import BrokerConfigurationError, BrokerUnavailable
from tests.broker.fake_kis import Answer, Rig, ok, refused

PRICE = "FHKST01010100"
GOOD = ok(output={"stck_prpr": "70000"})


@pytest.mark.parametrize(
    "answer",
    [
        refused("EGW00201", status=500),
        refused("EGW00201"),
        refused("EGW00215", status=500),
        refused("EGW00301", status=500),
        refused("EGW00300", status=500),
        refused("IGW00009"),
        refused("", ""),
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text="{"),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("refused"),
    ],
)
def test_read_when_the_trouble_may_pass_then_it_is_repeated_twice(answer: Answer) -> None:
    rig = Rig()
    rig.kis.on(PRICE, answer, answer, GOOD)
    assert rig.broker.quote("005930").price_krw == 70_000
    assert rig.slept_s == [pytest.approx(0.45), pytest.approx(0.9)]
    rig.kis.on(PRICE, answer)
    with pytest.raises(BrokerUnavailable) as caught:
        rig.broker.quote("005930")
    assert caught.value.code
    assert caught.value.advice
    assert len(rig.kis.requests(PRICE)) == 6


@pytest.mark.parametrize("code", ["EGW02004", "EGW02006", "OPSQ0002", "MCA00124", "OPSQ2000", "OPSQ2001"])
def test_read_when_the_configuration_is_wrong_then_it_is_not_repeated(code: str) -> None:
    rig = Rig()
    rig.kis.on(PRICE, refused(code, status=500))
    with pytest.raises(BrokerConfigurationError):
        rig.broker.quote("005930")
    assert len(rig.kis.requests(PRICE)) == 1


def test_read_when_it_is_refused_with_http_200_then_it_is_no_answer() -> None:
    rig = Rig()
    rig.kis.on(PRICE, refused("APBK1234", "거절", rt_cd="7"))
    with pytest.raises(BrokerUnavailable) as caught:
        rig.broker.quote("005930")
    assert caught.value.code == "APBK1234"
    assert len(rig.kis.requests(PRICE)) == 1


def test_read_when_the_token_expired_then_it_is_replaced_once() -> None:
    rig = Rig()
    rig.broker.warm_up()
    rig.clock.advance(61)
    rig.kis.on(PRICE, refused("EGW00123", status=500), GOOD)
    assert rig.broker.quote("005930").price_krw == 70_000
    assert rig.kis.tokens_issued == 2


def test_read_when_every_token_is_rejected_then_it_ends_without_an_issue_storm() -> None:
    rig = Rig()
    rig.broker.warm_up()
    rig.clock.advance(61)
    rig.kis.on(PRICE, refused("EGW00121", status=500))
    for _ in range(3):
        with pytest.raises(BrokerUnavailable):
            rig.broker.quote("005930")
    assert rig.kis.tokens_issued == 2


def test_read_when_sent_then_headers_carry_the_key_and_the_query_is_upper_case() -> None:
    rig = Rig()
    rig.kis.on(PRICE, GOOD)
    rig.broker.quote("005930")
    request = rig.kis.requests(PRICE)[0]
    assert request.headers["custtype"] == "P"
    assert request.headers["authorization"] == "Bearer CANARYTOKEN-1"
    assert request.url.query == b"FID_COND_MRKT_DIV_CODE=J&FID_INPUT_ISCD=005930"
