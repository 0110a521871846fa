import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from websockets.sync.server import ServerConnection, serve

from daybook.broker.kis.credentials import KisCredentials
from daybook.broker.kis.environments import environment
from daybook.broker.kis.stream import KisStream
from daybook.broker.kis.stream_frames import StreamMessage
from daybook.broker.kis.stream_settings import StreamSettings
from daybook.broker.port import BrokerConfigurationError, BrokerUnavailable
from daybook.contracts.base import Mode, Side
from daybook.contracts.market import BookTick, TradeTick
from daybook.contracts.orders import FillNotice
from tests.broker.fake_kis import SECRETS, Clock, credentials
from tests.broker.fake_stream import StreamServer, book_fields, frame, notice_fields, stream_server, trade_fields

FAST = StreamSettings(min_backoff_s=0.05, max_backoff_s=0.1, stale_after_s=5.0, open_timeout_s=2.0)


@contextmanager
def stream(
    url: str,
    settings: StreamSettings = FAST,
    approval_key: Callable[[], str] = lambda: "CANARYAPPROVAL",
    owner: KisCredentials | None = None,
) -> Iterator[KisStream]:
    bound = environment(Mode.PAPER, base_url=url)
    with KisStream(bound, owner or credentials(Mode.PAPER), approval_key, settings, now=Clock()) as one:
        yield one


def next_of(one: KisStream) -> StreamMessage:
    message = one.next_message(3.0)
    assert message is not None
    return message


@pytest.fixture
def server() -> Iterator[StreamServer]:
    with stream_server() as script:
        yield script


def test_stream_when_ready_then_every_registration_was_sent_and_acknowledged(server: StreamServer) -> None:
    settings = replace(FAST, trades=("005930", "000660"), books=("005930",))
    with stream(server.url, settings) as one:
        assert not one.is_ready
        assert one.wait_ready(3.0)
        assert one.last_message_at is not None
    sent = {server.subscriptions.get_nowait() for _ in range(4)}
    assert sent == {
        ("H0STCNI9", "canaryhts"),
        ("H0STCNT0", "005930"),
        ("H0STCNT0", "000660"),
        ("H0STASP0", "005930"),
    }
    assert server.paths == ["/tryitout"]
    assert set(server.approvals) == {"CANARYAPPROVAL"}


@pytest.mark.parametrize(("trade_width", "book_width", "notice_width"), [(47, 63, 26), (46, 59, 23)])
def test_stream_when_either_layout_comes_then_messages_are_equal(
    server: StreamServer, trade_width: int, book_width: int, notice_width: int
) -> None:
    with stream(server.url, replace(FAST, trades=("005930",))) as one:
        assert one.wait_ready(3.0)
        server.send(frame("H0STCNT0", trade_fields(trade_width), trade_fields(trade_width, price="70600")))
        server.send(frame("H0STASP0", book_fields(book_width)))
        server.send(frame("H0STCNI9", notice_fields(notice_width), flag="1"))
        first, second, book, notice = (next_of(one) for _ in range(4))
    assert isinstance(first, TradeTick)
    assert isinstance(second, TradeTick)
    assert (first.price_krw, first.shares, first.is_buy, first.at_hhmmss) == (70_500, 12, True, "093015")
    assert (first.ask_krw, first.bid_krw, first.volume_shares) == (70_600, 70_500, 1_234_567)
    assert second.price_krw == 70_600
    assert isinstance(book, BookTick)
    assert (book.asks[0].shares, book.bids[0].shares, len(book.asks)) == (30, 40, 1)
    assert book.expected_auction_price_krw == 70_550
    assert isinstance(notice, FillNotice)
    assert (notice.order_number, notice.side, notice.is_fill, notice.shares) == ("0000008637", Side.BUY, True, 4)
    assert notice.digest


