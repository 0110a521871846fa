"""Logs: one line per record, with secrets and account numbers masked."""

import contextlib
import logging
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

_NAMES = "api_?key|app_?key|app_?secret|crtfc_key|secret_?key|approval_key|token|password"
_QUOTED = r"\"[^\"]*\"|'[^']*'"
_MASKS = (
    (re.compile(r"\b\d{8}-?\d{2}\b"), "[account]"),
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"), r"\1[token]"),
    (re.compile(rf"(?i)((?:{_NAMES})['\"]?\s*[:=]\s*)(?:{_QUOTED}|[^\s'\",}}&]+)"), r"\1[secret]"),
    (re.compile(r"(://[^\s:/@]*:)[^\s@]+(?=@)"), r"\1[secret]"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "[token]"),
)
_QUIET = ("httpx", "httpx2", "httpcore", "alembic", "matplotlib", "websockets")
_CLI_FORMAT = "%(asctime)s %(levelname)s cli %(name)s %(message)s"


def mask(text: str) -> str:
    """Return ``text`` with account numbers, tokens and keys masked."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


class MaskingFormatter(logging.Formatter):
    """Formats a record, traceback included, and masks the result."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the masked line."""
        return mask(super().format(record))


def configure_logging(process: str, level: int = logging.INFO) -> None:
    """Send this process's logs to standard error, masked."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskingFormatter(f"%(asctime)s %(levelname)s {process} %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in _QUIET:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def command_log(home: Path) -> Path:
    """Return the log of the ``daybook`` command in a desk's home."""
    return home / "logs" / "cli.log"


class CommandLogHandler(logging.Handler):
    """Keeps warnings of libraries away from a person's terminal, in the command's log.

    Where there is no home yet they are dropped: a command that fails leaves no files behind.
    """

    def __init__(self, home: Callable[[], Path]) -> None:
        super().__init__(logging.WARNING)
        self._home = home
        self.setFormatter(MaskingFormatter(_CLI_FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        """Append one record; a log that cannot be written is not worth another message."""
        try:
            home = self._home()
            if home.is_dir():
                _append(command_log(home), self.format(record) + "\n")
        except Exception:  # noqa: BLE001
            return


def configure_command_logging(home: Callable[[], Path]) -> None:
    """Send the logs of a ``daybook`` command to its log; ``home`` is asked when there is something to write."""
    root = logging.getLogger()
    root.handlers[:] = [CommandLogHandler(home)]
    root.setLevel(logging.WARNING)


def record_failure(home: Path, error: BaseException) -> Path | None:
    """Append an unexpected error with its traceback, masked, to the command's log and return where it is.

    Where the home is not there or cannot be written it goes to a new temporary file; None when that fails too.
    """
    trace = "".join(traceback.format_exception(error))
    text = mask(f"{datetime.now(UTC).isoformat(timespec='seconds')} ERROR cli {trace}")
    with contextlib.suppress(OSError):
        if home.is_dir():
            return _append(command_log(home), text)
    with contextlib.suppress(OSError):
        descriptor, name = tempfile.mkstemp(prefix="daybook-cli-", suffix=".log")
        os.close(descriptor)
        return _append(Path(name), text)
    return None


def _append(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", errors="replace") as log:
        log.write(text)
    return path
