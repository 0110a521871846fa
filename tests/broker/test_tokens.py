import json
import stat
import threading
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from daybook.broker.kis.rate import RateLimiter, RatePolicy
from daybook.broker.kis.tokens import TokenKeeper
from daybook.broker.kis.transport import KisTransport
from daybook.broker.port import BrokerConfigurationError, BrokerUnavailable
from daybook.contracts.base import KST, Mode
from tests.broker.fake_kis import Clock, FakeKis, base_url, credentials, token_reply

ISSUE = "/oauth2/tokenP"


def keeper(kis: FakeKis, clock: Clock, directory: Path | None, mode: Mode = Mode.LIVE) -> TokenKeeper:
    transport = KisTransport(mode, base_url(mode), inner=kis)
    limiter = RateLimiter(lambda: RatePolicy(100_000, 0.001))
    return TokenKeeper(transport, credentials(mode), limiter, directory, now=clock)


def test_token_when_two_processes_share_a_directory_then_one_issue_serves_both(tmp_path: Path) -> None:
    kis, clock = FakeKis(), Clock()
    first, second = keeper(kis, clock, tmp_path), keeper(kis, clock, tmp_path)
    assert first.token() == second.token() == first.token()
    assert kis.tokens_issued == 1
    files = list(tmp_path.glob("token-live-*.json"))
    assert len(files) == 1
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600
    assert "CANARYKEY" not in files[0].name


def test_token_when_modes_differ_then_files_are_never_shared(tmp_path: Path) -> None:
    clock = Clock()
    for mode in Mode:
        kis = FakeKis()
        keeper(kis, clock, tmp_path, mode).token()
        assert kis.tokens_issued == 1
    assert len(list(tmp_path.glob("token-*.json"))) == 3


def test_token_when_many_threads_ask_at_once_then_it_is_issued_once(tmp_path: Path) -> None:
    kis, clock = FakeKis(), Clock()
    keepers = [keeper(kis, clock, tmp_path) for _ in range(4)]
    threads = [threading.Thread(target=one.token) for one in keepers for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kis.tokens_issued == 1


def test_token_when_it_is_about_to_expire_then_a_new_one_is_issued() -> None:
    kis, clock = FakeKis(), Clock()
    tokens = keeper(kis, clock, None)
    first = tokens.token()
    clock.advance(23 * 3600 + 49 * 60)
    assert tokens.token() == first
    clock.advance(120)
    assert tokens.token() != first


def test_token_when_kis_tells_an_earlier_expiry_then_that_one_counts() -> None:
    kis, clock = FakeKis(), Clock()
    told = (clock.at + timedelta(hours=18)).astimezone(KST).strftime("%Y-%m-%d %H:%M:%S")
    kis.on(
        ISSUE,
        httpx.Response(200, json={"access_token": "a", "access_token_token_expired": told, "expires_in": 86400}),
        httpx.Response(200, json={"access_token": "b", "access_token_token_expired": "", "expires_in": 86400}),
    )
    tokens = keeper(kis, clock, None)
    assert tokens.token() == "a"
    clock.advance(17 * 3600)
    assert tokens.token() == "a"
    clock.advance(3600)
    assert tokens.token() == "b"


def test_replace_when_the_token_is_rejected_then_it_is_issued_again_once(tmp_path: Path) -> None:
    kis, clock = FakeKis(), Clock()
    first, second = keeper(kis, clock, tmp_path), keeper(kis, clock, tmp_path)
    old = first.token()
    second.token()
    clock.advance(61)
    new = first.replace(old)
    assert new != old
    assert second.replace(old) == new
    assert kis.tokens_issued == 2


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.MOCK])
def test_replace_when_a_token_was_issued_within_the_minute_then_no_request_is_made(tmp_path: Path, mode: Mode) -> None:
    kis, clock = FakeKis(), Clock()
    old = keeper(kis, clock, tmp_path, mode).token()
    clock.advance(20)
    other = keeper(kis, clock, tmp_path, mode)
    with pytest.raises(BrokerUnavailable) as caught:
        other.replace(old)
    assert caught.value.code == "EGW00133"
    assert "41 s" in caught.value.advice
    assert kis.tokens_issued == 1
    clock.advance(41)
    assert other.replace(old) != old


def test_paper_token_when_the_exchange_forgot_it_then_it_is_replaced_at_once() -> None:
    kis, clock = FakeKis(), Clock()
    tokens = keeper(kis, clock, None, Mode.PAPER)
    assert tokens.replace(tokens.token()) == "CANARYTOKEN-2"


