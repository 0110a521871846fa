"""The access token of one app key: issued rarely, shared by all processes, replaced when the broker rejects it.

KIS rules: a token lives 24 h; within 6 h of an issue the same token comes back; one issue a minute (HTTP 403
EGW00133), and every issue sends the owner a message. Hence one cache file per mode and key, and a minute's distance
between issues that all processes keep.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from daybook.broker.kis.credentials import KisCredentials
from daybook.broker.kis.errors import describe, read_error
from daybook.broker.kis.files import locked, private_directory, write_private
from daybook.broker.kis.rate import RateLimiter
from daybook.broker.kis.transport import ExchangeFailed, KisTransport, Reply
from daybook.broker.kis.wire import APPROVAL, REVOKE, TOKEN, Endpoint
from daybook.broker.port import BrokerUnavailable
from daybook.contracts.base import KST, Mode

logger = logging.getLogger(__name__)

TOKEN_LIFE = timedelta(hours=24)
ISSUE_DISTANCE = timedelta(seconds=60)
_RENEW_BEFORE = timedelta(minutes=10)
_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class _Cached:
    """What the cache file holds; times are ISO 8601 with an offset."""

    token: str
    expires_at: str
    tried_at: str

    def is_usable(self, now: datetime) -> bool:
        return bool(self.token) and _time(self.expires_at) - now > _RENEW_BEFORE


_EMPTY = _Cached("", "", "")


class TokenKeeper:
    """Hands out the token of one key, and approval keys for the stream. Thread-safe and process-safe.

    ``directory`` holds the cache file (0600); None keeps the token in this process. ``now`` is real time.
    """

    def __init__(
        self,
        transport: KisTransport,
        credentials: KisCredentials,
        limiter: RateLimiter,
        directory: Path | None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        # The paper exchange is restarted at will and forgets its tokens; where it keeps the rule, it says so itself.
        self._issue_distance = timedelta(0) if credentials.mode is Mode.PAPER else ISSUE_DISTANCE
        self._transport = transport
        self._credentials = credentials
        self._limiter = limiter
        self._now = now
        self._thread_lock = threading.Lock()
        self._memory = _EMPTY
        self._failures = 0
        self._path: Path | None = None
        if directory is not None:
            name = f"token-{credentials.mode.value}-{credentials.key_digest}.json"
            self._path = private_directory(directory) / name

    def token(self, *, max_wait_s: float = 30.0) -> str:
        """Return a token that is good for at least ten minutes, issuing one if there is none.

        Raises ``BrokerConfigurationError`` (bad keys) or ``BrokerUnavailable`` (no answer, or issued too recently).
        """
        if self._memory.is_usable(self._now()):
            return self._memory.token
        with self._exclusive():
            cached = self._load()
            if not cached.is_usable(self._now()):
                cached = self._issue(cached, max_wait_s)
            self._memory = cached
            return cached.token

    def replace(self, rejected: str, *, max_wait_s: float = 30.0) -> str:
        """Return another token after the broker rejected ``rejected`` (EGW00121/122/123); issues at most once.

        Another process may have replaced it already: then its token is taken.
        """
        with self._exclusive():
            cached = self._load()
            if not cached.is_usable(self._now()) or cached.token == rejected:
                cached = self._issue(cached, max_wait_s)
            self._memory = cached
            return cached.token

    @property
    def failures_in_row(self) -> int:
        """Issues of a token that failed since the last one that did not."""
        return self._failures

    def revoke(self) -> bool:
        """Revoke the token in use and forget it; False when there was none. The next call issues another.

        Raises ``BrokerUnavailable`` (no answer: the token is forgotten all the same, and may still be good there).
        """
        with self._exclusive():
            cached = self._load()
            self._memory = _EMPTY
            if not cached.token:
                return False
            self._store(_Cached("", "", cached.tried_at))
            self._limiter.acquire()
            body = {
                "appkey": self._credentials.app_key.get_secret_value(),
                "appsecret": self._credentials.app_secret.get_secret_value(),
                "token": cached.token,
            }
            try:
                reply = self._transport.send("POST", REVOKE.path, "", body=body, timeout_s=_TIMEOUT_S)
            except ExchangeFailed as error:
                raise _no_answer(REVOKE, error) from None
            if reply.status != 200:
                raise read_error(REVOKE.name, reply)
            return True

    def approval_key(self) -> str:
        """Return a new approval key for one WebSocket connection. Raises as :meth:`token`."""
        self._limiter.acquire()
        try:
            reply = self._post(APPROVAL, "secretkey")
        except ExchangeFailed as error:
            raise _no_answer(APPROVAL, error) from None
        key = reply.text("approval_key")
        if reply.status != 200 or not key:
            raise read_error(APPROVAL.name, reply)
        return key

    def _issue(self, cached: _Cached, max_wait_s: float) -> _Cached:
        now = self._now()
        since = now - _time(cached.tried_at)
        if timedelta(0) <= since < self._issue_distance:
            wait_s = int((self._issue_distance - since).total_seconds()) + 1
            raise BrokerUnavailable(
                "a token was asked for less than a minute ago", code="EGW00133", advice=f"try again in {wait_s} s"
            )
        self._limiter.acquire(max_wait_s)
        # Written before the request, so that a crash or a refusal cannot turn into a storm of issues.
        self._store(_Cached("", "", now.isoformat()))
        try:
            reply = self._post(TOKEN, "appsecret")
        except ExchangeFailed as error:
            if not error.may_have_been_sent:
                self._store(cached)
            self._failures += 1
            raise _no_answer(TOKEN, error) from None
        token = reply.text("access_token")
        if reply.status != 200 or not token:
            self._failures += 1
            raise read_error(TOKEN.name, reply)
        self._failures = 0
        issued = _Cached(token, self._expiry(reply, now).isoformat(), now.isoformat())
        self._store(issued)
        logger.info("a new %s token was issued", self._credentials.mode.value)
        return issued

    def _expiry(self, reply: Reply, now: datetime) -> datetime:
        """Return the expiry told in KST, or derived from ``expires_in`` when that is unreadable or implausible."""
        try:
            told = datetime.strptime(reply.text("access_token_token_expired"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=KST)
        except ValueError:
            told = now
        if now < told <= now + TOKEN_LIFE + timedelta(hours=1):
            return told
        life_s = reply.text("expires_in")
        return now + (timedelta(seconds=min(int(life_s), 86400)) if life_s.isdecimal() else TOKEN_LIFE)

    def _post(self, endpoint: Endpoint, secret_name: str) -> Reply:
        body = {
            "grant_type": "client_credentials",
            "appkey": self._credentials.app_key.get_secret_value(),
            secret_name: self._credentials.app_secret.get_secret_value(),
        }
        reply = self._transport.send(endpoint.method, endpoint.path, "", body=body, timeout_s=_TIMEOUT_S)
        if reply.status != 200:
            logger.warning("%s", describe(endpoint.name, reply))
        return reply

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        with self._thread_lock:
            if self._path is None:
                yield
                return
            with locked(self._path.with_suffix(".lock")):
                yield

    def _load(self) -> _Cached:
        if self._path is None:
            return self._memory
        try:
            loaded = json.loads(self._path.read_bytes())
            cached = _Cached(**{key: str(loaded[key]) for key in ("token", "expires_at", "tried_at")})
            _strict_time(cached.tried_at)
            if cached.token:
                _strict_time(cached.expires_at)
        except (OSError, ValueError, TypeError, KeyError):
            return _EMPTY
        return cached

    def _store(self, cached: _Cached) -> None:
        if self._path is None:
            self._memory = cached
        else:
            write_private(self._path, json.dumps(asdict(cached)).encode())


def _no_answer(endpoint: Endpoint, error: ExchangeFailed) -> BrokerUnavailable:
    return BrokerUnavailable(
        f"{endpoint.name}: no answer ({error})", code="NETWORK", advice="check the network, then try again"
    )


def _strict_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a cached time has no offset")
    return moment


def _time(text: str) -> datetime:
    return _strict_time(text) if text else datetime.min.replace(tzinfo=UTC)
