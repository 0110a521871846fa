"""A scripted KIS below the mode lock: it records requests and answers from a table, without any network."""

import json
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from daybook.broker.kis.client import KisBroker
from daybook.broker.kis.credentials import KisCredentials
from daybook.broker.kis.gateway import KisGateway
from daybook.broker.kis.rate import RateLimiter, RatePolicy
from daybook.broker.kis.tokens import TokenKeeper
from daybook.broker.kis.transport import KisTransport
from daybook.contracts.base import Mode

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]

SECRETS = {
    "app_key": "CANARYKEY" + "k" * 27,
    "app_secret": "CANARYSECRET" + "s" * 168,
    "account_number": "87654321",
    "hts_id": "canaryhts",
}


def credentials(mode: Mode = Mode.LIVE) -> KisCredentials:
    return KisCredentials(
        mode=mode,
        app_key=SecretStr(SECRETS["app_key"]),
        app_secret=SecretStr(SECRETS["app_secret"]),
        account_number=SecretStr(SECRETS["account_number"]),
        product_code=SecretStr("01"),
        hts_id=SecretStr(SECRETS["hts_id"]),
    )


def base_url(mode: Mode) -> str | None:
    return "http://127.0.0.1:29443" if mode is Mode.PAPER else None


def ok(*, tr_cont: str | None = "", **blocks: Any) -> httpx.Response:
    body = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다.".ljust(80), **blocks}
    return httpx.Response(200, json=body, headers={} if tr_cont is None else {"tr_cont": tr_cont})


def refused(code: str, message: str = "거절", *, status: int = 200, rt_cd: str = "1") -> httpx.Response:
    return httpx.Response(status, json={"rt_cd": rt_cd, "msg_cd": code, "msg1": message})


def token_reply(number: int = 1) -> httpx.Response:
    return httpx.Response(
        200,
        json={
            "access_token": f"CANARYTOKEN-{number}",
            "access_token_token_expired": "",
            "token_type": "Bearer",
            "expires_in": 86400,
        },
    )


class FakeKis(httpx.BaseTransport):
    """Answers by transaction id (or path for OAuth); the last answer of a list repeats."""

    def __init__(self) -> None:
        self.answers: dict[str, deque[Answer]] = defaultdict(deque)
        self.sent: list[httpx.Request] = []
        self.tokens_issued = 0

    def on(self, key: str, *answers: Answer) -> "FakeKis":
        self.answers[key] = deque(answers)
        return self

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        key = request.headers.get("tr_id") or request.url.path
        if key == "/oauth2/tokenP" and key not in self.answers:
            self.tokens_issued += 1
            return token_reply(self.tokens_issued)
        if not self.answers[key]:
            raise AssertionError(f"no answer is scripted for {key}")
        answer = self.answers[key].popleft() if len(self.answers[key]) > 1 else self.answers[key][0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else copy_of(answer)

    def requests(self, key: str) -> list[httpx.Request]:
        return [request for request in self.sent if (request.headers.get("tr_id") or request.url.path) == key]

    def bodies(self, key: str) -> list[dict[str, str]]:
        return [json.loads(request.read()) for request in self.requests(key)]


def copy_of(answer: httpx.Response) -> httpx.Response:
    return httpx.Response(answer.status_code, content=answer.content, headers=dict(answer.headers))


class Clock:
    """A settable real time."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Rig:
    """A broker on a scripted KIS; waits are recorded instead of slept."""

    def __init__(self, mode: Mode = Mode.LIVE) -> None:
        self.kis = FakeKis()
        self.clock = Clock()
        self.slept_s: list[float] = []
        self.credentials = credentials(mode)
        self.transport = KisTransport(mode, base_url(mode), hidden=self.credentials.secrets(), inner=self.kis)
        self.limiter = RateLimiter(lambda: RatePolicy(100_000, 0.001))
        self.tokens = TokenKeeper(self.transport, self.credentials, self.limiter, None, now=self.clock)
        self.gateway = KisGateway(
            self.transport,
            self.credentials,
            self.tokens,
            self.limiter,
            sleep=self.slept_s.append,
            jitter=lambda: 0.5,
        )
        self.broker = KisBroker(self.transport, self.credentials, self.tokens, self.gateway, self.clock)
