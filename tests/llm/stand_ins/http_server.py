"""A small HTTP/1.1 server on a loopback port, in a thread of its own.

It is hand-made because it has to do what servers do not: reset a connection, never answer, and send half a body.
"""

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from tests.llm.stand_ins.wire import HttpRequest

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Hang(Exception):
    """Never answer this request."""


class Reset(Exception):
    """Reset the connection in place of an answer."""


Handler = Callable[[HttpRequest], Awaitable[tuple[int, dict[str, str], bytes]]]


class HttpServer:
    """Serves one handler until it is closed."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self.port = 0
        self._thread = threading.Thread(target=self._run, name="stand-in", daemon=True)
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the stand-in did not start")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await server.wait_closed()

    def close(self) -> None:
        """Stop serving, drop open connections, end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(10)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while (request := await self._read(reader)) is not None:
                status, headers, body = await self._handler(request)
                lines = [f"HTTP/1.1 {status} stand-in", f"content-length: {len(body)}"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
                await writer.drain()
        except Hang:
            await self._stop.wait()
        except Reset:
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            writer.transport.abort()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            self._open.discard(task)
            writer.close()

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> HttpRequest | None:
        head = await reader.readline()
        if not head:
            return None
        method, path, _version = head.decode("latin-1").split(" ", 2)
        headers: dict[str, str] = {}
        while (line := (await reader.readline()).decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        raw = await reader.readexactly(int(headers.get("content-length", "0")))
        body: Any = json.loads(raw) if raw else {}
        return HttpRequest(method, path.partition("?")[0], headers, body)
