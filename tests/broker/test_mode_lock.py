import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.broker.kis.environments import environment
from daybook.broker.kis.mode_lock import check_call, check_stream_url, check_tr_id
from daybook.broker.kis.transport import KisTransport, ModeLockedTransport
from daybook.broker.kis.wire import BALANCE, BUY, ENDPOINTS, HOLIDAYS, PRICE
from daybook.broker.port import BrokerConfigurationError, ModeLockError
from daybook.contracts.base import Mode
from tests.broker.fake_kis import FakeKis, base_url, ok

ORDER_PATH = BUY.path
LIVE_URL = "https://openapi.koreainvestment.com:9443"
MOCK_URL = "https://openapivts.koreainvestment.com:29443"


def locked(mode: Mode, kis: FakeKis) -> KisTransport:
    kis.on("FHKST01010100", ok()).on("TTTC0012U", ok()).on("VTTC0012U", ok())
    return KisTransport(mode, base_url(mode), inner=kis)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example" + ORDER_PATH,
        LIVE_URL + ORDER_PATH,
        MOCK_URL + ORDER_PATH,
        "//evil.example" + ORDER_PATH,
        "//openapi.koreainvestment.com:9443" + ORDER_PATH,
        "/" + ORDER_PATH,
        "\\\\evil.example\\uapi",
        ORDER_PATH.replace("/", "\\"),
        "@evil.example" + ORDER_PATH,
        "user:pass@evil.example" + ORDER_PATH,
        ":80@evil.example" + ORDER_PATH,
        ".evil.example" + ORDER_PATH,
        ORDER_PATH + "#@evil.example",
        ORDER_PATH + "?x=1",
        ORDER_PATH + "/../order-cash",
        ORDER_PATH + "%2e%2e",
        ORDER_PATH + "\r\nHost: evil.example",
        ORDER_PATH + "\x00",
        ORDER_PATH.upper(),
        ORDER_PATH.replace("order", "оrder"),
        ORDER_PATH.replace("/", "∕"),
        " " + ORDER_PATH,
        ORDER_PATH + " ",
        ORDER_PATH + "/",
        "",
        "/",
    ],
)
def test_transport_when_the_path_is_hostile_then_nothing_is_sent(mode: Mode, path: str) -> None:
    kis = FakeKis()
    transport = locked(mode, kis)
    with pytest.raises(ModeLockError):
        transport.send("POST", path, BUY.tr_id(mode), body={})
    assert kis.sent == []


@pytest.mark.parametrize(
    ("mode", "tr_id"),
    [
        (Mode.PAPER, "TTTC0012U"),
        (Mode.MOCK, "TTTC0012U"),
        (Mode.LIVE, "VTTC0012U"),
        (Mode.MOCK, "CTCA0903R"),
        (Mode.PAPER, "CTSC0008U"),
        (Mode.PAPER, "CTSC9215R"),
        (Mode.PAPER, "TTTC0084R"),
        (Mode.MOCK, "H0STCNI0"),
        (Mode.PAPER, "H0STCNI0"),
        (Mode.LIVE, "H0STCNI9"),
        (Mode.MOCK, "JTTC0012U"),
        *(
            (mode, text)
            for mode in Mode
            for text in (
                "vttc0012u",
                "tttc0012u",
                " TTTC0012U",
                "VTTC0012U\r\nX: y",
                "ＶTTC0012U",
                "ТTTC0012U",
                "",
                "V",
                "F" * 14,
            )
        ),
    ],
)
def test_tr_id_when_it_is_of_another_mode_or_malformed_then_it_is_refused(mode: Mode, tr_id: str) -> None:
    kis = FakeKis()
    transport = locked(mode, kis)
    with pytest.raises(ModeLockError):
        check_tr_id(mode, tr_id)
    with pytest.raises(ModeLockError):
        transport.send("POST", ORDER_PATH, tr_id, body={})
    assert kis.sent == []


@pytest.mark.parametrize("mode", list(Mode))
def test_every_declared_call_when_checked_in_its_mode_then_it_passes_and_orders_fit_the_family(mode: Mode) -> None:
    for endpoint in ENDPOINTS:
        served = endpoint.served_id(mode)
        if served is None:
            with pytest.raises(BrokerConfigurationError):
                endpoint.tr_id(mode)
            continue
        check_call(mode, endpoint.method, endpoint.path, served)
        if "/trading/" in endpoint.path:
            assert served.startswith("V") == (mode is not Mode.LIVE)


def test_paper_when_the_holiday_service_is_asked_then_its_live_read_id_is_the_only_exception() -> None:
    check_call(Mode.PAPER, "GET", HOLIDAYS.path, "CTCA0903R")
    with pytest.raises(ModeLockError):
        check_call(Mode.PAPER, "POST", BUY.path, "CTCA0903R")


