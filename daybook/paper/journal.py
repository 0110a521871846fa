"""The journal of the exchange: append-only JSON lines, one line per batch, on the disk before anybody is told.

A batch is one line, so a killed process leaves it whole or torn, never half applied. A torn last line is cut off
when the file is opened again; damage anywhere else is an error.
"""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class JournalError(RuntimeError):
    """A journal cannot be continued; the text says which file and why."""


class Journal:
    """An open journal. ``path`` None keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._descriptor: int | None = None

    def open(self) -> list[list[Record]]:
        """Open the file for appending and return the batches it holds, oldest first.

        Raises ``JournalError`` for a line that is damaged before the end or a file another process has open, and
        ``OSError`` for a path that cannot be used.
        """
        if self._path is None:
            return []
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._lock()
            content = self._path.read_bytes()
            batches, whole = self._parse(content)
            if whole < len(content):
                os.ftruncate(self._descriptor, whole)
                os.fsync(self._descriptor)
            if not content:
                self._sync_folder(self._path.parent)
        except BaseException:
            self.close()
            raise
        return batches

    def append(self, batch: list[Record]) -> None:
        """Write one batch and wait until it is on the disk.

        Raises ``OSError`` where that fails; from then on ``JournalError``, because the state is ahead of the file and
        a line after a torn one would damage it. A restart goes on from the last whole batch.
        """
        if self._path is None or not batch:
            return
        if self._descriptor is None:
            raise JournalError(f"{self._path} is closed, or failed before: restart the exchange")
        line = memoryview(json.dumps(batch, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
            os.fsync(self._descriptor)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; nothing can be appended afterwards."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _lock(self) -> None:
        """Keep other processes out; the lock ends with the process, however it ends."""
        if self._descriptor is None:
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise JournalError(f"{self._path} is in use by another exchange") from error

    def _parse(self, content: bytes) -> tuple[list[list[Record]], int]:
        """Return the whole batches and the length in bytes they take."""
        batches: list[list[Record]] = []
        whole = 0
        for number, line in enumerate(content.splitlines(keepends=True), start=1):
            try:
                if not line.endswith(b"\n"):
                    raise ValueError("the line does not end")
                batch = json.loads(line)
            except ValueError as error:
                if whole + len(line) < len(content):
                    raise JournalError(f"{self._path}, line {number}: {error}") from error
                break
            batches.append(batch)
            whole += len(line)
        return batches, whole

    @staticmethod
    def _sync_folder(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
