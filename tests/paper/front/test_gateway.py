from collections.abc import Callable

import httpx
import pytest

from daybook.paper.front import FrontConfig
from tests.paper.front.kis_caller import ACCOUNT, BASE, SYMBOL, KisCaller, calling, serving

PRICE_QUERY = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": SYMBOL}


def _refused(reply: httpx.Response, code: str, status: int = 500) -> None:
    assert reply.status_code == status, reply.text
    assert reply.json()["msg_cd"] == code
    assert set(reply.json()) == {"rt_cd", "msg_cd", "msg1"}
    assert reply.json()["rt_cd"] != "0"


def test_call_when_answered_then_envelope_and_headers(caller: KisCaller) -> None:
    reply = caller.get("/quotations/inquire-price", "FHKST01010100", **PRICE_QUERY)
    assert reply.status_code == 200
    assert (reply.json()["rt_cd"], reply.json()["msg_cd"]) == ("0", "MCA00000")
    assert reply.headers["tr_id"] == "FHKST01010100"
    assert reply.headers["tr_cont"] == ""
    assert reply.headers["content-type"] == "application/json;charset=utf-8"


def test_call_when_query_is_lower_case_and_path_has_double_slashes_then_served(caller: KisCaller) -> None:
    query = {key.lower(): value for key, value in PRICE_QUERY.items()}
    url = f"{caller.client.base_url}//uapi/domestic-stock/v1//quotations/inquire-price"
    reply = caller.client.get(url, params=query, headers=caller.headers("FHKST01010100"))
    assert reply.json()["output"]["stck_shrn_iscd"] == SYMBOL


def test_call_when_header_names_vary_in_case_then_served(caller: KisCaller) -> None:
    headers = caller.headers("FHKST01010100")
    odd = {"appKey": headers.pop("appkey"), "APPSECRET": headers.pop("appsecret"), **headers}
    reply = caller.client.get(f"{BASE}/quotations/inquire-price", params=PRICE_QUERY, headers=odd)
    assert reply.json()["rt_cd"] == "0"


def test_call_when_gt_uid_is_sent_then_echoed(caller: KisCaller) -> None:
    headers = caller.headers("FHKST01010100", gt_uid="abc")
    reply = caller.client.get(f"{BASE}/quotations/inquire-price", params=PRICE_QUERY, headers=headers)
    assert reply.headers["gt_uid"] == "abc"


def test_call_when_token_is_missing_or_wrong_then_gateway_error(caller: KisCaller) -> None:
    headers = caller.headers("FHKST01010100")
    for authorization, code in (("", "EGW00122"), ("Bearer nonsense", "EGW00121")):
        changed = {**headers, "authorization": authorization}
        reply = caller.client.get(f"{BASE}/quotations/inquire-price", params=PRICE_QUERY, headers=changed)
        _refused(reply, code)


def test_call_when_app_key_is_missing_then_refused(caller: KisCaller) -> None:
    headers = {**caller.headers("FHKST01010100"), "appkey": ""}
    _refused(caller.client.get(f"{BASE}/quotations/inquire-price", headers=headers), "EGW00206")


def test_call_when_custtype_is_unknown_then_refused(caller: KisCaller) -> None:
    headers = {**caller.headers("FHKST01010100"), "custtype": "X"}
    _refused(caller.client.get(f"{BASE}/quotations/inquire-price", headers=headers), "EGW00208")


@pytest.mark.parametrize(
    ("path", "tr_id", "code"),
    [
        ("/quotations/inquire-price", "FHKST99999999", "OPSQ0002"),
        ("/quotations/inquire-price", "FHKST01010200", "MCA00124"),
        ("/quotations/news-title", "FHKST01011800", "MCA00124"),
        ("/finance/financial-ratio", "FHKST66430300", "MCA00124"),
        ("/trading/inquire-psbl-rvsecncl", "VTTC0084R", "OPSQ0002"),
    ],
)
def test_call_when_service_is_wrong_then_refused(caller: KisCaller, path: str, tr_id: str, code: str) -> None:
    _refused(caller.get(path, tr_id, **PRICE_QUERY), code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"FID_COND_MRKT_DIV_CODE": "Z"}, "OPSQ2001"),
        ({"FID_INPUT_ISCD": "0" * 30}, "OPSQ2002"),
    ],
)
def test_call_when_a_field_is_wrong_then_refused(caller: KisCaller, change: dict[str, str], code: str) -> None:
    _refused(caller.get("/quotations/inquire-price", "FHKST01010100", **{**PRICE_QUERY, **change}), code)


def test_call_when_a_required_field_is_missing_then_refused(caller: KisCaller) -> None:
    query = {**PRICE_QUERY, "FID_INPUT_HOUR_1": "100000", "FID_PW_DATA_INCU_YN": "N"}
    _refused(caller.get("/quotations/inquire-time-itemchartprice", "FHKST03010200", **query), "OPSQ2001")


def test_call_when_path_is_not_kis_then_404(caller: KisCaller) -> None:
    assert caller.client.get("/").status_code == 404


def _order_body() -> dict[str, object]:
    return {
        "CANO": ACCOUNT[:8],
        "ACNT_PRDT_CD": ACCOUNT[8:],
        "PDNO": SYMBOL,
        "ORD_DVSN": "00",
        "ORD_QTY": "1",
        "ORD_UNPR": "100000",
    }


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda body: {**body, "ORD_QTY": 1}, "EGW00203"),
        (lambda body: {key.lower(): value for key, value in body.items()}, "OPSQ2001"),
        (lambda body: [body], "EGW00202"),
    ],
)
def test_order_when_body_is_malformed_then_gateway_error(
    caller: KisCaller, make: Callable[[dict[str, object]], object], code: str
) -> None:
    before = len(caller.exchange_orders())
    _refused(caller.post("/trading/order-cash", "VTTC0012U", make(_order_body())), code)
    assert len(caller.exchange_orders()) == before