@pytest.mark.parametrize(
    ("method", "path", "tr_id"),
    [
        ("DELETE", PRICE.path, "FHKST01010100"),
        ("post", BUY.path, "TTTC0012U"),
        ("POST", PRICE.path, "FHKST01010100"),
        ("POST", BUY.path, "FHKST01010100"),
        ("POST", BUY.path, ""),
        ("GET", BALANCE.path, "FHKST01010100"),
        ("POST", BUY.path, "TTTC0052U"),
        ("CONNECT", BUY.path, "TTTC0012U"),
    ],
)
def test_live_transport_when_method_path_and_id_do_not_belong_together_then_nothing_is_sent(
    method: str, path: str, tr_id: str
) -> None:
    kis = FakeKis()
    with pytest.raises(ModeLockError):
        locked(Mode.LIVE, kis).send(method, path, tr_id)
    assert kis.sent == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "openapi.koreainvestment.com:9443"},
        {"host": "evil.example"},
        {"HOST": "evil.example"},
        {"tr_id": "TTTC0012U"},
        {"TR_ID": "TTTC0012U"},
        {"X-Forwarded-Host": "evil.example"},
        {"authorization": "Bearer x\r\nHost: evil.example"},
        {"authorization": "Bearer x\nHost: evil.example"},
        {"authorization": "Bearer \u0000"},
        {"authorization": "Bearer ＶＶ"},
        {"appkey\r\nHost": "evil.example"},
        {"appkey: x\r\nHost": "evil.example"},
        {"content-length": "0"},
        {"transfer-encoding": "chunked"},
        {"connection\u2028": "x"},
    ],
)
def test_transport_when_headers_are_hostile_then_nothing_is_sent(headers: dict[str, str]) -> None:
    kis = FakeKis()
    with pytest.raises(ModeLockError):
        locked(Mode.PAPER, kis).send("GET", PRICE.path, "FHKST01010100", headers=headers)
    assert kis.sent == []


def test_transport_when_values_hold_control_characters_then_nothing_is_sent() -> None:
    kis = FakeKis()
    transport = locked(Mode.PAPER, kis)
    with pytest.raises(ModeLockError):
        transport.send("GET", PRICE.path, "FHKST01010100", query={"FID_INPUT_ISCD": "005930\r\nHost: evil"})
    with pytest.raises(ModeLockError):
        transport.send("POST", BUY.path, "VTTC0012U", body={"PDNO": "0059\n30"})
    with pytest.raises(ModeLockError):
        transport.send("POST", BUY.path, "VTTC0012U", body={"ORD_QTY": 1})  # type: ignore[dict-item]
    assert kis.sent == []


@pytest.mark.parametrize(
    "build",
    [
        lambda: httpx.Request("GET", LIVE_URL + PRICE.path, headers={"tr_id": "FHKST01010100"}),
        lambda: httpx.Request("GET", "http://127.0.0.1:29444" + PRICE.path, headers={"tr_id": "FHKST01010100"}),
        lambda: httpx.Request("GET", "https://127.0.0.1:29443" + PRICE.path, headers={"tr_id": "FHKST01010100"}),
        lambda: httpx.Request("GET", "http://127.0.0.2:29443" + PRICE.path, headers={"tr_id": "FHKST01010100"}),
        lambda: httpx.Request("GET", "http://a:b@127.0.0.1:29443" + PRICE.path, headers={"tr_id": "FHKST01010100"}),
        lambda: httpx.Request("GET", "http://127.0.0.1:29443@evil.example" + PRICE.path),
        lambda: httpx.Request("GET", "http://127.0.0.1:29443/" + PRICE.path, headers={"tr_id": "FHKST01010100"}),
        lambda: httpx.Request("GET", "http://127.0.0.1:29443" + PRICE.path),
        lambda: httpx.Request(
            "GET",
            "http://127.0.0.1:29443" + PRICE.path,
            headers={"tr_id": "FHKST01010100", "Host": "openapi.koreainvestment.com:9443"},
        ),
        lambda: httpx.Request(
            "GET",
            "http://127.0.0.1:29443" + PRICE.path,
            headers=[("tr_id", "FHKST01010100"), ("Host", "127.0.0.1:29443"), ("Host", "evil.example")],
        ),
        lambda: httpx.Request(
            "POST", "http://127.0.0.1:29443" + ORDER_PATH, headers=[("tr_id", "VTTC0012U"), ("tr_id", "TTTC0012U")]
        ),
        lambda: httpx.Request(
            "GET",
            "http://127.0.0.1:29443" + PRICE.path,
            headers={"tr_id": "FHKST01010100"},
            extensions={"target": b"https://openapi.koreainvestment.com:9443/"},
        ),
        lambda: httpx.Request(
            "GET",
            "http://127.0.0.1:29443" + PRICE.path,
            headers={"tr_id": "FHKST01010100"},
            extensions={"sni_hostname": "openapi.koreainvestment.com"},
        ),
        lambda: httpx.Request("CONNECT", "http://127.0.0.1:29443"),
    ],
)
def test_locked_transport_when_a_request_was_built_elsewhere_then_it_cannot_leave(build: object) -> None:
    kis = FakeKis()
    with pytest.raises(ModeLockError):
        ModeLockedTransport(environment(Mode.PAPER, base_url="http://127.0.0.1:29443"), kis).handle_request(build())  # type: ignore[operator]
    assert kis.sent == []


