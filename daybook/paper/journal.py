"""The journal of the exchange: append-only JSON lines, one line per batch, on the disk before anybody is told.

A batch is one line, so a killed process leaves it whole or torn, never half applied. A torn last line is cut off
when the file is opened again; damage anywhere else is an error.
"""

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

        Raises ``JournalError`` for a line that is damaged before the end, ``OSError`` for a path that cannot be used.
        """
        if self._path is None:
            return []
        self._path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self._path.exists()
        content = b"" if is_new else self._path.read_bytes()
        batches, whole = self._parse(content)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if whole < len(content):
            os.ftruncate(self._descriptor, whole)
            os.fsync(self._descriptor)
        if is_new:
            self._sync_folder(self._path.parent)
        return batches

    def append(self, batch: list[Record]) -> None:
        """Write one batch and wait until it is on the disk; raises ``OSError`` where that fails."""
        if self._descriptor is None or not batch:
            return
        line = memoryview(json.dumps(batch, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        while line:
            line = line[os.write(self._descriptor, line) :]
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file; nothing can be appended afterwards."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

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
