"""How a turn ends: one frame on the reply pipe, and the process is gone before the script can object."""

import os
import sys
import time
from typing import Any, NoReturn

from sandbox.frames import encode, write_all

REPLY_FD = 4
MAX_MESSAGE = 4_000
_process_time = time.process_time


class Stop:
    """Sends the turn's only frame. The streams are the ones of the start, whatever the script put in their place."""

    def __init__(self, reply_fd: int = REPLY_FD) -> None:
        self._reply_fd = reply_fd
        self._streams = (sys.stdout, sys.stderr)
        self._exit = os._exit

    def done(self, result: Any, used: int) -> NoReturn:
        """The script ended; ``used`` is how many journal entries it took."""
        self._send({"t": "done", "result": result, "used": used})

    def pending(self, calls: list[dict[str, Any]]) -> NoReturn:
        """The script waits for these calls."""
        self._send({"t": "pending", "calls": calls})

    def failed(self, reason: str, message: str, line: int | None = None) -> NoReturn:
        """The turn failed."""
        text = message[:MAX_MESSAGE].replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")
        self._send({"t": "failed", "reason": reason, "message": text, "line": line})

    def _send(self, frame: dict[str, Any]) -> NoReturn:
        for stream in self._streams:
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        frame["cpu_ms"] = int(_process_time() * 1000)
        write_all(self._reply_fd, encode(frame))
        self._exit(0)
        raise SystemExit
