"""The mode lock: what one mode may send, as pure checks that raise ``ModeLockError``.

Two independent nets: the family of the transaction id (live: ``T``/``C`` trading ids; mock and paper: ``V``; quote ids
``F``/``H0`` in all) and the closed list of calls in :mod:`daybook.broker.kis.wire`. Nothing a caller passes can widen
them; a request that fails is not sent.
"""

import re

import httpx

from daybook.broker.kis.environments import Environment, Origin
from daybook.broker.kis.wire import allowed_calls, notices_id
from daybook.broker.port import ModeLockError
from daybook.contracts.base import Mode

_TR_ID = re.compile(r"[A-Z][A-Z0-9]{2,12}", re.ASCII)
_TARGET = re.compile(rb"(/[A-Za-z0-9_-]+)+(\?[A-Za-z0-9%&=+*^._~,:@/;!$'()-]*)?")
_TARGET_LIMIT = 4096
_HEADER_VALUE = re.compile(rb"[\x20-\x7e]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PAPER_READS = frozenset({"CTCA0903R"})
"""Live read ids that the paper exchange serves although KIS mock does not; none of them is an order."""

ALLOWED_HEADERS = frozenset(
    {
        b"host",
        b"accept",
        b"accept-encoding",
        b"appkey",
        b"appsecret",
        b"authorization",
        b"connection",
        b"content-length",
        b"content-type",
        b"custtype",
        b"tr_cont",
        b"tr_id",
        b"user-agent",
    }
)


def check_tr_id(mode: Mode, tr_id: str) -> None:
    """Raise unless ``tr_id`` belongs to the family of ``mode``."""
    if not isinstance(tr_id, str) or not _TR_ID.fullmatch(tr_id):
        raise _refused("a transaction id has 3 to 13 upper-case ASCII letters and digits", "TR_ID")
    if tr_id.startswith("H0STCNI"):
        allowed = tr_id == notices_id(mode)
    elif tr_id.startswith(("F", "H0")):
        allowed = True
    elif mode is Mode.LIVE:
        allowed = tr_id.startswith(("T", "C"))
    else:
        allowed = tr_id.startswith("V") or (mode is Mode.PAPER and tr_id in _PAPER_READS)
    if not allowed:
        raise _refused(f"transaction id {tr_id} does not belong to {mode.value} mode", "TR_ID")


def check_call(mode: Mode, method: str, path: str, tr_id: str) -> None:
    """Raise unless (method, path, tr_id) is a call of ``mode``; OAuth calls carry no id."""
    if tr_id:
        check_tr_id(mode, tr_id)
    if (method, path, tr_id) not in allowed_calls(mode):
        raise _refused(f"no such call in {mode.value} mode", "CALL")


def check_request(environment: Environment, request: httpx.Request) -> None:
    """Raise unless a complete request stays inside ``environment``: origin, target, headers, call, extensions."""
    _check_origin(environment.rest, request.url)
    if not set(request.extensions) <= {"timeout"}:
        raise _refused("request extensions can redirect a request", "EXTENSION")
    target = request.url.raw_path
    if len(target) > _TARGET_LIMIT or not _TARGET.fullmatch(target):
        raise _refused("the request target is not a plain path and query", "PATH")
    headers = _checked_headers(request.headers)
    if headers.get(b"host") != request.url.netloc:
        raise _refused("the Host header differs from the address", "HEADER")
    tr_id = headers.get(b"tr_id", b"").decode("ascii")
    check_call(environment.mode, request.method, target.partition(b"?")[0].decode("ascii"), tr_id)


def check_stream_url(environment: Environment, url: str) -> None:
    """Raise unless a WebSocket URL is exactly the environment's stream address (any plain path)."""
    base = environment.stream.url
    if not url.startswith(base) or not re.fullmatch(r"(/[A-Za-z0-9_-]*)*", url[len(base) :], re.ASCII):
        raise _refused(f"{environment.mode.value} mode streams from {base} only", "HOST")


def check_header_text(name: str, value: str) -> None:
    """Raise unless a header may be sent: a known name and a printable ASCII value."""
    if not isinstance(name, str) or not isinstance(value, str) or not name.isascii() or not value.isascii():
        raise _refused("headers are ASCII text", "HEADER")
    if name.lower().encode() not in ALLOWED_HEADERS - {b"host", b"tr_id", b"content-length"}:
        raise _refused("this header is not the caller's to set", "HEADER")
    if not _HEADER_VALUE.fullmatch(value.encode()):
        raise _refused("a header value holds control characters", "HEADER")


def _check_origin(allowed: Origin, url: httpx.URL) -> None:
    port = url.port if url.port is not None else _DEFAULT_PORTS.get(url.scheme)
    same = url.raw_scheme == allowed.scheme.encode() and url.raw_host == allowed.host.encode() and port == allowed.port
    if not same or url.userinfo or url.fragment:
        raise _refused(f"requests go to {allowed.url} only", "HOST")


def _checked_headers(headers: httpx.Headers) -> dict[bytes, bytes]:
    seen: dict[bytes, bytes] = {}
    for name, value in headers.raw:
        key = name.lower()
        if key not in ALLOWED_HEADERS or key in seen or not _HEADER_VALUE.fullmatch(value):
            raise _refused("a header is unknown, repeated, or holds control characters", "HEADER")
        seen[key] = value
    return seen


def _refused(message: str, code: str) -> ModeLockError:
    return ModeLockError(
        message, code=code, advice="nothing was sent; a client is bound to the one mode it was built for"
    )
