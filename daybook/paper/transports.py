"""uvicorn protocols that lend the application their transport, so that injected faults can cut a connection."""

import asyncio
import socket
import struct
from asyncio.transports import BaseTransport, Transport
from collections.abc import MutableMapping
from typing import Any, cast

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TRANSPORT_KEY = "daybook.transport"


class LendingH11Protocol(H11Protocol):
    """HTTP/1.1 with the transport in the ASGI scope. h11 keeps the case of header names."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Start a connection."""
        super().connection_made(transport)
        self.app = _lending(self.app, transport)


class LendingWebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket with the transport in the ASGI scope."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Start a connection."""
        super().connection_made(transport)
        self.app = _lending(self.app, cast(Transport, transport))


def _lending(app: Any, transport: Transport) -> Any:
    async def run(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        scope[TRANSPORT_KEY] = transport
        await app(scope, receive, send)

    return run


async def drop(scope: MutableMapping[str, Any]) -> None:
    """Close the connection of a scope without a reply."""
    await _cut(scope, reset=False)


async def reset(scope: MutableMapping[str, Any]) -> None:
    """Reset the connection of a scope: the peer sees a TCP RST."""
    await _cut(scope, reset=True)


async def _cut(scope: MutableMapping[str, Any], *, reset: bool) -> None:
    transport: Transport | None = scope.get(TRANSPORT_KEY)
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if reset and raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await asyncio.sleep(0.01)  # until the server has noticed; it would otherwise answer with its own HTTP 500
