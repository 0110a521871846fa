"""Which desk runs in a home: one at a time, and where its server listens.

``daybook up`` takes other ports where the usual ones are taken. It notes them in the home, for the commands given
there, and holds a lock on that note for as long as it runs, so that a note left behind by a crash is not believed.
"""

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

_FILE = "running.json"
_TRIES = 4
_PAUSE_S = 0.05
_HELD = (errno.EACCES, errno.EAGAIN)
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)


class AlreadyRunning(Exception):
    """A desk runs in the home already; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class RunningDesk:
    """Where a running desk listens, and the process to stop it by."""

    temporal_address: str
    ui_url: str
    paper_url: str
    mode: str
    pid: int


class Claim:
    """The hold on a home; ``announce`` says where the desk listens once it does."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def announce(self, desk: RunningDesk) -> None:
        """Note where the desk listens."""
        self._file.seek(0)
        self._file.truncate()
        json.dump(asdict(desk), self._file)
        self._file.flush()


@contextlib.contextmanager
def claim(home: Path) -> Iterator[Claim]:
    """Hold a home until the block ends.

    Raises:
        AlreadyRunning: when another desk holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / _FILE
    with _locked(path) as file:
        try:
            yield Claim(file)
        finally:
            path.unlink(missing_ok=True)


def _locked(path: Path) -> TextIO:
    """Return the open, locked note; a moment's look by another command is waited for."""
    for _ in range(_TRIES):
        file = path.open("a+", encoding="utf-8")
        # Whoever held it before may have removed it between the opening and the lock.
        if _lock_or_trust(file, path) and path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()
        time.sleep(_PAUSE_S)
    raise AlreadyRunning(_refusal(path.parent, _read(path)))


def _lock_or_trust(file: TextIO, path: Path) -> bool:
    try:
        return _lock(file)
    except OSError:
        desk = _read(path)
        return desk is None or not _is_alive(desk.pid)


def find(home: Path) -> RunningDesk | None:
    """Return the desk that runs in a home and has said where it listens; None otherwise."""
    return _read(home / _FILE) if _is_held(home) else None


def require_free(home: Path) -> None:
    """Refuse a home in which a desk runs.

    Raises:
        AlreadyRunning: with the process to stop.
    """
    if _is_held(home):
        raise AlreadyRunning(_refusal(home, _read(home / _FILE)))


def _refusal(home: Path, desk: RunningDesk | None) -> str:
    process = f" (process {desk.pid})" if desk else ""
    return f"a desk runs in {home} already{process}; stop it first, or name another folder with --home"


def _is_held(home: Path) -> bool:
    path = home / _FILE
    try:
        with path.open(encoding="utf-8") as file:
            return not _lock(file)
    except OSError as error:
        # A file system without locks: the note itself is all there is to go by.
        desk = _read(path) if error.errno in _NO_LOCKS else None
        return desk is not None and _is_alive(desk.pid)


def _lock(file: TextIO) -> bool:
    """Take the lock without waiting; False when another process has it.

    Raises:
        OSError: when the file system has no locks.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _read(path: Path) -> RunningDesk | None:
    try:
        return RunningDesk(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
