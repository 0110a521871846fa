import json
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from daybook.paper.faults import FaultKind, FaultMatch, FaultRule
from daybook.paper.front import FrontConfig
from daybook.paper.hosting import HostedExchange
from tests.paper.front.kis_caller import SYMBOL, KisCaller, calling, serving
from tests.paper.front.kis_stream import KisStream, code, streaming


@pytest.fixture(scope="module")
def exchange() -> Iterator[HostedExchange]:
    """An exchange whose trades come quickly."""
    with serving(FrontConfig(rate_limit=None, pingpong_interval_s=0.3), speed=60.0) as running:
        yield running


@pytest.fixture
def stream(fresh: KisCaller) -> Iterator[KisStream]:
    with streaming(fresh) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_rules_left(fresh: KisCaller) -> Iterator[None]:
    yield
    fresh.set_faults()


def test_subscribe_when_accepted_then_reply_with_key_and_iv(stream: KisStream) -> None:
    reply = stream.ask("H0STCNT0", SYMBOL)
    assert reply["header"] == {"tr_id": "H0STCNT0", "tr_key": SYMBOL, "encrypt": "N"}
    assert reply["body"]["rt_cd"] == "0"
    assert (reply["body"]["msg_cd"], reply["body"]["msg1"]) == ("OPSP0000", "SUBSCRIBE SUCCESS")
    assert (len(reply["body"]["output"]["iv"]), len(reply["body"]["output"]["key"])) == (16, 32)


def test_subscribe_when_repeated_or_undone_then_codes(stream: KisStream) -> None:
    assert code(stream.ask("H0STASP0", SYMBOL)) == "OPSP0000"
    assert code(stream.ask("H0STASP0", SYMBOL)) == "OPSP0002"
    assert code(stream.ask("H0STASP0", SYMBOL, "2")) == "OPSP0001"
    assert code(stream.ask("H0STASP0", SYMBOL, "2")) == "OPSP0003"


@pytest.mark.parametrize(
    ("tr_id", "tr_key", "header", "expected"),
    [
        ("H0STXXX0", SYMBOL, {}, "OPSP8991"),
        ("H0STCNT0", "999999", {}, "OPSP8992"),
        ("H0STCNI9", "", {}, "OPSP8992"),
        ("H0STCNT0", SYMBOL, {"tr_type": "3"}, "OPSP8997"),
        ("H0STCNT0", SYMBOL, {"custtype": "X"}, "OPSP8998"),
        ("H0STCNT0", SYMBOL, {"approval_key": "unknown"}, "OPSP0011"),
    ],
)
def test_subscribe_when_wrong_then_code(
    stream: KisStream, tr_id: str, tr_key: str, header: dict[str, str], expected: str
) -> None:
    reply = stream.ask(tr_id, tr_key, **header)
    assert (code(reply), reply["body"]["rt_cd"]) == (expected, "1")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("{", "OPSP9999"),
        ("[]", "OPSP9999"),
        ("{}", "OPSP9998"),
        ('{"header": {}}', "OPSP9992"),
        ('{"header": {}, "body": {}}', "OPSP9991"),
        ('{"header": {"tr_type": "1"}, "body": {"input": {}}}', "OPSP9990"),
    ],
)
def test_message_when_malformed_then_json_code(stream: KisStream, message: str, expected: str) -> None:
    assert code(stream.say(message)) == expected


def test_approval_key_when_sent_once_then_need_not_be_repeated(stream: KisStream) -> None:
    first = {"header": {"approval_key": stream.approval_key, "tr_type": "1"}, "body": {"input": {}}}
    assert code(stream.say(json.dumps(first))) == "OPSP9990"
    later: dict[str, Any] = {"header": {"tr_type": "1"}, "body": {"input": {"tr_id": "H0STCNT0", "tr_key": SYMBOL}}}
    assert code(stream.say(json.dumps(later))) == "OPSP0000"


def test_registrations_when_42_then_opsp0008(stream: KisStream, exchange: HostedExchange) -> None:
    symbols = [security.symbol for security in exchange.front.engine.securities()]
    codes = [code(stream.ask("H0STCNT0", symbol)) for symbol in symbols[:42]]
    assert codes == ["OPSP0000"] * 41 + ["OPSP0008"]


def test_session_when_app_key_is_connected_elsewhere_then_opsp8996_until_it_leaves(fresh: KisCaller) -> None:
    with streaming(fresh) as first:
        assert code(first.ask("H0STCNT0", SYMBOL)) == "OPSP0000"
        with streaming(fresh) as second:
            assert code(second.ask("H0STCNT0", SYMBOL)) == "OPSP8996"
    with streaming(fresh) as third:
        assert code(third.ask("H0STCNT0", SYMBOL)) == "OPSP0000"