def test_misused_client_when_it_sits_on_the_locked_transport_then_it_reaches_its_own_host_only() -> None:
    kis = FakeKis()
    kis.on("FHKST01010100", ok())
    bound = ModeLockedTransport(environment(Mode.PAPER, base_url="http://127.0.0.1:29443"), kis)
    with httpx.Client(transport=bound, follow_redirects=True, trust_env=False) as client:
        assert client.get("http://127.0.0.1:29443" + PRICE.path, headers={"tr_id": "FHKST01010100"}).status_code == 200
        with pytest.raises(ModeLockError):
            client.get("https://evil.example/")
        kis.on("FHKST01010100", httpx.Response(307, headers={"location": LIVE_URL + PRICE.path}))
        with pytest.raises(ModeLockError):
            client.get("http://127.0.0.1:29443" + PRICE.path, headers={"tr_id": "FHKST01010100"})
    assert len(kis.sent) == 2


def test_transport_when_the_server_redirects_then_the_redirect_is_the_reply() -> None:
    kis = FakeKis()
    kis.on("FHKST01010100", httpx.Response(302, headers={"location": LIVE_URL + PRICE.path}))
    reply = KisTransport(Mode.PAPER, "http://127.0.0.1:29443", inner=kis).send("GET", PRICE.path, "FHKST01010100")
    assert reply.status == 302
    assert len(kis.sent) == 1


@pytest.mark.parametrize("name", ["mode", "environment", "_environment", "_locked", "anything"])
def test_transport_when_an_attribute_is_assigned_or_deleted_then_it_refuses(name: str) -> None:
    transport = KisTransport(Mode.PAPER, "http://127.0.0.1:29443", inner=FakeKis())
    with pytest.raises(AttributeError):
        setattr(transport, name, Mode.LIVE)
    with pytest.raises(AttributeError):
        delattr(transport, name)
    with pytest.raises(AttributeError):
        transport._locked._environment = environment(Mode.LIVE)
    assert transport.mode is Mode.PAPER


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.0.2:29443",
        "http://0.0.0.0:29443",
        "http://10.0.0.1:80",
        "http://evil.example:29443",
        "http://localhost.evil.example:29443",
        "http://127.0.0.1.evil.example:29443",
        "http://127.1:29443",
        "http://0x7f000001:29443",
        "http://2130706433:29443",
        "http://0177.0.0.1:29443",
        "http://[::ffff:127.0.0.1]:29443",
        "http://[::]:29443",
        "http://[fe80::1]:29443",
        "http://127.0.0.1@evil.example:29443",
        "http://evil.example:29443@127.0.0.1",
        "http://127.0.0.1:29443/path",
        "http://127.0.0.1:29443?x",
        "http://127.0.0.1:29443#x",
        "http://127.0.0.1",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:29443\n",
        "http://127.0.0.1:２９４４３",
        "http://１２７.0.0.1:29443",
        "http://127。0。0。1:29443",
        "HTTP://127.0.0.1:29443",
        "http://LOCALHOST:29443",
        "http:\\\\127.0.0.1:29443",
        "http:/127.0.0.1:29443",
        "ftp://127.0.0.1:29443",
        "ws://127.0.0.1:29443",
        "//127.0.0.1:29443",
        LIVE_URL,
        MOCK_URL,
        "",
    ],
)
def test_paper_transport_when_the_base_url_is_not_plain_loopback_then_it_is_not_built(url: str) -> None:
    with pytest.raises(ModeLockError):
        KisTransport(Mode.PAPER, url, inner=FakeKis())


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.9.9.9:65535/", "http://[::1]:80", "http://localhost:29443"]
)
def test_paper_transport_when_the_base_url_is_loopback_then_it_is_pinned_to_an_address(url: str) -> None:
    transport = KisTransport(Mode.PAPER, url, inner=FakeKis().on("FHKST01010100", ok()))
    assert transport.environment.rest.host in ("127.0.0.1", "127.9.9.9", "::1")
    assert transport.send("GET", PRICE.path, "FHKST01010100").status == 200


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.MOCK])
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:29443", "https://evil.example:9443", LIVE_URL.upper(), LIVE_URL + "0"]
)
def test_real_transport_when_another_base_url_is_given_then_it_is_not_built(mode: Mode, url: str) -> None:
    with pytest.raises(ModeLockError):
        KisTransport(mode, url, inner=FakeKis())
    with pytest.raises(ModeLockError):
        KisTransport(mode, MOCK_URL if mode is Mode.LIVE else LIVE_URL, inner=FakeKis())
    with pytest.raises(ModeLockError):
        KisTransport(mode, stream_url="ws://127.0.0.1:21000", inner=FakeKis())


