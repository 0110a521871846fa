"""The gateway: checks a request, finds its service, and sends the reply with KIS headers, faults included."""

import asyncio
import hashlib
import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from daybook.paper.envelope import Reply, refusal_reply
from daybook.paper.environment import Environment
from daybook.paper.errors import FrontError, gateway, oauth
from daybook.paper.fault_effects import altered
from daybook.paper.faults import CALL_FAULTS, FaultKind, FaultRule
from daybook.paper.front import Front
from daybook.paper.kis_call import KisCall
from daybook.paper.routes import find_service, services_at
from daybook.paper.transports import drop, reset

_LOG = logging.getLogger("daybook.paper")

EARLY_NOTICE_S = 0.3
SLOW_S = 5.0

_OAUTH_NAMES = {
    "/oauth2/tokenP": "token",
    "/oauth2/revokeP": "revoke",
    "/oauth2/Approval": "approval",
    "/uapi/hashkey": "hashkey",
}
_REFUSING_FAULTS = {FaultKind.EGW00201: "EGW00201", FaultKind.EGW00215: "EGW00215"}


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A request as read from the wire, before any check."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: dict[str, str]
    body: bytes

    @property
    def tr_id(self) -> str:
        return self.headers.get("tr_id", "").strip()


class Gateway:
    """The ASGI application of one listener's KIS services."""

    def __init__(self, front: Front, listener: Environment) -> None:
        self._front = front
        self._listener = listener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = Request(scope, receive)
        incoming = _Incoming(
            method=request.method,
            path="/" + "/".join(part for part in scope["path"].split("/") if part),
            headers=request.headers,
            query={key.upper(): value for key, value in request.query_params.items()},
            body=await request.body(),
        )
        if not incoming.path.startswith(("/uapi/", "/oauth2/")):
            await Response("Not Found", 404, media_type="text/plain")(scope, receive, send)
            return
        rules = {
            rule.fault: rule
            for rule in self._front.faults.take(
                CALL_FAULTS, incoming.tr_id, incoming.path, _names(incoming, self._listener)
            )
        }
        if FaultKind.RESET in rules:
            await reset(scope)
            return
        early = self._unprocessed(rules)
        if early is not None:
            await early(scope, receive, send)
            return
        slow = rules.get(FaultKind.SLOW)
        if slow is not None and slow.before:
            await asyncio.sleep(slow.seconds_or(SLOW_S))
        with self._front.stream.holding() as notices:
            reply = self._answer(incoming, rules)
        delayed = slow is not None and not slow.before
        if delayed or FaultKind.EARLY_NOTICE in rules or FaultKind.ACCEPT_THEN_DROP in rules:
            self._front.stream.release(notices)
        if FaultKind.EARLY_NOTICE in rules:
            await asyncio.sleep(rules[FaultKind.EARLY_NOTICE].seconds_or(EARLY_NOTICE_S))
        if slow is not None and delayed:
            await asyncio.sleep(slow.seconds_or(SLOW_S))
        try:
            if FaultKind.ACCEPT_THEN_DROP in rules:
                await drop(scope)
            else:
                await self._response(incoming, reply, rules)(scope, receive, send)
        finally:
            self._front.stream.release(notices)
            self._front.stream.flush()

    def _unprocessed(self, rules: Mapping[FaultKind, FaultRule]) -> Response | None:
        """Return the answer of a fault that stops a call before it is processed."""
        if FaultKind.EGW00123 in rules:
            self._front.tokens.expire_all()
            return _json_response(refusal_reply(gateway("EGW00123")))
        for kind, code in _REFUSING_FAULTS.items():
            if kind in rules:
                return _json_response(refusal_reply(gateway(code)))
        if FaultKind.HTML_502 in rules:
            return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, media_type="text/html")
        if FaultKind.BLANK_ENVELOPE in rules:
            return _json_response(Reply({"rt_cd": "1", "msg_cd": "", "msg1": ""}))
        return None

    def _answer(self, incoming: _Incoming, rules: Mapping[FaultKind, FaultRule]) -> Reply:
        try:
            if incoming.path in _OAUTH_NAMES:
                return self._answer_oauth(incoming)
            return self._answer_service(incoming, rules)
        except FrontError as error:
            return refusal_reply(error)
        except Exception:  # noqa: BLE001
            _LOG.exception("%s %s failed", incoming.method, incoming.path)
            return refusal_reply(gateway("EGW00202"))

    def _answer_oauth(self, incoming: _Incoming) -> Reply:
        if incoming.method != "POST":
            raise gateway("EGW00202")
        request = _json_object(incoming.body)
        tokens = self._front.tokens
        if incoming.path == "/oauth2/tokenP":
            return Reply(tokens.issue(request, self._listener))
        if incoming.path == "/oauth2/revokeP":
            return Reply(tokens.revoke(request))
        if incoming.path == "/oauth2/Approval":
            return Reply(tokens.approve(request))
        if not incoming.headers.get("appkey"):
            raise oauth("EGW00103")
        return Reply({"BODY": request, "HASH": hash_of(request)})

    def _answer_service(self, incoming: _Incoming, rules: Mapping[FaultKind, FaultRule]) -> Reply:
        front, headers = self._front, incoming.headers
        app_key = headers.get("appkey", "").strip()
        if not app_key:
            raise gateway("EGW00206")
        if headers.get("custtype", "P").strip() not in {"", "P", "B"}:
            raise gateway("EGW00208")
        front.tokens.check(headers.get("authorization", ""), app_key, self._listener)
        if not front.limiters[self._listener].admit(app_key):
            raise gateway("EGW00201")
        strict = front.config.strict
        service = find_service(incoming.method, incoming.path, incoming.tr_id, self._listener, strict=strict)
        if incoming.tr_id in service.legacy:
            _LOG.debug("legacy tr_id %s", incoming.tr_id)
        call = KisCall(
            environment=front.environment_of(incoming.tr_id, self._listener),
            tr_id=incoming.tr_id,
            params=_order_body(incoming, strict=strict) if incoming.method == "POST" else incoming.query,
            continues=headers.get("tr_cont", "").strip().upper() == "N",
            app_key=app_key,
        )
        reply = service.handler(front, call)
        account = call.text("CANO") + call.text("ACNT_PRDT_CD")
        for rule in rules.values():
            reply = altered(front, rule, reply, call.environment, account)
        return reply

    def _response(self, incoming: _Incoming, reply: Reply, rules: Mapping[FaultKind, FaultRule]) -> Response:
        if FaultKind.HTTP_500_AFTER_ACCEPT in rules:
            return Response("Internal Server Error", 500, media_type="text/plain")
        if FaultKind.EGW00301_AFTER_ACCEPT in rules:
            reply = refusal_reply(gateway("EGW00301"))
        headers = {
            "tr_id": incoming.tr_id,
            "tr_cont": reply.tr_cont,
            "gt_uid": incoming.headers.get("gt_uid", "") or uuid.uuid4().hex,
        }
        if incoming.path in _OAUTH_NAMES:
            headers = {}
        return _json_response(reply, headers, truncated=FaultKind.TRUNCATED_JSON in rules)