def test_order_when_body_is_not_json_then_gateway_error(caller: KisCaller) -> None:
    url, headers = f"{BASE}/trading/order-cash", caller.headers("VTTC0012U")
    _refused(caller.client.post(url, content=b"{", headers=headers), "EGW00202")
    headers["content-type"] = "text/plain"
    _refused(caller.client.post(url, content=b"{}", headers=headers), "EGW00132")


def test_order_when_sent_as_get_then_gateway_error(caller: KisCaller) -> None:
    _refused(caller.get("/trading/order-cash", "VTTC0012U"), "EGW00202")


def test_mock_listener_when_strict_then_refuses_real_ids(mock: KisCaller) -> None:
    _refused(mock.order(100_000, tr_id="TTTC0012U"), "EGW02006")
    _refused(mock.ledger("inquire-psbl-rvsecncl", "TTTC0084R"), "EGW02006")
    query = {"BASS_DT": "20260320", "CTX_AREA_NK": "", "CTX_AREA_FK": ""}
    _refused(mock.get("/quotations/chk-holiday", "CTCA0903R", **query), "MCA00124")


def test_real_listener_when_strict_then_refuses_mock_ids_and_mock_tokens(real: KisCaller, mock: KisCaller) -> None:
    _refused(real.order(100_000, tr_id="VTTC0012U"), "EGW02004")
    real.token, real.app_key = mock.token, mock.app_key
    reply = real.get("/quotations/inquire-price", "FHKST01010100", **PRICE_QUERY)
    _refused(reply, "EGW02004")


def test_listeners_when_strict_then_serve_their_own_ids(real: KisCaller, mock: KisCaller) -> None:
    assert mock.balance().json()["msg_cd"] == "20310000"
    assert real.balance("TTTC8434R").json()["msg_cd"] == "KIOK0510"
    assert real.ledger("inquire-psbl-rvsecncl", "TTTC0084R").json()["msg_cd"] == "KIOK0560"


def test_account_when_strict_and_not_configured_then_opsq2000(mock: KisCaller) -> None:
    _refused(mock.balance(CANO="87654321"), "OPSQ2000")


@pytest.mark.parametrize("cano", ["", "1234567", "abcdefgh"])
def test_account_when_malformed_then_opsq2000(caller: KisCaller, cano: str) -> None:
    _refused(caller.balance(CANO=cano), "OPSQ2000")


def test_account_when_permissive_then_opened_on_first_use(caller: KisCaller) -> None:
    reply = caller.balance(CANO="55555555")
    assert reply.json()["output2"][0]["dnca_tot_amt"] == "10000000"


def test_permissive_listener_when_ids_are_mixed_then_answers_in_the_ids_environment(caller: KisCaller) -> None:
    assert caller.balance("TTTC8434R").json()["msg_cd"] == "KIOK0510"
    assert caller.balance("VTTC8434R").json()["msg_cd"] == "20310000"


def test_hashkey_when_asked_then_hash_that_strict_orders_must_match(mock: KisCaller) -> None:
    body = _order_body()
    headers = {"appkey": mock.app_key, "appsecret": "s", "content-type": "application/json"}
    reply = mock.client.post("/uapi/hashkey", json=body, headers=headers).json()
    assert reply["BODY"] == body
    wrong = mock.headers("VTTC0012U", hashkey="0" * 64)
    _refused(mock.client.post(f"{BASE}/trading/order-cash", json=body, headers=wrong), "EGW00131")


def test_rate_limit_when_exceeded_then_egw00201_and_not_executed() -> None:
    with serving(FrontConfig(rate_limit=2)) as running, calling(running.mock_url) as caller:
        replies = [caller.order(100_000) for _ in range(4)]
        assert [reply.json()["msg_cd"] for reply in replies[2:]] == ["EGW00201", "EGW00201"]
        assert all(reply.status_code == 500 for reply in replies[2:])
        assert len(caller.exchange_orders()) == sum(reply.json()["rt_cd"] == "0" for reply in replies[:2])


def test_rate_limit_when_of_the_environment_then_one_a_second_on_mock() -> None:
    with serving(FrontConfig()) as running, calling(running.mock_url) as caller:
        first, second = caller.balance(), caller.balance()
        assert first.status_code == 200
        _refused(second, "EGW00201")


def test_token_service_when_refused_then_403_and_its_own_shape(caller: KisCaller) -> None:
    reply = caller.client.post("/oauth2/tokenP", json=caller.grant(grant_type="password"))
    assert reply.status_code == 403
    assert reply.json() == {
        "error_description": "지원하지 않는 권한부여 타입(grant_type)입니다.",
        "error_code": "EGW00116",
    }


def test_token_service_when_strict_by_default_then_one_a_minute() -> None:
    with serving(FrontConfig(strict=True)) as running, calling(running.mock_url) as caller:
        reply = caller.client.post("/oauth2/tokenP", json=caller.grant())
        assert (reply.status_code, reply.json()["error_code"]) == (403, "EGW00133")


def test_token_when_revoked_then_refused(exchange_url: str) -> None:
    with calling(exchange_url, "v" * 36) as caller:
        reply = caller.client.post("/oauth2/revokeP", json=caller.grant(token=caller.token))
        assert reply.json() == {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"}
        _refused(caller.balance(), "EGW00121")