def test_localhost_when_it_resolves_outside_loopback_then_paper_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: [(2, 1, 6, "", ("203.0.113.5", 29443))])
    with pytest.raises(ModeLockError):
        environment(Mode.PAPER, base_url="http://localhost:29443")


@pytest.mark.parametrize(
    "url",
    [
        "ws://ops.koreainvestment.com:21000/tryitout",
        "ws://127.0.0.1:2944/x",
        "ws://127.0.0.1:294430/tryitout",
        "ws://127.0.0.1:29443@evil.example/tryitout",
        "ws://127.0.0.1:29443.evil.example/",
        "ws://127.0.0.1:29443/tryitout?x",
        "wss://127.0.0.1:29443/tryitout",
        "WS://127.0.0.1:29443/tryitout",
        "ws://127.0.0.1:29443/\r\nHost: evil",
        "ws://127.0.0.1:29443\\evil",
    ],
)
def test_stream_url_when_it_is_not_the_environments_then_it_is_refused(url: str) -> None:
    bound = environment(Mode.PAPER, base_url="http://127.0.0.1:29443")
    with pytest.raises(ModeLockError):
        check_stream_url(bound, url)
    check_stream_url(bound, "ws://127.0.0.1:29443/tryitout")


@given(
    mode=st.sampled_from(Mode),
    method=st.sampled_from(["GET", "POST"]),
    path=st.text(max_size=60),
    tr_id=st.text(max_size=14),
)
def test_transport_when_arguments_are_arbitrary_then_nothing_is_sent(
    mode: Mode, method: str, path: str, tr_id: str
) -> None:
    kis = FakeKis()
    with pytest.raises(ModeLockError):
        KisTransport(mode, base_url(mode), inner=kis).send(method, path, tr_id)
    assert kis.sent == []


@given(
    mode=st.sampled_from(Mode),
    prefix=st.sampled_from(
        ["", "/", "//", "\\", "@", "http:", "https://", LIVE_URL, MOCK_URL, "http://127.0.0.1:29443"]
    ),
    middle=st.text(alphabet="/\\@:.#?%ab1 \r\n\t０／", max_size=10),
    endpoint=st.sampled_from(ENDPOINTS),
)
def test_transport_when_a_real_path_is_decorated_then_only_the_undecorated_one_is_sent(
    mode: Mode, prefix: str, middle: str, endpoint: object
) -> None:
    kis = FakeKis()
    transport = KisTransport(mode, base_url(mode), inner=kis)
    served = endpoint.served_id(mode)  # type: ignore[attr-defined]
    path = prefix + middle + endpoint.path  # type: ignore[attr-defined]
    if path == endpoint.path:  # type: ignore[attr-defined]
        return
    with pytest.raises(ModeLockError):
        transport.send(endpoint.method, path, served or "FHKST01010100")  # type: ignore[attr-defined]
    assert kis.sent == []


@given(
    url=st.one_of(
        st.from_regex(r"https?://[a-z0-9.\[\]:@]{1,30}(/[a-z0-9/]{0,20})?", fullmatch=True),
        st.builds(lambda tail: "http://127.0.0.1:29443" + tail, st.text(max_size=12)),
    ),
    tr_id=st.sampled_from(["VTTC0012U", "TTTC0012U", "FHKST01010100"]),
    host=st.sampled_from([None, "127.0.0.1:29443", "evil.example", "openapi.koreainvestment.com:9443"]),
)
def test_locked_transport_when_urls_are_arbitrary_then_what_passes_is_a_paper_call(
    url: str, tr_id: str, host: str | None
) -> None:
    kis = FakeKis()
    for key in ("VTTC0012U", "FHKST01010100"):
        kis.on(key, ok())
    bound = ModeLockedTransport(environment(Mode.PAPER, base_url="http://127.0.0.1:29443"), kis)
    headers = {"tr_id": tr_id} | ({"Host": host} if host else {})
    try:
        request = httpx.Request("GET", url, headers=headers)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return
    with pytest.raises(ModeLockError):
        bound.handle_request(request)
    assert kis.sent == []
