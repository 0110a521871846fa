"""Notices to people as lines of JSON in the desk's home: ``notices/<day>.jsonl``, each notice once."""

import json
from pathlib import Path

from daybook.contracts.threat_calls import SendNotice


class NoticeFile:
    """Where notices go until the desk has channels of its own (mail, messenger)."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "notices"

    def path(self, notice: SendNotice) -> Path:
        """Return the file of a notice's day."""
        return self._folder / f"{notice.day.isoformat()}.jsonl"

    def write(self, notice: SendNotice) -> bool:
        """Append a notice; False when it is there already.

        Raises:
            OSError: when the file cannot be written.
        """
        path = self.path(notice)
        path.parent.mkdir(parents=True, exist_ok=True)
        key = f"{notice.account}/{notice.notice_id}"
        if path.is_file() and any(_key(line) == key for line in path.read_text("utf-8").splitlines()):
            return False
        row = {"key": key, "market_at": notice.market_at.isoformat(), **notice.notice.model_dump(mode="json")}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")
        return True


def _key(line: str) -> str:
    try:
        row = json.loads(line)
    except ValueError:
        return ""
    return str(row.get("key", "")) if isinstance(row, dict) else ""