def test_token_when_kis_refuses_by_its_minute_then_the_minute_is_kept_across_processes(tmp_path: Path) -> None:
    kis, clock = FakeKis(), Clock()
    refusal = {"error_code": "EGW00133", "error_description": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)"}
    kis.on(ISSUE, httpx.Response(403, json=refusal))
    for _ in range(5):
        with pytest.raises(BrokerUnavailable) as caught:
            keeper(kis, clock, tmp_path).token()
        assert caught.value.code == "EGW00133"
    assert len(kis.sent) == 1


@pytest.mark.parametrize("code", ["EGW00103", "EGW00105"])
def test_token_when_the_keys_are_wrong_then_it_is_a_configuration_error(code: str) -> None:
    kis = FakeKis().on(ISSUE, httpx.Response(403, json={"error_code": code, "error_description": "x"}))
    with pytest.raises(BrokerConfigurationError) as caught:
        keeper(kis, Clock(), None).token()
    assert caught.value.code == code


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text="not json"),
        httpx.Response(200, json={"access_token": ""}),
        httpx.ReadTimeout("slow"),
    ],
)
def test_token_when_no_usable_answer_comes_then_it_is_unavailable_and_not_repeated(
    tmp_path: Path, answer: httpx.Response | Exception
) -> None:
    kis = FakeKis().on(ISSUE, answer)
    tokens = keeper(kis, Clock(), tmp_path)
    for _ in range(3):
        with pytest.raises(BrokerUnavailable):
            tokens.token()
    assert len(kis.sent) == 1


def test_token_when_the_connection_was_never_made_then_it_may_be_tried_again_at_once(tmp_path: Path) -> None:
    kis = FakeKis().on(ISSUE, httpx.ConnectError("refused"), httpx.Response(200, json={"access_token": "a"}))
    tokens = keeper(kis, Clock(), tmp_path)
    with pytest.raises(BrokerUnavailable):
        tokens.token()
    assert tokens.token() == "a"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"token": "x"}',
        b'{"token": "x", "expires_at": "tomorrow", "tried_at": ""}',
        b'{"token": "x", "expires_at": "2030-01-01T00:00:00", "tried_at": "2026-01-01T00:00:00"}',
        b'{"token": null, "expires_at": null, "tried_at": null}',
    ],
)
def test_token_when_the_cache_file_is_corrupt_then_it_is_replaced(tmp_path: Path, content: bytes) -> None:
    kis, clock = FakeKis(), Clock()
    keeper(kis, clock, tmp_path).token()
    path = next(tmp_path.glob("token-live-*.json"))
    path.write_bytes(content)
    assert keeper(kis, clock, tmp_path).token() == "CANARYTOKEN-2"
    assert json.loads(path.read_text())["token"] == "CANARYTOKEN-2"


def test_approval_key_when_asked_then_the_secret_goes_under_its_own_name() -> None:
    kis = FakeKis().on("/oauth2/Approval", httpx.Response(200, json={"approval_key": "k-1"}))
    assert keeper(kis, Clock(), None).approval_key() == "k-1"
    body = kis.bodies("/oauth2/Approval")[0]
    assert set(body) == {"grant_type", "appkey", "secretkey"}


def test_approval_key_when_refused_then_the_error_is_typed() -> None:
    kis = FakeKis().on(
        "/oauth2/Approval", httpx.Response(403, json={"error_code": "EGW00103", "error_description": "x"})
    )
    with pytest.raises(BrokerConfigurationError):
        keeper(kis, Clock(), None).approval_key()
    kis.on("/oauth2/Approval", httpx.ConnectTimeout("x"))
    with pytest.raises(BrokerUnavailable):
        keeper(kis, Clock(), None).approval_key()


REVOKE = "/oauth2/revokeP"


def test_revoke_when_a_token_is_in_use_then_it_is_named_forgotten_and_the_next_one_is_issued(tmp_path: Path) -> None:
    kis, clock = FakeKis(), Clock()
    kis.on(REVOKE, httpx.Response(200, json={"code": 200, "message": "접근토큰 폐기에 성공하였습니다"}))
    keeping = keeper(kis, clock, tmp_path)
    old = keeping.token()
    assert keeping.revoke() is True
    assert kis.bodies(REVOKE)[0]["token"] == old
    assert keeping.revoke() is False
    clock.advance(61)
    assert keeping.token()
    assert kis.tokens_issued == 2
    assert len(kis.requests(REVOKE)) == 1


def test_failures_when_issues_fail_then_they_are_counted_until_one_does_not() -> None:
    kis, clock = FakeKis(), Clock()
    kis.on(ISSUE, httpx.Response(500, json={}), httpx.Response(500, json={}), token_reply())
    keeping = keeper(kis, clock, None)
    counts = []
    for _ in range(3):
        try:
            keeping.token()
        except BrokerUnavailable:
            clock.advance(61)
        counts.append(keeping.failures_in_row)
    assert counts == [1, 2, 0]