def hash_of(body: Mapping[str, Any]) -> str:
    """Return the hash of an order body, independent of key order and spacing."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _json_response(reply: Reply, headers: Mapping[str, str] | None = None, *, truncated: bool = False) -> Response:
    content = json.dumps(reply.body, ensure_ascii=False).encode()
    if truncated:
        content = content[: len(content) // 2]
    all_headers = {"content-type": "application/json;charset=utf-8", "tr_cont": reply.tr_cont, **(headers or {})}
    return Response(content, reply.status, all_headers)


def _json_object(body: bytes) -> dict[str, object]:
    try:
        data = json.loads(body)
    except ValueError as error:
        raise gateway("EGW00202") from error
    if not isinstance(data, dict):
        raise gateway("EGW00202")
    return data


def _order_body(incoming: _Incoming, *, strict: bool) -> dict[str, str]:
    """Return the body of an order: JSON with upper-case keys and string values; others are refused."""
    if "application/json" not in incoming.headers.get("content-type", "").lower():
        raise gateway("EGW00132")
    data = _json_object(incoming.body)
    hashkey = incoming.headers.get("hashkey", "").strip()
    if strict and hashkey and hashkey != hash_of(data):
        raise gateway("EGW00131")
    body: dict[str, str] = {}
    for key, value in data.items():
        if not isinstance(value, str):
            raise gateway("EGW00203")
        body[key] = value
    return body


def _names(incoming: _Incoming, listener: Environment) -> frozenset[str]:
    """Return what fault rules call a request."""
    if incoming.path in _OAUTH_NAMES:
        return frozenset({_OAUTH_NAMES[incoming.path]})
    services = services_at(incoming.path)
    chosen = [service for service in services if incoming.tr_id in service.real_ids | service.mock_ids] or services[:1]
    names = chosen[0].names if chosen else frozenset()
    if incoming.path.endswith("/order-rvsecncl"):
        names |= {"modify" if _is_modify(incoming.body) else "cancel"}
    return names | {listener.value}


def _is_modify(body: bytes) -> bool:
    try:
        data = json.loads(body)
    except ValueError:
        return False
    return isinstance(data, dict) and data.get("RVSE_CNCL_DVSN_CD") == "01"
