"""The kill switch as a file: it works with the server, the database and the workers' memory gone."""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path


class KillSwitch:
    """A file whose existence stops every POST. Read right before each one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """Where the file is looked for."""
        return self._path

    def is_on(self) -> bool:
        """Whether the file exists; an unreadable folder counts as on."""
        try:
            self._path.lstat()
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    def reason(self) -> str:
        """Return the text in the file, at most 200 characters."""
        try:
            return self._path.read_text(encoding="utf-8", errors="replace")[:200].strip()
        except OSError:
            return ""

    def engage(self, by: str, reason: str) -> None:
        """Create the file durably; an existing file is left as it is."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            try:
                os.write(descriptor, f"{datetime.now(UTC).isoformat()} {by}: {reason}\n".encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def clear(self) -> None:
        """Remove the file; only the second step of a resume does this."""
        self._path.unlink(missing_ok=True)
