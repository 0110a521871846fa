"""GET over HTTP with a bounded number of retries, a size limit, and errors that name a host but never a key."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from daybook.filings.errors import FilingCode, FilingUnavailable, FilingUnreadable
from daybook.filings.pace import Pace

LARGEST_REPLY_BYTES = 64 * 1024 * 1024
"""Unpacked. EDGAR's largest company facts are about 10 MB, DART's company table about 4 MB packed."""

_RETRIED_STATUS = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer: any status below 500."""

    status: int
    content: bytes
    content_type: str

    @property
    def is_html(self) -> bool:
        """Whether the answer is a page for people, which no API of this room sends."""
        beginning = self.content[:200].lstrip().lower()
        return "html" in self.content_type.lower() or beginning.startswith((b"<!doc", b"<html"))

    def text(self) -> str:
        """Return the beginning of the content as text, for looking at; never shown."""
        return self.content[:20_000].decode("utf-8", errors="replace")

    def json_object(self, source: str) -> dict[str, Any]:
        """Return the content as a JSON object; raises ``FilingUnreadable`` for anything else."""
        try:
            value = json.loads(self.content)
        except ValueError:
            raise FilingUnreadable(FilingCode.UNREADABLE, f"{source} sent something that is not JSON") from None
        if not isinstance(value, dict):
            raise FilingUnreadable(FilingCode.UNREADABLE, f"{source} sent JSON that is not an object")
        return value


class FilingHttp:
    """One source's HTTP: ``source`` is its name in errors, ``pace`` its limit, ``attempts`` the most tries of a GET.

    Only network failures and 500, 502, 503, 504 are tried again. The client follows no redirect.
    """

    def __init__(
        self,
        source: str,
        client: httpx.AsyncClient,
        pace: Pace,
        *,
        attempts: int = 3,
        backoff_s: float = 0.5,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source = source
        self._client = client
        self._pace = pace
        self._attempts = attempts
        self._backoff_s = backoff_s
        self._sleep = sleep

    async def get(self, url: str, query: Mapping[str, str] | None = None) -> Reply:
        """Return the answer to a GET.

        Raises:
            FilingUnavailable: ``UNREACHABLE`` or ``SERVER_ERROR`` after the last attempt.
            FilingUnreadable: for an answer larger than ``LARGEST_REPLY_BYTES``.
        """
        problem = FilingUnavailable(FilingCode.UNREACHABLE, f"{self._source} cannot be reached")
        for attempt in range(self._attempts):
            if attempt:
                await self._sleep(self._backoff_s * 2 ** (attempt - 1))
            await self._pace.wait()
            try:
                reply = await self._once(url, query)
            except httpx.HTTPError as error:
                # The type alone: the text of some of them holds the address.
                text = f"{self._source} cannot be reached ({type(error).__name__})"
                problem = FilingUnavailable(FilingCode.UNREACHABLE, text)
                continue
            if reply.status not in _RETRIED_STATUS:
                return reply
            problem = FilingUnavailable(FilingCode.SERVER_ERROR, f"{self._source} answered HTTP {reply.status}")
        raise problem

    async def _once(self, url: str, query: Mapping[str, str] | None) -> Reply:
        async with self._client.stream("GET", url, params=query) as response:
            parts: list[bytes] = []
            size = 0
            async for part in response.aiter_bytes():
                size += len(part)
                if size > LARGEST_REPLY_BYTES:
                    raise FilingUnreadable(FilingCode.UNREADABLE, f"{self._source} sent more than can be read")
                parts.append(part)
            return Reply(response.status_code, b"".join(parts), response.headers.get("content-type", ""))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class KeyedTransport(httpx.AsyncBaseTransport):
    """Adds a secret query parameter on the wire only.

    Requests, replies, errors and logs of the client above it show the address without the key.
    """

    def __init__(self, name: str, secret: str, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self._name = name
        self._secret = secret
        self._inner = inner or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a copy of the request that carries the key."""
        keyed = httpx.Request(
            request.method,
            request.url.copy_merge_params({self._name: self._secret}),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._inner.handle_async_request(keyed)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    def __repr__(self) -> str:
        return f"KeyedTransport({self._name})"