@pytest.mark.parametrize(
    ("path", "trade_count", "book_count", "notice_count"),
    [
        ("/tryitout/H0STCNT0", 47, 63, 26),
        ("/?ws_layout=legacy", 46, 59, 23),
        ("/?ws_layout=legacy/tryitout", 46, 59, 23),
    ],
)
def test_frames_when_layout_is_chosen_then_field_counts(
    fresh: KisCaller, path: str, trade_count: int, book_count: int, notice_count: int
) -> None:
    with streaming(fresh, path) as stream:
        for tr_id, key in (("H0STASP0", SYMBOL), ("H0STCNT0", SYMBOL), ("H0STCNI9", "trader")):
            assert code(stream.ask(tr_id, key)) == "OPSP0000"
        count, trade = stream.frame("H0STCNT0")
        assert len(trade) == count * trade_count
        count, book = stream.frame("H0STASP0")
        assert (count, len(book)) == (1, book_count)
        fresh.order(int(fresh.price()["stck_prpr"]) - 5_000)
        count, notice = stream.frame("H0STCNI9")
        assert (count, len(notice)) == (1, notice_count)


def test_trades_when_watched_then_agree_with_the_quote(fresh: KisCaller, stream: KisStream) -> None:
    stream.ask("H0STCNT0", SYMBOL)
    seen: list[list[str]] = []
    while len(seen) < 5:
        count, fields = stream.frame("H0STCNT0")
        seen += [fields[index * 47 : (index + 1) * 47] for index in range(count)]
    quote = fresh.price()
    volumes = [int(record[13]) for record in seen]
    for before, record in pairwise(seen):
        assert int(record[13]) - int(before[13]) == int(record[12])
    assert volumes[-1] <= int(quote["acml_vol"])
    last = seen[-1]
    assert (last[0], last[33], last[34][0], last[43], last[46]) == (SYMBOL, "20260320", "2", "0", "2")
    assert last[21] in {"1", "5"}
    assert int(last[4]) == int(last[2]) - int(quote["stck_sdpr"])
    assert int(last[10]) > int(last[11])


def test_notices_when_order_fills_then_accept_and_fill_after_the_reply(fresh: KisCaller, stream: KisStream) -> None:
    stream.ask("H0STCNI9", "trader")
    number = fresh.order(int(fresh.price()["stck_mxpr"]), 2).json()["output"]["ODNO"]
    _, accepted = stream.frame("H0STCNI9")
    assert (accepted[0], accepted[2], accepted[9], accepted[13], accepted[14]) == ("trader", number, "2", "1", "1")
    filled = 0
    while filled < 2:
        _, fill = stream.frame("H0STCNI9")
        assert (fill[2], fill[13]) == (number, "2")
        filled += int(fill[9])
    assert fill[-2] == "삼성전자"


def test_notices_when_order_is_cancelled_then_own_number_and_target(fresh: KisCaller, stream: KisStream) -> None:
    number = fresh.order(int(fresh.price()["stck_prpr"]) - 5_000).json()["output"]["ODNO"]
    stream.ask("H0STCNI9", "trader")
    request = fresh.change(number, "02").json()["output"]["ODNO"]
    _, notice = stream.frame("H0STCNI9")
    while notice[5] != "2":
        _, notice = stream.frame("H0STCNI9")
    assert (notice[2], notice[3]) == (request, number)


def test_notices_when_of_another_key_and_account_then_not_heard(
    exchange: HostedExchange, fresh: KisCaller, stream: KisStream
) -> None:
    fresh.balance()
    stream.ask("H0STCNI9", "trader")
    with calling(exchange.mock_url, "other".ljust(36, "x"), "7777777701") as other:
        other.order(int(other.price()["stck_prpr"]) - 5_000)
    with pytest.raises(TimeoutError):
        stream.frame("H0STCNI9", timeout_s=0.25)


def test_pingpong_when_answered_by_text_or_pong_or_not_then_stays_open(stream: KisStream) -> None:
    stream.connection.send("x")
    seen = 0
    while seen < 3:
        text = stream.connection.recv(timeout=5)
        assert isinstance(text, str)
        if json.loads(text)["header"]["tr_id"] != "PINGPONG":
            continue
        seen += 1
        assert len(json.loads(text)["header"]["datetime"]) == 14
        if seen == 1:
            stream.connection.send(text)
        elif seen == 2:
            stream.connection.pong(text)
    assert code(stream.ask("H0STCNT0", SYMBOL)) == "OPSP0000"


