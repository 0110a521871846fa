"""One WebSocket connection: its registrations, its outgoing queue, its writer."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from daybook.paper.environment import Environment
from daybook.paper.layouts import Layout
from daybook.paper.notices import StreamCipher
from daybook.paper.transports import drop

MAX_REGISTRATIONS = 41
MAX_QUEUED_FRAMES = 20_000
"""A client that falls this far behind is disconnected."""


@dataclass(eq=False)
class StreamSession:
    """A connection and what it subscribed to. ``app_key`` is None until an approval key was accepted."""

    websocket: WebSocket
    environment: Environment
    layout: Layout
    may_send: Callable[[str], bool]
    app_key: str | None = None
    registrations: dict[tuple[str, str], None] = field(default_factory=dict)
    ciphers: dict[str, StreamCipher] = field(default_factory=dict)
    _queue: asyncio.Queue[tuple[str, str]] = field(default_factory=asyncio.Queue)
    _is_cut: bool = False

    def cipher_of(self, tr_id: str) -> StreamCipher:
        """Return the cipher of a TR on this connection; each TR has its own."""
        if tr_id not in self.ciphers:
            self.ciphers[tr_id] = StreamCipher.generate()
        return self.ciphers[tr_id]

    def keys_of(self, tr_id: str) -> list[str]:
        """Return the keys registered for a TR."""
        return [key for registered, key in self.registrations if registered == tr_id]

    def send(self, tr_id: str, text: str) -> None:
        """Queue a frame; never blocks."""
        if self._queue.qsize() < MAX_QUEUED_FRAMES:
            self._queue.put_nowait((tr_id, text))
        else:
            self._is_cut = True

    async def write(self) -> None:
        """Send queued frames until the connection ends or a fault cuts it."""
        while True:
            tr_id, text = await self._queue.get()
            if self._is_cut or not self.may_send(tr_id):
                await drop(self.websocket.scope)
                return
            try:
                await self.websocket.send_text(text)
            except (WebSocketDisconnect, RuntimeError):
                return
