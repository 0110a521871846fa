"""What must stay unread, unwritten, unheard and unhit: files, environment, memory, listeners, signals."""

import contextlib
import hashlib
import os
import secrets
import selectors
import shutil
import signal
import socket
import tempfile
import threading
from pathlib import Path
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGWINCH, signal.SIGIO, signal.SIGURG)
MARKER = "hostile-marker"


class Canaries:
    """A context: lays everything out, listens, and says afterwards what was touched."""

    def __init__(self) -> None:
        token = secrets.token_hex(8)
        self.secrets = {place: f"canary-{place}-{token}" for place in ("file", "environment", "memory")}
        self.memory = {"password": self.secrets["memory"], "bytes": self.secrets["memory"].encode()}
        self.marker = f"{MARKER}-{token}"
        self.folder = Path(tempfile.mkdtemp(prefix="hostile-"))
        self.folder.chmod(0o777)
        self.hits: list[str] = []
        self.signals: list[int] = []
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Canaries":
        with self._stack as stack:
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            for name, text in (("secret.txt", self.secrets["file"] + "\n"), ("write.txt", "as it was"), ("keep", "")):
                path = self.folder / name
                path.write_text(text)
                path.chmod(0o666)
            os.environ["HOSTILE_SECRET"] = self.secrets["environment"]
            stack.callback(os.environ.pop, "HOSTILE_SECRET", None)
            descriptor = os.open(self.folder / "secret.txt", os.O_RDWR)
            os.set_inheritable(descriptor, True)
            stack.callback(os.close, descriptor)
            self._listen(stack)
            if threading.current_thread() is threading.main_thread():
                for number in SIGNALS:
                    stack.callback(signal.signal, number, signal.signal(number, self._on_signal))
            self._before = self.tree()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def inputs(self) -> dict[str, Any]:
        """What a script is told: all an attacker could know."""
        return {
            "secret_file": str(self.folder / "secret.txt"),
            "write_file": str(self.folder / "write.txt"),
            "keep_file": str(self.folder / "keep"),
            "folder": str(self.folder),
            "unix_path": str(self.folder / "listener"),
            "abstract": self.marker,
            "marker": self.marker,
            "tcp_port": self._tcp_port,
            "udp_port": self._udp_port,
            "parent_pid": os.getpid(),
        }

    def tree(self) -> dict[str, tuple[int, int, int, str]]:
        """Every file below the folder, with its mode, size, time and content."""
        found: dict[str, tuple[int, int, int, str]] = {}
        if not self.folder.is_dir():
            return found
        for path in (self.folder, *sorted(self.folder.rglob("*"))):
            status = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            mtime = 0 if path == self.folder else status.st_mtime_ns
            found[str(path.relative_to(self.folder))] = (
                status.st_mode,
                0 if path.is_dir() else status.st_size,
                mtime,
                content,
            )
        return found

    def touched(self) -> list[str]:
        """What changed since the start; then all is as it was, for the next script."""
        touched = []
        after = self.tree()
        if changed := {
            name for name in self._before.keys() | after.keys() if self._before.get(name) != after.get(name)
        }:
            touched.append(f"write: {sorted(changed)}")
            self._before = after
        for place in (Path("/tmp"), Path("/dev/shm")):
            if (place / self.marker).exists():
                touched.append(f"write: {place / self.marker}")
                (place / self.marker).unlink()
        if self.hits:
            touched.append(f"hit: {sorted(set(self.hits))}")
            self.hits.clear()
        if self.signals:
            touched.append(f"signal: {sorted(set(self.signals))}")
            self.signals.clear()
        return touched

    def leaks(self, text: str) -> list[str]:
        """Which secrets are in a text, as they are or as hexadecimal."""
        return [
            f"leak: {place}"
            for place, secret in self.secrets.items()
            if secret in text or secret.encode().hex() in text
        ]

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.signals.append(number)

    def _listen(self, stack: contextlib.ExitStack) -> None:
        poller = stack.enter_context(selectors.DefaultSelector())
        tcp, udp = self._bound(stack, poller, "tcp"), self._bound(stack, poller, "udp")
        self._tcp_port, self._udp_port = tcp.getsockname()[1], udp.getsockname()[1]
        for name in ("unix", "abstract", "abstract datagram"):
            self._bound(stack, poller, name)
        (self.folder / "listener").chmod(0o777)
        stopping = threading.Event()
        thread = threading.Thread(target=self._serve, args=(poller, stopping), daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(stopping.set)

    def _bound(self, stack: contextlib.ExitStack, poller: selectors.BaseSelector, name: str) -> socket.socket:
        family = socket.AF_INET if name in ("tcp", "udp") else socket.AF_UNIX
        kind = socket.SOCK_DGRAM if name in ("udp", "abstract datagram") else socket.SOCK_STREAM
        address: Any = ("127.0.0.1", 0)
        if family == socket.AF_UNIX:
            suffix = "-dgram" if kind == socket.SOCK_DGRAM else ""
            address = str(self.folder / "listener") if name == "unix" else "\0" + self.marker + suffix
        bound = stack.enter_context(socket.socket(family, kind))
        bound.bind(address)
        if kind == socket.SOCK_STREAM:
            bound.listen(64)
        bound.setblocking(False)
        poller.register(bound, selectors.EVENT_READ, name)
        return bound

    def _serve(self, poller: selectors.BaseSelector, stopping: threading.Event) -> None:
        while not stopping.is_set():
            for key, _ in poller.select(0.1):
                listener: Any = key.fileobj
                with contextlib.suppress(OSError):
                    if listener.type == socket.SOCK_STREAM:
                        listener.accept()[0].close()
                    else:
                        listener.recv(4096)
                    self.hits.append(key.data)
