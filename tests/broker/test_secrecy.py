"""Canaries: no key, token, account number or customer id may show up in logs, errors or representations."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import httpx
import pytest

from daybook.broker.kis import KisBroker, KisCredentials, StreamSettings, build_broker
from daybook.broker.port import BrokerError
from daybook.contracts.base import Mode, Side
from daybook.contracts.orders import BrokerOrderId, OrderKind
from tests.broker.fake_kis import SECRETS, Answer, FakeKis, Rig, credentials, ok, refused
from tests.broker.fake_stream import frame, notice_fields, stream_server

CANARIES = (*SECRETS.values(), "CANARYTOKEN", "CANARYAPPROVAL")
ECHO = " ".join([*SECRETS.values(), "CANARYTOKEN-1"])
ALL_IDS = ("FHKST01010100", "TTTC0012U", "TTTC0013U", "TTTC8434R", "TTTC0081R", "TTTC0084R", "TTTC8908R")

CALLS: list[Callable[[KisBroker], object]] = [
    lambda broker: broker.quote("005930"),
    lambda broker: broker.submit("005930", Side.BUY, 1, OrderKind.LIMIT, 70_000),
    lambda broker: broker.cancel(BrokerOrderId(branch="1", number="1"), "005930"),
    lambda broker: broker.modify(BrokerOrderId(branch="1", number="1"), "005930", 1, 1),
    lambda broker: broker.account(),
    lambda broker: broker.orders_today(date(2026, 11, 20)),
    lambda broker: broker.open_orders(date(2026, 11, 20)),
    lambda broker: broker.orderable_cash("005930", 1, OrderKind.LIMIT),
]


def assert_clean(text: str) -> None:
    for canary in CANARIES:
        assert canary not in text


@pytest.mark.parametrize(
    "answer",
    [
        refused("APBK0001", ECHO),
        refused("EGW00201", ECHO, status=500),
        refused("EGW00301", ECHO, status=500),
        refused("EGW00123", ECHO, status=500),
        refused("OPSQ2000", ECHO, status=500),
        httpx.Response(500, text=ECHO),
        httpx.Response(200, json={"rt_cd": "0", "msg_cd": "X", "msg1": ECHO, "output": {"stck_prpr": ECHO}}),
        httpx.ReadTimeout(ECHO),
        httpx.ConnectError(ECHO),
        ok(output1=[{"pdno": "005930", "hldg_qty": ECHO}], output2=[{"nass_amt": ECHO}], output=[{"psbl_qty": ECHO}]),
    ],
)
def test_errors_and_logs_when_the_broker_echoes_secrets_then_none_gets_out(
    caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    rig = Rig()
    for tr_id in ALL_IDS:
        rig.kis.on(tr_id, answer)
    with caplog.at_level(logging.DEBUG):
        for call in CALLS:
            try:
                call(rig.broker)
            except BrokerError as error:
                assert_clean("".join(traceback.format_exception(error)))
                assert_clean(repr(error) + error.code + error.advice)
    assert_clean(caplog.text)


def test_token_errors_when_the_reply_echoes_secrets_then_none_gets_out(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    refusal = {"error_code": "EGW00103", "error_description": " ".join(SECRETS.values())}
    rig.kis.on("/oauth2/tokenP", httpx.Response(403, json=refusal))
    rig.kis.on("/oauth2/Approval", httpx.Response(403, json=refusal))
    with caplog.at_level(logging.DEBUG):
        for call in (rig.tokens.token, rig.tokens.approval_key, lambda: rig.broker.quote("005930")):
            with pytest.raises(BrokerError) as caught:
                call()
            assert_clean("".join(traceback.format_exception(caught.value)))
    assert_clean(caplog.text)


def test_representations_when_printed_then_no_secret_shows(tmp_path: Path) -> None:
    kis = FakeKis()
    with build_broker(Mode.LIVE, credentials(), state_dir=tmp_path, inner=kis) as broker:
        broker.warm_up()
        objects = [broker, broker._transport, broker._tokens, broker._trading, broker.stream(StreamSettings())]
        assert_clean(" ".join(f"{one!r}{one!s}" for one in objects))
    assert_clean(" ".join(path.name for path in tmp_path.iterdir()))


def test_http_logs_when_everything_is_logged_then_no_address_with_an_account_shows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig()
    rig.kis.on("TTTC8434R", ok(output1=[], output2=[])).on("TTTC8908R", ok(output={}))
    with caplog.at_level(logging.DEBUG), pytest.raises(BrokerError):
        rig.broker.account()
    assert_clean(caplog.text)


def test_stream_logs_when_everything_is_logged_then_no_frame_shows(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    kis = FakeKis().on("/oauth2/Approval", httpx.Response(200, json={"approval_key": "CANARYAPPROVAL"}))
    owner: KisCredentials = credentials(Mode.PAPER)
    with stream_server() as server, caplog.at_level(logging.DEBUG):
        # The server's own library log is not the client's.
        logging.getLogger("websockets.server").setLevel(logging.ERROR)
        settings = replace(StreamSettings(), trades=("005930",), min_backoff_s=0.05)
        with (
            build_broker(Mode.PAPER, owner, state_dir=tmp_path, base_url=server.url, inner=kis) as broker,
            broker.stream(settings) as stream,
        ):
            assert stream.wait_ready(3.0)
            server.send(frame("H0STCNI9", notice_fields(), flag="1"))
            server.send(frame("H0STCNI9", notice_fields()[:-1], flag="1"))
            message = stream.next_message(3.0)
            assert message is not None
            assert_clean(repr(message))
            server.drop()
            stream.next_message(0.1)
    assert_clean(caplog.text)