def _rule(fault: FaultKind, path: str = "notice", **fields: Any) -> FaultRule:
    return FaultRule(fault=fault, match=FaultMatch(path=path), **fields)


def test_notice_faults_when_fired_then_twice_late_or_never(fresh: KisCaller, stream: KisStream) -> None:
    stream.ask("H0STCNI9", "trader")
    price = int(fresh.price()["stck_prpr"]) - 5_000
    fresh.set_faults(
        _rule(FaultKind.DUPLICATE_NOTICE, after=1),
        _rule(FaultKind.LOST_NOTICE, after=2),
        _rule(FaultKind.LATE_NOTICE, after=3, seconds=0.4),
    )
    numbers = [fresh.order(price).json()["output"]["ODNO"] for _ in range(4)]
    heard = [stream.frame("H0STCNI9")[1][2] for _ in range(4)]
    assert heard == [numbers[0], numbers[0], numbers[3], numbers[2]]


def test_early_notice_when_fired_then_heard_before_the_reply(fresh: KisCaller, stream: KisStream) -> None:
    stream.ask("H0STCNI9", "trader")
    price = int(fresh.price()["stck_prpr"]) - 5_000
    fresh.set_faults(_rule(FaultKind.EARLY_NOTICE, "order", seconds=0.5))
    replied_at: list[float] = []

    def order() -> None:
        fresh.order(price)
        replied_at.append(time.monotonic())

    thread = threading.Thread(target=order)
    thread.start()
    stream.frame("H0STCNI9")
    heard_at = time.monotonic()
    thread.join()
    assert heard_at < replied_at[0]


def test_notices_when_the_reply_is_lost_then_still_heard(fresh: KisCaller, stream: KisStream) -> None:
    stream.ask("H0STCNI9", "trader")
    price = int(fresh.price()["stck_prpr"]) - 5_000
    fresh.set_faults(_rule(FaultKind.ACCEPT_THEN_DROP, "order"))
    with pytest.raises(Exception, match="disconnected"):
        fresh.order(price)
    assert stream.frame("H0STCNI9")[1][13] == "1"


def test_ws_drop_when_fired_then_connection_is_cut(fresh: KisCaller, stream: KisStream) -> None:
    fresh.set_faults(FaultRule(fault=FaultKind.WS_DROP, match=FaultMatch(tr_id="H0STCNT0"), after=2))
    assert code(stream.ask("H0STCNT0", SYMBOL)) == "OPSP0000"
    with pytest.raises(ConnectionClosed):
        stream.frame("H0STCNT0")


def test_strict_listeners_when_asked_then_serve_their_own_streams() -> None:
    config = FrontConfig(strict=True, rate_limit=None, one_token_per_minute=False)
    with serving(config) as running:
        with calling(running.mock_url, "m" * 36) as mock, streaming(mock) as stream:
            assert code(stream.ask("H0STCNI0", "trader")) == "OPSP8991"
            assert code(stream.ask("H0STMKO0", SYMBOL)) == "OPSP8991"
            assert code(stream.ask("H0STCNI9", "trader")) == "OPSP0000"
            missing = {"header": {"approval_key": stream.approval_key}, "body": {}}
            assert code(stream.say(json.dumps(missing))) == "OPSP9997"
        with calling(running.real_url, "r" * 36) as real, streaming(real) as stream:
            assert code(stream.ask("H0STCNI9", "trader")) == "OPSP8991"
            assert code(stream.ask("H0STCNI0", "trader")) == "OPSP0000"
            assert stream.ask("H0STMKO0", SYMBOL)["body"]["rt_cd"] == "0"
            assert stream.frame("H0STMKO0")[1][0] == SYMBOL


def test_status_and_expected_price_when_the_auction_begins_then_frames() -> None:
    with serving(speed=60.0) as running, calling(running.real_url) as caller, streaming(caller) as stream:
        stream.ask("H0STANC0", SYMBOL)
        stream.ask("H0STMKO0", SYMBOL)
        assert stream.frame("H0STMKO0")[1][3] == "112"
        caller.client.post("/paper/clock", json={"market_time": "2026-03-20T15:19:50+09:00", "speed": 60})
        count, expected = stream.frame("H0STANC0")
        assert (count, len(expected)) == (1, 45)
        assert int(expected[2]) > 0
