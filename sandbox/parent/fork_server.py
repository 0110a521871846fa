"""The parent's hold on one fork server process: start it, ask it for children, end it."""

import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.errors import SandboxUnavailable

START_TIMEOUT_S: Final = 60.0
SEND_TIMEOUT_S: Final = 5.0
MAX_READY_BYTES: Final = 262_144
ENVIRONMENT: Final = {
    "PATH": "/nonexistent",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
# -I would ignore the hash seed; -s and -P with an environment of constants leave nothing to inject either.
FLAGS: Final = ("-s", "-P", "-B")
PROGRAM: Final = (
    "import sys; root = sys.argv[1]; sys.path.insert(0, root); "
    "from sandbox.zygote.main import main; sys.path.remove(root); main(int(sys.argv[2]), sys.argv[3])"
)


@dataclass
class Child:
    """The parent's ends of one jailed child's pipes. A child serves one turn and is never used again."""

    number: int
    server: "ForkServerProcess"
    request: int
    reply: int
    output: int
    status: int

    def close(self) -> None:
        """Close what is still open of the pipes."""
        for name in ("request", "reply", "output", "status"):
            descriptor = getattr(self, name)
            if descriptor >= 0:
                os.close(descriptor)
                setattr(self, name, -1)

    def close_request(self) -> None:
        """Close the request pipe alone."""
        os.close(self.request)
        self.request = -1


class ForkServerProcess:
    """One fork server. All methods may be called from several threads."""

    def __init__(self, *, disable: frozenset[str], packages: tuple[str, ...], python: str = sys.executable) -> None:
        """Start it and wait for what it says about itself (``ready``).

        Raises:
            SandboxUnavailable: It did not start, or its jail did not hold.
        """
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._closed = False
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        options = json.dumps({"disable": sorted(disable), "packages": list(packages)})
        root = str(Path(__file__).resolve().parents[2])
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own program, constant flags
                    [python, *FLAGS, "-c", PROGRAM, root, str(theirs.fileno()), options],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=ENVIRONMENT,
                    cwd="/",
                    start_new_session=True,
                )
        except OSError as error:
            self._control.close()
            raise SandboxUnavailable(f"the fork server cannot be started: {error}") from error
        try:
            self.ready: dict[str, Any] = self._wait_until_ready()
        except BaseException:
            self.close()
            raise
        self.started = 0

    @property
    def pid(self) -> int:
        """The process this parent started."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not self._closed and self._process.poll() is None

    def spawn(self, *, cpu_s: int, memory_mb: int) -> Child:
        """Ask for a jailed child; it gets ready on its own.

        Raises:
            SandboxUnavailable: The fork server is gone.
        """
        request_read, request_write = os.pipe()
        reply_read, reply_write = os.pipe()
        output_read, output_write = os.pipe()
        status_read, status_write = os.pipe()
        child = Child(next(self._numbers), self, request_write, reply_read, output_read, status_read)
        theirs = [request_read, reply_write, output_write, status_write]
        message = {"op": "spawn", "id": child.number, "cpu_s": cpu_s, "memory_mb": memory_mb}
        try:
            self._send(message, theirs)
        except BaseException:
            child.close()
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        for descriptor in (child.request, child.reply, child.output, child.status):
            os.set_blocking(descriptor, False)
        return child

    def start_clock(self, child: Child, wall_s: float) -> None:
        """Tell the fork server how long this child's turn may go on: it keeps the deadline too.

        Raises:
            SandboxUnavailable: The fork server is gone.
        """
        self._send({"op": "start", "id": child.number, "wall_s": wall_s})

    def kill(self, child: Child) -> None:
        """End a child, whatever it is doing; nothing to do when the fork server is gone (so are its children)."""
        with contextlib.suppress(SandboxUnavailable):
            self._send({"op": "kill", "id": child.number})

    def close(self) -> None:
        """End the fork server and with it every child."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._control.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, message: dict[str, Any], descriptors: list[int] | None = None) -> None:
        data = json.dumps(message).encode()
        with self._lock:
            if self._closed:
                raise SandboxUnavailable("the fork server was closed")
            try:
                if descriptors:
                    socket.send_fds(self._control, [data], descriptors)
                else:
                    self._control.send(data)
            except OSError as error:
                raise SandboxUnavailable(f"the fork server is gone: {error}") from error

    def _wait_until_ready(self) -> dict[str, Any]:
        self._control.settimeout(START_TIMEOUT_S)
        try:
            data = self._control.recv(MAX_READY_BYTES)
        except TimeoutError:
            raise SandboxUnavailable(f"the fork server was not ready in {START_TIMEOUT_S:.0f} s") from None
        except OSError as error:
            raise SandboxUnavailable(f"the fork server ended at its start: {error}") from error
        self._control.settimeout(SEND_TIMEOUT_S)
        said: dict[str, Any] = json.loads(data) if data else {"error": "it ended without a word"}
        if "error" in said:
            raise SandboxUnavailable(f"the fork server: {said['error']}")
        return said
