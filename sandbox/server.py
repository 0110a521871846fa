"""The jail on a Unix socket: peers are checked by their user, turns are bounded, the rest waits in a queue."""

import contextlib
import os
import signal
import socket
import struct
import sys
import threading
from pathlib import Path
from typing import Any, Final

from sandbox import frames, wire
from sandbox.engine import JailEngine
from sandbox.errors import InvalidRequest, ProtocolError, SandboxError
from sandbox.model import Advance, Reason, ScriptEngine, Status
from sandbox.parent.tier import ENGINE

MAX_REQUEST_BYTES: Final = 16 << 20
READ_TIMEOUT_S: Final = 10.0
QUEUE_LENGTH: Final = 256
ACCEPT_POLL_S: Final = 0.2
_CREDENTIALS: Final = struct.Struct("3i")


def peer_uid(connection: socket.socket) -> int:
    """The user at the other end, as the kernel says."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(raw)[1])


class SandboxServer:
    """Serves an engine. ``concurrency`` turns run at a time, ``queue_length`` connections wait; more are told BUSY."""

    def __init__(
        self,
        path: Path | str,
        engine: ScriptEngine,
        *,
        allowed_uids: frozenset[int] = frozenset(),
        concurrency: int = 4,
        queue_length: int = QUEUE_LENGTH,
    ) -> None:
        """Bind the socket (a stale one is replaced).

        Args:
            path: Where the socket is made, with mode 0660.
            engine: What runs the turns; the server does not close it.
            allowed_uids: Users that are answered besides this process's own.
            concurrency: Turns at a time.
            queue_length: Connections that may wait.

        Raises:
            OSError: The socket cannot be bound.
        """
        self._path = Path(path)
        self._engine = engine
        self._allowed = allowed_uids | {os.getuid()}
        self._turns = threading.Semaphore(concurrency)
        self._places = threading.Semaphore(concurrency + queue_length)
        self._stopping = threading.Event()
        self._threads: set[threading.Thread] = set()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if self._path.is_socket():
                self._path.unlink()
            self._listener.bind(str(self._path))
            self._path.chmod(0o660)
            self._listener.listen(128)
        except OSError:
            self._listener.close()
            raise
        self._listener.settimeout(ACCEPT_POLL_S)

    def serve_forever(self) -> None:
        """Accept until ``stop``; then wait for the turns that run."""
        try:
            while not self._stopping.is_set():
                try:
                    connection, _ = self._listener.accept()
                except TimeoutError:
                    continue
                self._start(connection)
        finally:
            self._listener.close()
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()
            for thread in tuple(self._threads):
                thread.join()

    def stop(self) -> None:
        """Accept no more."""
        self._stopping.set()

    def _start(self, connection: socket.socket) -> None:
        if peer_uid(connection) not in self._allowed:
            connection.close()
            return
        has_place = self._places.acquire(blocking=False)
        thread = threading.Thread(target=self._serve, args=(connection, has_place), daemon=True)
        self._threads.add(thread)
        thread.start()

    def _serve(self, connection: socket.socket, has_place: bool) -> None:
        try:
            with contextlib.closing(connection):
                connection.settimeout(READ_TIMEOUT_S)
                body = frames.read_frame(connection.recv, MAX_REQUEST_BYTES)
                if body is not None:
                    connection.sendall(frames.encode(self._answer(frames.parse(body), has_place)))
        except (OSError, ProtocolError, ValueError):
            # The peer went away or does not speak the protocol: there is nobody to tell.
            return
        finally:
            if has_place:
                self._places.release()
            self._threads.discard(threading.current_thread())

    def _answer(self, message: dict[str, Any], has_place: bool) -> dict[str, Any]:
        match message.get("op"):
            case "probe":
                return {"report": wire.report_to_json(self._engine.probe())}
            case "advance" if not has_place:
                busy = Advance(Status.FAILED, reason=Reason.BUSY, message="the sandbox's queue is full", engine=ENGINE)
                return {"advance": wire.advance_to_json(busy)}
            case "advance":
                try:
                    request = wire.request_from_json(message.get("request") or {})
                    with self._turns:
                        return {"advance": wire.advance_to_json(self._engine.advance(request))}
                except InvalidRequest as error:
                    return {"invalid": str(error)}
        return {"invalid": "no such operation"}


def serve(
    path: Path | str,
    *,
    disable: frozenset[str] = frozenset(),
    attested: bool = False,
    allowed_uids: frozenset[int] = frozenset(),
    idle_children: int = 3,
    concurrency: int = 4,
) -> int:
    """Serve the jail until SIGTERM or SIGINT; 1 when code would be refused here."""
    with JailEngine(disable=disable, attested=attested, idle_children=idle_children) as engine:
        report = engine.probe()
        if not report.runs_code:
            print(f"sandbox: code is refused here: {report.refusal}", file=sys.stderr)
            return 1
        try:
            server = SandboxServer(path, engine, allowed_uids=allowed_uids, concurrency=concurrency)
        except (OSError, SandboxError) as error:
            print(f"sandbox: cannot serve on {path}: {error}", file=sys.stderr)
            return 1
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        print(f"sandbox: tier {report.tier}, serving on {path}", file=sys.stderr, flush=True)
        server.serve_forever()
    return 0
