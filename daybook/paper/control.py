"""Control endpoints of the desk's own tools, under ``/paper/``. They are no part of KIS.

Only callers on the loopback interface are answered, and a POST must be JSON, so no web page can send one unnoticed.

- ``GET /paper/health``                 whether the exchange runs, and what it is
- ``GET /paper/clock``                  market time and phase
- ``POST /paper/clock``                 ``{"market_time": ISO 8601 with offset, "speed": number}``: re-anchor
- ``GET /paper/orders?account=``        every order of every account the front knows (or of one)
- ``GET /paper/accounts/{account}``     cash and holdings
- ``POST /paper/faults``                replace the fault rules (a list, or a mapping with ``rules``)
- ``GET /paper/faults/fired``           how often each fault fired
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from daybook.paper.faults import FaultFileError, parse_rules
from daybook.paper.front import Front
from daybook.paper.model import Order

Endpoint = Callable[[Request], Awaitable[JSONResponse]]


class _BadRequest(Exception):
    """The caller's request cannot be used; the text says why."""


def control_routes(front: Front) -> list[Route]:
    """Return the routes of the control endpoints."""
    control = _Control(front)
    table: list[tuple[str, str, Callable[[Request, Any], dict[str, Any]]]] = [
        ("GET", "/paper/health", control.health),
        ("GET", "/paper/clock", control.clock),
        ("POST", "/paper/clock", control.set_clock),
        ("GET", "/paper/orders", control.orders),
        ("GET", "/paper/accounts/{account}", control.account),
        ("POST", "/paper/faults", control.set_faults),
        ("GET", "/paper/faults/fired", control.faults_fired),
    ]
    return [Route(path, _guarded(action), methods=[method]) for method, path, action in table]


def _guarded(action: Callable[[Request, Any], dict[str, Any]]) -> Endpoint:
    async def endpoint(request: Request) -> JSONResponse:
        if not _is_loopback(request):
            return JSONResponse({"error": "control endpoints answer on the loopback interface only"}, 403)
        data: Any = None
        if request.method == "POST":
            if "application/json" not in request.headers.get("content-type", "").lower():
                return JSONResponse({"error": "send JSON with content-type application/json"}, 415)
            try:
                data = json.loads(await request.body())
            except ValueError as error:
                return JSONResponse({"error": f"not JSON: {error}"}, 400)
        try:
            return JSONResponse(action(request, data))
        except _BadRequest as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint


def _is_loopback(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


class _Control:
    """The actions behind the endpoints."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def health(self, request: Request, data: Any) -> dict[str, Any]:
        config = self._front.config
        return {
            "status": "ok",
            "strict": config.strict,
            "ws_layout": config.ws_layout.value,
            "securities": len(self._front.engine.securities()),
            "accounts": len(self._front.accounts.known),
            **self.clock(request, data),
        }

    def clock(self, request: Request, data: Any) -> dict[str, Any]:
        engine = self._front.engine
        session = engine.session()
        return {
            "market_time": engine.now().isoformat(),
            "phase": engine.phase().value,
            "is_open_day": session.is_open,
            "opens": session.opens.isoformat() if session.opens else None,
            "closes": session.closes.isoformat() if session.closes else None,
        }

    def set_clock(self, request: Request, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise _BadRequest("send an object with market_time and speed")
        try:
            market_time = datetime.fromisoformat(str(data["market_time"]))
            speed = float(data.get("speed", 1.0))
            if market_time.tzinfo is None:
                raise ValueError("market_time needs an offset, e.g. +09:00")
            self._front.engine.set_clock(market_time, speed)
        except KeyError as error:
            raise _BadRequest("market_time is missing") from error
        except (TypeError, ValueError) as error:
            raise _BadRequest(str(error)) from error
        self._front.stream.flush()
        return self.clock(request, data)

    def orders(self, request: Request, data: Any) -> dict[str, Any]:
        engine, wanted = self._front.engine, request.query_params.get("account", "")
        if wanted and not engine.has_account(wanted):
            raise _BadRequest("no such account")
        accounts = [wanted] if wanted else list(self._front.accounts.known)
        orders = [order for account in accounts for order in engine.orders(account, date.min, date.max)]
        orders.sort(key=lambda order: (order.entered_at, order.number))
        return {"orders": [_order(order) for order in orders]}

    def account(self, request: Request, data: Any) -> dict[str, Any]:
        engine, account = self._front.engine, request.path_params["account"].replace("-", "")
        if not engine.has_account(account):
            raise _BadRequest("no such account")
        return {
            "account": account,
            "cash": asdict(engine.cash(account)),
            "holdings": [asdict(row) for row in engine.holdings(account)],
        }

    def set_faults(self, request: Request, data: Any) -> dict[str, Any]:
        try:
            self._front.faults.replace(parse_rules(data))
        except FaultFileError as error:
            raise _BadRequest(str(error)) from error
        return self._front.faults.counts()

    def faults_fired(self, request: Request, data: Any) -> dict[str, Any]:
        return self._front.faults.counts()


def _order(order: Order) -> dict[str, Any]:
    return {
        "account": order.account,
        "number": order.number,
        "branch": order.branch,
        "original_number": order.original_number,
        "is_cancel_request": order.is_cancel_request,
        "is_modify_request": order.is_modify_request,
        "symbol": order.symbol,
        "side": order.side.value,
        "order_type": order.order_type,
        "shares": order.shares,
        "price_krw": order.price_krw,
        "filled_shares": order.filled_shares,
        "filled_amount_krw": order.filled_amount_krw,
        "cancelled_shares": order.cancelled_shares,
        "rejected_shares": order.rejected_shares,
        "remaining_shares": order.remaining_shares,
        "status": order.status.value,
        "entered_at": order.entered_at.isoformat(),
    }
