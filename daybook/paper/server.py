"""The server: listeners for both environments on one engine, and the loop that lets market time pass.

Everything runs in one event loop, so the engine needs no locks. Each listener is a uvicorn server on h11, which
keeps the case of header names; port 0 takes a free port.
"""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import uvicorn

from daybook.paper.asgi_app import build_app
from daybook.paper.environment import Environment
from daybook.paper.front import Front
from daybook.paper.transports import LendingH11Protocol, LendingWebSocketProtocol

_LOG = logging.getLogger("daybook.paper")

ADVANCE_INTERVAL_S = 0.03
FAILED_ADVANCE_PAUSE_S = 1.0
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where to listen. Ports None are not opened; ``ws_port`` is one more door to the mock listener."""

    host: str = "127.0.0.1"
    mock_port: int = 0
    real_port: int | None = None
    ws_port: int | None = None


class _Listener(uvicorn.Server):
    """A uvicorn server that leaves signals to its owner."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class PaperServer:
    """Serves a front until it is stopped."""

    def __init__(self, front: Front, addresses: Addresses | None = None) -> None:
        self._front = front
        self._addresses = addresses or Addresses()
        self._listeners: list[tuple[_Listener, asyncio.Task[None]]] = []
        self._clockwork: asyncio.Task[None] | None = None
        self.mock_url = ""
        self.real_url = ""
        self.ws_url = ""

    async def start(self) -> None:
        """Open the ports and begin to serve; raises ``OSError`` for a port that cannot be had."""
        addresses = self._addresses
        sockets = [_bound(addresses.host, addresses.mock_port)]
        try:
            for port in (addresses.real_port, addresses.ws_port):
                if port is not None:
                    sockets.append(_bound(addresses.host, port))
        except OSError:
            for opened in sockets:
                opened.close()
            raise
        mock, *others = sockets
        self.mock_url = await self._listen(mock, Environment.MOCK)
        self.ws_url = self.mock_url.replace("http", "ws", 1)
        if addresses.real_port is not None:
            self.real_url = await self._listen(others.pop(0), Environment.REAL)
        if addresses.ws_port is not None:
            self.ws_url = (await self._listen(others.pop(0), Environment.MOCK)).replace("http", "ws", 1)
        self._clockwork = asyncio.create_task(self._advance())

    async def stop(self) -> None:
        """Close every connection and port."""
        if self._clockwork is not None:
            self._clockwork.cancel()
            with suppress(asyncio.CancelledError):
                await self._clockwork
        for listener, _ in self._listeners:
            listener.should_exit = True
        for listener, task in self._listeners:
            done, _ = await asyncio.wait({task}, timeout=STOP_TIMEOUT_S)
            if not done:
                listener.force_exit = True
                await asyncio.wait({task}, timeout=STOP_TIMEOUT_S)
        self._listeners.clear()

    async def _listen(self, opened: socket.socket, environment: Environment) -> str:
        config = uvicorn.Config(
            build_app(self._front, environment),
            http=LendingH11Protocol,
            ws=LendingWebSocketProtocol,
            ws_per_message_deflate=False,
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        listener = _Listener(config)
        task = asyncio.create_task(listener.serve(sockets=[opened]))
        self._listeners.append((listener, task))
        async with asyncio.timeout(START_TIMEOUT_S):
            while not listener.started and not task.done():  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        if task.done():
            task.result()
        host, port = opened.getsockname()[:2]
        return f"http://{host}:{port}"

    async def _advance(self) -> None:
        """Let market time pass; a failure is logged and tried again, as an exchange must not stop silently."""
        while True:
            try:
                self._front.engine.advance()
                self._front.stream.flush()
            except Exception:  # noqa: BLE001
                _LOG.exception("the exchange failed to advance")
                await asyncio.sleep(FAILED_ADVANCE_PAUSE_S)
            await asyncio.sleep(ADVANCE_INTERVAL_S)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise OSError(error.errno, error.strerror, f"{host}:{port}") from error
    opened.set_inheritable(False)
    return opened
