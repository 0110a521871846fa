"""Logs: one line per record, with secrets and account numbers masked."""

import logging
import re
import sys

_FIELDS = "app_?key|app_?secret|secret_?key|approval_key|token|password"
_MASKS = (
    (re.compile(r"\b\d{8}-?\d{2}\b"), "[account]"),
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"), r"\1[token]"),
    (
        re.compile(
            r"(?i)(app_?key|app_?secret|secret_?key|approval_key|token|password)(['\"]?\s*[:=]\s*['\"]?)[^\s'\",}&]+"
        ),
        r"\1\2[secret]",
    ),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "[token]"),
)


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
    for noisy in ("httpx", "httpcore", "alembic", "matplotlib", "websockets"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
