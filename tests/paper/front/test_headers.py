import http.client
from collections import namedtuple
from urllib.parse import urlsplit

from daybook.paper.headers import wire_name
from tests.paper.front.kis_caller import KisCaller


def _raw_headers(caller: KisCaller, path: str, tr_id: str) -> list[tuple[str, str]]:
    where = urlsplit(str(caller.client.base_url))
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)
    try:
        connection.request("GET", path, headers=caller.headers(tr_id))
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 200
        return reply.getheaders()
    finally:
        connection.close()


PRICE = "/uapi/domestic-stock/v1/quotations/inquire-price?FID_COND_MRKT_DIV_CODE=J&FID_INPUT_ISCD=005930"


def test_headers_when_sent_then_standard_ones_in_title_case_and_kis_ones_in_lower_case(caller: KisCaller) -> None:
    names = {name for name, _ in _raw_headers(caller, PRICE, "FHKST01010100")}
    assert {"Content-Type", "Content-Length", "tr_id", "tr_cont", "gt_uid"} <= names


def test_headers_when_the_official_sample_reads_them_then_no_trap(caller: KisCaller) -> None:
    """The official sample makes a namedtuple of every header whose name is entirely lower case."""
    headers = _raw_headers(caller, PRICE, "FHKST01010100")
    lower = {name: value for name, value in headers if name.islower()}
    read = namedtuple("header", lower)(**lower)  # type: ignore[misc]
    assert read.tr_id == "FHKST01010100"
    assert read.tr_cont == ""


def test_wire_name_when_underscored_then_untouched() -> None:
    assert wire_name(b"gt_uid") == b"gt_uid"
    assert wire_name(b"www-authenticate") == b"Www-Authenticate"
