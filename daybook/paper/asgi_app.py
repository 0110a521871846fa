"""The ASGI application of one listener: control endpoints, WebSocket on any path, and KIS on every other path."""

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from daybook.paper.control import control_routes
from daybook.paper.environment import Environment
from daybook.paper.front import Front
from daybook.paper.gateway import Gateway
from daybook.paper.headers import KisHeaderCase


def build_app(front: Front, listener: Environment) -> ASGIApp:
    """Return the application that plays an environment on top of a front."""

    async def stream(websocket: WebSocket) -> None:
        await front.stream.serve(websocket, listener)

    routes: list[BaseRoute] = [
        *(control_routes(front) if front.config.control else ()),
        WebSocketRoute("/{path:path}", stream),
        Route("/{path:path}", Gateway(front, listener)),
    ]
    return KisHeaderCase(Starlette(routes=routes))
