"""One GET for a JSON object, with a deadline, bounded retries and a bounded size; no error text holds a key."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import httpx

from daybook.contracts.news import SourceKind
from daybook.news.errors import BadReply, SourceDown

TRIES = 3
LARGEST_REPLY_BYTES = 4_000_000
FIRST_PAUSE_S = 0.3
_SERVER_ERROR = 500

Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class JsonReply:
    """A reply: its HTTP status and its JSON object."""

    status: int
    body: dict[str, Any]


class JsonHttp:
    """GETs JSON objects of one source.

    Args:
        kind: the source, for error texts.
        base_url: ``https://host``.
        headers: sent with each request; keys belong here, not into the query, which servers write to their logs.
        timeout_s: limit of one try, connection to last byte.
        pause: waits between tries; tests pass their own.
    """

    def __init__(
        self,
        kind: SourceKind,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 10,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._kind = kind
        self._base_url = base_url.rstrip("/")
        self._headers = dict(headers or {})
        self._timeout_s = timeout_s
        self._pause = pause

    async def get(self, path: str, params: Mapping[str, str | int]) -> JsonReply:
        """Return the reply of any status below 500.

        Raises:
            SourceDown: no answer, or a status from 500, in every try.
            BadReply: a redirect, or a body that is too large or no JSON object, in every try.
        """
        async with httpx.AsyncClient(headers=self._headers, follow_redirects=False, trust_env=False) as client:
            for left in range(TRIES - 1, -1, -1):
                try:
                    return await asyncio.wait_for(self._once(client, path, params), self._timeout_s)
                except (httpx.HTTPError, TimeoutError, SourceDown, BadReply, httpx.InvalidURL) as error:
                    if not left:
                        self._give_up(error)
                await self._pause(FIRST_PAUSE_S * 2 ** (TRIES - 1 - left))
        raise AssertionError("the last try returns or raises")

    async def _once(self, client: httpx.AsyncClient, path: str, params: Mapping[str, str | int]) -> JsonReply:
        url = f"{self._base_url}{path}"
        async with client.stream("GET", url, params=dict(params), timeout=self._timeout_s) as response:
            if response.is_redirect:
                raise BadReply(self._kind, "answers with a redirect; check the base URL")
            chunks: list[bytes] = []
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > LARGEST_REPLY_BYTES:
                    raise BadReply(self._kind, f"the reply is larger than {LARGEST_REPLY_BYTES:,} bytes")
                chunks.append(chunk)
            if response.status_code >= _SERVER_ERROR:
                raise SourceDown(self._kind, f"HTTP {response.status_code}")
            return JsonReply(response.status_code, self._object(b"".join(chunks), response.status_code))

    def _object(self, content: bytes, status: int) -> dict[str, Any]:
        try:
            value = json.loads(_decoded(content), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise BadReply(self._kind, f"the reply (HTTP {status}) is no JSON") from None
        if not isinstance(value, dict):
            raise BadReply(self._kind, f"the reply (HTTP {status}) is no JSON object")
        return value

    def _give_up(self, error: Exception) -> NoReturn:
        if isinstance(error, SourceDown | BadReply):
            raise type(error)(self._kind, f"{error.message} ({TRIES} tries)") from None
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            raise SourceDown(self._kind, f"no answer within {self._timeout_s:g} s ({TRIES} tries)") from None
        raise SourceDown(self._kind, f"cannot be reached: {type(error).__name__} ({TRIES} tries)") from None


def _decoded(content: bytes) -> str:
    """Return the text of a reply: UTF-8 as JSON demands, or the older Korean encoding.

    Raises:
        ValueError: when it is neither.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp949")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