@pytest.mark.parametrize("width", [22, 24, 25, 27, 45, 48, 60, 62])
def test_stream_when_a_layout_is_unknown_then_the_frame_is_dropped_counted_and_warned_of(
    server: StreamServer, caplog: pytest.LogCaptureFixture, width: int
) -> None:
    with caplog.at_level(logging.WARNING), stream(server.url, replace(FAST, trades=("005930",))) as one:
        assert one.wait_ready(3.0)
        server.send(frame("H0STCNT0", ["0"] * width))
        server.send(frame("H0STASP0", ["0"] * width))
        server.send(frame("H0STCNI9", ["secret"] * (width if width not in (23, 26) else 5), flag="1"))
        server.send(frame("H0STCNT0", trade_fields()))
        assert isinstance(next_of(one), TradeTick)
        assert sum(one.dropped.values()) == 3
    assert len(caplog.records) == 3
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "0|H0STCNT0|001",
        "2|H0STCNT0|001|x",
        "0|H0STCNT0|abc|x",
        "0|H0STCNT0|000|" + "^".join(trade_fields()),
        "0|H0STCNT0|002|" + "^".join(trade_fields()),
        "0|H0XXXXXX|001|x",
        "1|H0STCNI9|001|not base64!",
        "1|H0STCNI9|001|AAAA",
        "1|H0STCNI9|001|",
        "{",
        "{}",
        "[]",
        '{"header": 5, "body": "x"}',
        frame("H0STCNT0", trade_fields(price="")),
        frame("H0STCNT0", trade_fields(symbol="??")),
        frame("H0STCNI9", notice_fields(number=""), flag="1"),
        frame("H0STCNI9", notice_fields(shares="x"), flag="1"),
    ],
)
def test_stream_when_a_frame_is_broken_then_it_is_dropped_and_the_next_one_read(
    server: StreamServer, text: str
) -> None:
    with stream(server.url, replace(FAST, trades=("005930",))) as one:
        assert one.wait_ready(3.0)
        server.send(text)
        server.send(frame("H0STCNT0", trade_fields()))
        assert isinstance(next_of(one), TradeTick)
        assert sum(one.dropped.values()) == 1
        assert one.reconnects == 0


def test_stream_when_a_notice_is_of_another_account_of_the_customer_then_it_is_not_ours(server: StreamServer) -> None:
    with stream(server.url) as one:
        assert one.wait_ready(3.0)
        for account in ("8765432122", "1111111101", "8765432101", "87654321", ""):
            server.send(frame("H0STCNI9", notice_fields(account=account, number="77"), flag="1"))
        assert [next_of(one).at_hhmmss for _ in range(3)] == ["093017"] * 3
        assert one.dropped == {"notice of another account": 2}


def test_notices_when_of_each_kind_then_flags_and_digests_tell_them_apart(server: StreamServer) -> None:
    with stream(server.url) as one:
        assert one.wait_ready(3.0)
        records = [
            notice_fields(is_fill=False, accepted="1", shares="10"),
            notice_fields(shares="4"),
            notice_fields(23, shares="4"),
            notice_fields(is_fill=False, refused="1"),
            notice_fields(is_fill=False, number="9", original="0000008637", request="2", price="0"),
            notice_fields(is_fill=False, accepted="3"),
        ]
        for record in records:
            server.send(frame("H0STCNI9", record, flag="1"))
        found = [message for message in (next_of(one) for _ in records) if isinstance(message, FillNotice)]
    assert [(n.is_fill, n.is_rejection, n.is_cancel) for n in found] == [
        (False, False, False),
        (True, False, False),
        (True, False, False),
        (False, True, False),
        (False, False, True),
        (False, False, True),
    ]
    assert found[4].original_number == "0000008637"
    assert found[1].digest == found[2].digest
    assert len({notice.digest for notice in found}) == 5


def test_stream_when_pinged_then_the_same_text_comes_back(server: StreamServer) -> None:
    ping = json.dumps({"header": {"tr_id": "PINGPONG", "datetime": "20261120093000"}})
    with stream(server.url) as one:
        assert one.wait_ready(3.0)
        server.send(ping)
        assert one.next_message(0.3) is None
        assert server.texts.get(timeout=2) == ping


def test_stream_when_the_connection_drops_then_it_comes_back_with_all_registrations(server: StreamServer) -> None:
    keys = iter(["first", "second", "third"])
    with stream(server.url, replace(FAST, trades=("005930",)), lambda: next(keys)) as one:
        assert one.wait_ready(3.0)
        server.drop()
        assert one.next_message(0.02) is None
        assert one.wait_ready(3.0)
        assert one.reconnects == 1
        server.send(frame("H0STCNT0", trade_fields()))
        assert isinstance(next_of(one), TradeTick)
    assert server.approvals == ["first", "first", "second", "second"]
    assert server.subscriptions.qsize() == 4


def test_stream_when_nothing_is_heard_then_it_reconnects(server: StreamServer) -> None:
    with stream(server.url, replace(FAST, stale_after_s=0.2)) as one:
        assert one.wait_ready(3.0)
        deadline = time.monotonic() + 3
        while one.reconnects == 0 and time.monotonic() < deadline:
            one.next_message(0.05)
        assert one.reconnects == 1


