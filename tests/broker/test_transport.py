"""The transport on real sockets: what counts as sent, and what as a reply."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from daybook.broker.kis.transport import ExchangeFailed, KisTransport
from daybook.broker.kis.wire import PRICE
from daybook.contracts.base import Mode


@contextmanager
def server(*replies: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one raw reply a connection, closing it afterwards."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def run() -> None:
            for reply in replies:
                connection, _ = listener.accept()
                with connection:
                    seen.append(connection.recv(65536))
                    connection.sendall(reply)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
        finally:
            thread.join()


def get(url: str, timeout_s: float = 1.0) -> int:
    transport = KisTransport(Mode.PAPER, url)
    try:
        return transport.send("GET", PRICE.path, "FHKST01010100", timeout_s=timeout_s).status
    finally:
        transport.close()


def test_transport_when_nobody_listens_then_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ExchangeFailed) as caught:
        get(f"http://127.0.0.1:{port}")
    assert not caught.value.may_have_been_sent


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc",
    ],
)
def test_transport_when_the_reply_breaks_off_then_it_may_have_been_sent(reply: bytes) -> None:
    with server(reply) as (url, seen), pytest.raises(ExchangeFailed) as caught:
        get(url)
    assert caught.value.may_have_been_sent
    assert len(seen) == 1


def test_transport_when_the_reply_is_slow_then_it_may_have_been_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(ExchangeFailed) as caught:
        get(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_s=0.1)
    assert caught.value.may_have_been_sent


def test_transport_when_a_proxy_is_configured_then_it_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}") as (url, seen):
        assert get(url) == 200
    assert seen[0].startswith(b"GET /uapi/")
