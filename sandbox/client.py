"""The engine behind a Unix socket: each turn is one connection, one request, one answer."""

import contextlib
import socket
import time
from pathlib import Path
from typing import Any, Final

from sandbox import frames, wire
from sandbox.errors import InvalidRequest, ProtocolError, SandboxUnavailable
from sandbox.model import Advance, AdvanceRequest, Reason, Status
from sandbox.parent.requests import check_request
from sandbox.report import SandboxReport

MAX_ANSWER_BYTES: Final = 16 << 20
CONNECT_TIMEOUT_S: Final = 5.0
# A turn may wait in the server's queue before its own wall time begins.
QUEUE_TIMEOUT_S: Final = 60.0


class RemoteEngine:
    """Asks a sandbox server. The answer is checked like any message from outside."""

    name = "remote jail"

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)

    def advance(self, request: AdvanceRequest) -> Advance:
        """Run one turn on the server; a server that cannot be reached is an outcome (NO_SANDBOX), not an error.

        Raises:
            InvalidRequest: The request is not well formed.
        """
        check_request(request)
        started = time.perf_counter()
        message = {"op": "advance", "request": wire.request_to_json(request)}
        try:
            answer = self._ask(message, request.limits.wall_s + QUEUE_TIMEOUT_S)
        except SandboxUnavailable as error:
            wall_ms = round((time.perf_counter() - started) * 1000, 3)
            return Advance(
                Status.FAILED, reason=Reason.NO_SANDBOX, message=str(error), engine=self.name, wall_ms=wall_ms
            )
        if "invalid" in answer:
            raise InvalidRequest(str(answer["invalid"]))
        return wire.advance_from_json(answer.get("advance") or {})

    def probe(self) -> SandboxReport:
        """The server's own report.

        Raises:
            SandboxUnavailable: It cannot be reached.
        """
        return wire.report_from_json(
            self._ask({"op": "probe"}, CONNECT_TIMEOUT_S + QUEUE_TIMEOUT_S).get("report") or {}
        )

    def close(self) -> None:
        """Nothing is kept open between turns."""

    def _ask(self, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
            try:
                connection.settimeout(CONNECT_TIMEOUT_S)
                connection.connect(self._path)
                connection.settimeout(timeout_s)
                connection.sendall(frames.encode(message))
                body = frames.read_frame(connection.recv, MAX_ANSWER_BYTES)
            except (OSError, ProtocolError) as error:
                raise SandboxUnavailable(f"no sandbox answers on {self._path}: {error}") from error
        if body is None:
            raise SandboxUnavailable(f"the sandbox on {self._path} refused this user or is stopping")
        return frames.parse(body)