def test_stream_when_nobody_listens_then_attempts_back_off_and_messages_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    attempts: list[float] = []

    def approve() -> str:
        attempts.append(time.monotonic())
        return "x"

    with stream(url, replace(FAST, min_backoff_s=0.1, max_backoff_s=0.2), approve) as one:
        assert one.next_message(0.45) is None
        assert not one.is_ready
    assert 2 <= len(attempts) <= 4
    assert attempts[1] - attempts[0] >= 0.1


def test_stream_when_the_approval_key_is_unavailable_then_it_is_asked_again_later() -> None:
    def approve() -> str:
        raise BrokerUnavailable("down")

    with stream("http://127.0.0.1:1", FAST, approve) as one:
        assert one.next_message(0.1) is None


def test_stream_when_the_keys_are_wrong_then_it_raises() -> None:
    def approve() -> str:
        raise BrokerConfigurationError("bad key")

    with stream("http://127.0.0.1:1", FAST, approve) as one, pytest.raises(BrokerConfigurationError):
        one.next_message(1.0)


@pytest.mark.parametrize("code", ["OPSP8991", "OPSP8992", "OPSP0008"])
def test_stream_when_a_registration_cannot_work_then_it_raises(server: StreamServer, code: str) -> None:
    server.refuse["H0STCNI9"] = code
    with stream(server.url) as one, pytest.raises(BrokerConfigurationError) as caught:
        one.next_message(3.0)
    assert caught.value.code == code
    assert SECRETS["hts_id"] not in str(caught.value)


def test_stream_when_the_key_is_connected_elsewhere_then_it_tries_again(server: StreamServer) -> None:
    server.refuse["H0STCNI9"] = "OPSP8996"
    with stream(server.url) as one:
        deadline = time.monotonic() + 3
        while one.reconnects < 2 and time.monotonic() < deadline:
            one.next_message(0.02)
        server.refuse.clear()
        assert one.wait_ready(3.0)


def test_stream_when_stopped_from_another_thread_then_the_loop_ends(server: StreamServer) -> None:
    received = []
    with stream(server.url, replace(FAST, trades=("005930",))) as one:
        assert one.wait_ready(3.0)
        server.send(frame("H0STCNT0", trade_fields()))
        threading.Timer(0.2, one.stop).start()
        started = time.monotonic()
        for message in one:
            received.append(message)
        assert time.monotonic() - started < 2
    assert len(received) == 1


def test_stream_when_registrations_are_too_many_then_it_is_not_built() -> None:
    settings = replace(FAST, trades=tuple(f"{number:06d}" for number in range(42)), notices=False)
    with pytest.raises(BrokerConfigurationError), stream("http://127.0.0.1:1", settings):
        pass


def test_stream_when_there_is_nothing_to_register_then_it_waits_without_connecting(server: StreamServer) -> None:
    with stream(server.url, replace(FAST, notices=False)) as one:
        assert one.wait_ready(1.0)
        assert one.next_message(0.1) is None
        threading.Timer(0.1, one.stop).start()
        assert list(one) == []
    assert server.paths == []


def test_stream_when_forty_one_are_registered_then_it_is_built() -> None:
    symbols = tuple(f"{number:06d}" for number in range(40))
    with stream("http://127.0.0.1:1", replace(FAST, trades=symbols)) as one:
        assert "41 registrations" in repr(one)


def test_stream_when_the_hts_id_is_missing_or_a_symbol_is_hostile_then_it_is_not_built() -> None:
    anonymous = credentials(Mode.PAPER).model_copy(update={"hts_id": type(credentials().hts_id)("")})
    with pytest.raises(BrokerConfigurationError), stream("http://127.0.0.1:1", FAST, owner=anonymous):
        pass
    with pytest.raises(BrokerConfigurationError), stream("http://127.0.0.1:1", replace(FAST, books=('0","tr_id":"',))):
        pass


def test_stream_when_the_server_redirects_then_it_is_not_followed(server: StreamServer) -> None:
    target = server.url.replace("http", "ws")

    def redirect(connection: ServerConnection, request: object) -> object:
        response = connection.respond(302, "moved")
        response.headers["Location"] = target
        return response

    with serve(lambda _: None, "127.0.0.1", 0, process_request=redirect) as other:  # type: ignore[arg-type]
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        with stream(f"http://127.0.0.1:{other.socket.getsockname()[1]}") as one:
            assert one.next_message(0.3) is None
        other.shutdown()
        thread.join()
    assert server.paths == []


def test_stream_when_a_proxy_is_configured_then_it_is_not_used(
    server: StreamServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "ws_proxy", "socks_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with stream(server.url) as one:
        assert one.wait_ready(3.0)
