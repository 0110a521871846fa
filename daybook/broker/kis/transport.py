"""HTTP to one KIS environment and to nothing else.

:class:`ModeLockedTransport` is an httpx transport that refuses any request which leaves the mode, so that even a
misused httpx client on top of it cannot. :class:`KisTransport` builds requests and reads replies; it calls the locked
transport directly, because an httpx client logs URLs, and URLs of account services carry the account number.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import httpx

from daybook.broker.kis.call_statistics import CallStatistics
from daybook.broker.kis.environments import Environment, environment
from daybook.broker.kis.mode_lock import check_call, check_header_text, check_request
from daybook.broker.port import ModeLockError
from daybook.contracts.base import Mode

_REPLY_LIMIT_BYTES = 8 * 1024 * 1024
_SHORTEST_SECRET = 4
_SERVER_ERROR = 500
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class ExchangeFailed(Exception):
    """A request got no complete reply. ``may_have_been_sent`` is False only when no byte was written."""

    def __init__(self, message: str, *, may_have_been_sent: bool) -> None:
        super().__init__(message)
        self.may_have_been_sent = may_have_been_sent


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete HTTP reply; ``body`` is None when it is not a JSON object.

    ``hidden`` are the secrets of the request, which code and message never repeat even when the broker does.
    """

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, object] | None
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def text(self, key: str) -> str:
        """Return a stripped top-level text of the body, or an empty text."""
        value = self.body.get(key) if self.body is not None else None
        return str(value).strip() if isinstance(value, str | int) else ""

    @property
    def code(self) -> str:
        """The KIS code: ``msg_cd``, or ``error_code`` of the OAuth services."""
        return self._shown(self.text("msg_cd") or self.text("error_code"))

    @property
    def message(self) -> str:
        """The KIS text that goes with the code."""
        return self._shown(self.text("msg1") or self.text("error_description"))

    def _shown(self, text: str) -> str:
        for secret in self.hidden:
            text = text.replace(secret, "***")
        return text


class ModeLockedTransport(httpx.BaseTransport):
    """An httpx transport that sends only what its environment allows. It never uses a proxy."""

    __slots__ = ("_environment", "_inner")
    _environment: Environment
    _inner: httpx.BaseTransport

    def __init__(self, bound_to: Environment, inner: httpx.BaseTransport | None = None) -> None:
        object.__setattr__(self, "_environment", bound_to)
        object.__setattr__(
            self,
            "_inner",
            inner or httpx.HTTPTransport(trust_env=False, retries=0, limits=httpx.Limits(keepalive_expiry=5.0)),
        )

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one checked request; raises ``ModeLockError`` before anything is written."""
        check_request(self._environment, request)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()


class KisTransport:
    """Requests and replies of one mode. Thread-safe; the mode is fixed for its life.

    ``base_url`` is the paper exchange's loopback address; in mock and live it may only repeat the official one.
    ``hidden`` are secrets that no error text may repeat. ``inner`` replaces the network below the lock (tests).
    """

    __slots__ = ("_environment", "_hidden", "_locked", "_statistics")
    _environment: Environment
    _hidden: tuple[str, ...]
    _locked: ModeLockedTransport
    _statistics: CallStatistics

    def __init__(
        self,
        mode: Mode,
        base_url: str | None = None,
        *,
        stream_url: str | None = None,
        hidden: tuple[str, ...] = (),
        inner: httpx.BaseTransport | None = None,
    ) -> None:
        bound_to = environment(mode, base_url=base_url, stream_url=stream_url)
        object.__setattr__(self, "_environment", bound_to)
        object.__setattr__(self, "_hidden", tuple(secret for secret in hidden if len(secret) >= _SHORTEST_SECRET))
        object.__setattr__(self, "_locked", ModeLockedTransport(bound_to, inner))
        object.__setattr__(self, "_statistics", CallStatistics())

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("the mode of a transport cannot be changed; build another one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("the mode of a transport cannot be changed; build another one")

    @property
    def mode(self) -> Mode:
        """The mode this transport is locked to."""
        return self._environment.mode

    @property
    def environment(self) -> Environment:
        """The origins this transport is locked to."""
        return self._environment

    @property
    def statistics(self) -> CallStatistics:
        """How the calls of this transport went lately."""
        return self._statistics

    def send(
        self,
        method: str,
        path: str,
        tr_id: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 8.0,
    ) -> Reply:
        """Send one request and return its reply, whatever its status.

        ``tr_id`` is empty for OAuth calls. Raises ``ModeLockError`` (nothing sent) or ``ExchangeFailed``.
        """
        check_call(self.mode, method, path, tr_id)
        request = self._request(method, path, tr_id, query or {}, body, headers or {}, timeout_s)
        deadline = time.monotonic() + 2 * timeout_s
        began = self._statistics.now()
        try:
            response = self._locked.handle_request(request)
            try:
                content = _read(response, deadline)
            finally:
                response.close()
        except _NEVER_SENT as error:
            self._statistics.failed()
            raise ExchangeFailed(type(error).__name__, may_have_been_sent=False) from None
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            self._statistics.failed()
            raise ExchangeFailed(type(error).__name__, may_have_been_sent=True) from None
        token = (headers or {}).get("authorization", "").removeprefix("Bearer ")
        hidden = (*self._hidden, token) if len(token) >= _SHORTEST_SECRET else self._hidden
        reply = Reply(response.status_code, dict(response.headers), _json_object(content), hidden)
        # KIS answers business refusals, and its rate limit, with status 500 and a code: those are usable replies.
        if reply.body is None or (reply.status >= _SERVER_ERROR and not reply.code):
            self._statistics.failed()
        else:
            self._statistics.answered(began)
        return reply

    def close(self) -> None:
        """Close all connections."""
        self._locked.close()

    def _request(
        self,
        method: str,
        path: str,
        tr_id: str,
        query: Mapping[str, str],
        body: Mapping[str, str] | None,
        headers: Mapping[str, str],
        timeout_s: float,
    ) -> httpx.Request:
        for name, value in headers.items():
            check_header_text(name, value)
        for value in (*query.values(), *(body or {}).values()):
            if not isinstance(value, str) or any(character < " " or character == "\x7f" for character in value):
                raise ModeLockError("request values are texts without control characters", code="VALUE")
        sent_headers = {**headers, "content-type": "application/json; charset=utf-8"}
        if tr_id:
            sent_headers["tr_id"] = tr_id
        # A slot, a connection and the writing of the request together take at most ``timeout_s``.
        timeout = httpx.Timeout(timeout_s, pool=0.2 * timeout_s, connect=0.4 * timeout_s, write=0.4 * timeout_s)
        return httpx.Request(
            method,
            self._environment.rest.url + path,
            params=dict(query) or None,
            headers=sent_headers,
            content=None if body is None else json.dumps(dict(body), ensure_ascii=False).encode(),
            extensions={"timeout": timeout.as_dict()},
        )


def _read(response: httpx.Response, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > _REPLY_LIMIT_BYTES or time.monotonic() > deadline:
            raise httpx.ReadError("the reply is too large or too slow")
        parts.append(part)
    return b"".join(parts)


def _json_object(content: bytes) -> Mapping[str, object] | None:
    try:
        loaded = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None
