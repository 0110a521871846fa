"""The outermost layer of the API: request ids, authentication, body limits, security headers, one log line.

It works before any parsing, so that an unknown caller reaches nothing but a 401.
"""

import asyncio
import logging
import re
import time
import uuid
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import ApiProblem, problem_response
from api.security import Caller, CallerBook

MAX_BODY_BYTES = 64 * 1024
BODY_TIMEOUT_S = 10.0
PROTECTED = "/v1"

_log = logging.getLogger("daybook.api")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_JSON = re.compile(r"application/json\s*(;\s*charset=\"?utf-8\"?\s*)?", re.IGNORECASE)


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, callers: CallerBook) -> None:
        self._app = app
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Exchange(self._app, self._callers, scope, receive, send).serve()


class _Exchange:
    """One request and its response."""

    def __init__(self, app: ASGIApp, callers: CallerBook, scope: Scope, receive: Receive, send: Send) -> None:
        self._app = app
        self._callers = callers
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = Headers(scope=scope)
        given = self._headers.get("x-request-id", "")
        self._request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        self._caller: Caller | None = None
        self._status = 0

    async def serve(self) -> None:
        started_s = time.monotonic()
        state: dict[str, Any] = self._scope.setdefault("state", {})
        state["request_id"] = self._request_id
        try:
            path: str = self._scope["path"]
            if path == PROTECTED or path.startswith(f"{PROTECTED}/"):
                self._caller = self._callers.authenticate(self._headers.get("authorization"))
                state["caller"] = self._caller
            body = await self._read_body()
            await self._app(self._scope, _replay(body, self._receive), self._answer)
        except ApiProblem as error:
            await self._refuse(error.status, error.code, error.message, error.headers)
        except Exception:  # noqa: BLE001 - whatever it is, the caller gets one line and no traceback
            _log.exception("request=%s failed", self._request_id)
            await self._refuse(500, "internal", "something went wrong here; the log has it under this request id", {})
        finally:
            self._write_log(started_s)

    async def _read_body(self) -> bytes:
        """Return the whole body, at most ``MAX_BODY_BYTES`` of JSON.

        Raises:
            ApiProblem: 408, 413 or 415.
        """
        length = self._headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 12 or int(length) > MAX_BODY_BYTES):
            raise _too_large()
        try:
            body = await asyncio.wait_for(self._receive_body(), BODY_TIMEOUT_S)
        except TimeoutError:
            raise ApiProblem(408, "too_slow", "the body did not arrive in time", {"Connection": "close"}) from None
        if body and not _JSON.fullmatch(self._headers.get("content-type", "").strip()):
            raise ApiProblem(415, "content_type", "send the body as application/json in UTF-8")
        return body

    async def _receive_body(self) -> bytes:
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ApiProblem(400, "disconnected", "the connection was closed before the body had arrived")
            body += message.get("body", b"")
            if len(body) > MAX_BODY_BYTES:
                raise _too_large()
            if not message.get("more_body", False):
                return bytes(body)

    async def _answer(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _SECURITY_HEADERS.items():
                headers[name] = value
            headers["X-Request-Id"] = self._request_id
        await self._send(message)

    async def _refuse(self, status: int, code: str, message: str, headers: dict[str, str]) -> None:
        if self._status:
            return
        response = problem_response(status, code, message, self._request_id, headers)
        await response(self._scope, self._receive, self._answer)

    def _write_log(self, started_s: float) -> None:
        _log.info(
            "%s %s -> %d in %.0f ms caller=%s request=%s",
            self._scope["method"],
            quote(self._scope["path"][:200]),
            self._status,
            (time.monotonic() - started_s) * 1000,
            self._caller.name if self._caller else "-",
            self._request_id,
        )


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a receive that gives the body once and then waits for the disconnect."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _too_large() -> ApiProblem:
    return ApiProblem(413, "too_large", f"a body has at most {MAX_BODY_BYTES // 1024} kB", {"Connection": "close"})
