"""DART's table of companies: the eight-digit company code of every listed share.

The table is one ZIP with ``CORPCODE.xml`` (about 110,000 companies, some 4,000 of them listed). Codes hardly ever
change, so it is kept in the home folder for a week, and used longer when DART does not answer.
"""

import io
import json
import logging
import os
import tempfile
import zipfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.parsers import expat

from daybook.filings.errors import FilingCode, FilingNotFound, FilingUnavailable, FilingUnreadable

FRESH_FOR = timedelta(days=7)
USABLE_FOR = timedelta(days=180)
"""How long a kept table is used when DART gives no newer one."""

_LARGEST_XML_BYTES = 128 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
_FIELDS = frozenset({"corp_code", "corp_name", "corp_eng_name", "stock_code"})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Corporation:
    """A listed company as DART names it."""

    corp_code: str
    name: str
    english_name: str
    symbol: str


class CorporationTable:
    """Listed companies by short code and by name."""

    def __init__(self, corporations: Iterable[Corporation]) -> None:
        self.corporations = tuple(corporations)

    def of_symbol(self, symbol: str) -> Corporation:
        """Return the company of a short code, of a preferred share too (its code differs in the last character only).

        Raises:
            FilingNotFound: ``UNKNOWN_COMPANY``.
        """
        found = self._by_symbol.get(symbol) or self._by_symbol.get(f"{symbol[:5]}0" if len(symbol) == 6 else "")
        if found is None:
            raise FilingNotFound(FilingCode.UNKNOWN_COMPANY, f"DART lists no company under {symbol}")
        return found

    def named(self, name: str) -> Corporation | None:
        """Return the company of exactly this Korean name, or None."""
        return self._by_name.get(name)

    @cached_property
    def _by_symbol(self) -> dict[str, Corporation]:
        return {corporation.symbol: corporation for corporation in self.corporations}

    @cached_property
    def _by_name(self) -> dict[str, Corporation]:
        return {corporation.name: corporation for corporation in self.corporations}


class CorporationTableFile:
    """Keeps the table in memory and in one file; ``path`` None keeps it in memory alone."""

    def __init__(self, path: Path | None, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._kept: tuple[datetime, CorporationTable] | None = None

    async def table(self, load: Callable[[], Awaitable[CorporationTable]]) -> CorporationTable:
        """Return the kept table while it is fresh, else what ``load`` gives; when that fails, the kept one.

        Raises:
            FilingError: of ``load``, when there is no kept table young enough.
        """
        if self._kept is None:
            self._kept = self._read_file()
        if self._kept is not None and self._now() - self._kept[0] < FRESH_FOR:
            return self._kept[1]
        try:
            loaded = await load()
        except FilingUnavailable as error:
            if self._kept is not None and self._now() - self._kept[0] < USABLE_FOR:
                _log.warning("DART's company table is %s days old: %s", (self._now() - self._kept[0]).days, error)
                return self._kept[1]
            raise
        self._kept = (self._now(), loaded)
        self._write_file(*self._kept)
        return loaded

    def _read_file(self) -> tuple[datetime, CorporationTable] | None:
        if self._path is None or not self._path.is_file():
            return None
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            loaded_at = datetime.fromisoformat(content["loaded_at"])
            if loaded_at.tzinfo is None or loaded_at > self._now():
                raise ValueError("the time of loading cannot be")
            return loaded_at, CorporationTable(Corporation(**row) for row in content["corporations"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("the kept company table cannot be used and is loaded again: %s", type(error).__name__)
            return None

    def _write_file(self, loaded_at: datetime, table: CorporationTable) -> None:
        if self._path is None:
            return
        rows = [asdict(corporation) for corporation in table.corporations]
        content = json.dumps({"loaded_at": loaded_at.isoformat(), "corporations": rows}, ensure_ascii=False)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=self._path.parent, prefix=".dart-", delete=False
            ) as file:
                file.write(content)
            os.replace(file.name, self._path)
        except OSError as error:
            _log.warning("the company table cannot be kept: %s", error)


def read_zip(content: bytes) -> CorporationTable:
    """Return the listed companies of DART's ZIP.

    Raises:
        FilingUnreadable: for a broken or oversized archive, or XML that is not the documented table.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            member = next((info for info in archive.infolist() if info.filename.upper().endswith(".XML")), None)
            if member is None or member.file_size > _LARGEST_XML_BYTES:
                raise FilingUnreadable(FilingCode.UNREADABLE, "DART's company table is not the documented archive")
            with archive.open(member) as file:
                corporations = _TableReader().read(file)
    except (zipfile.BadZipFile, EOFError, expat.ExpatError, NotImplementedError, RuntimeError):
        raise FilingUnreadable(FilingCode.UNREADABLE, "DART's company table is broken") from None
    if not corporations:
        raise FilingUnreadable(FilingCode.UNREADABLE, "DART's company table is empty")
    return CorporationTable(corporations)


class _TableReader:
    """Reads the rows as they come, so that the whole document is never held. A document type is refused."""

    def __init__(self) -> None:
        self._found: list[Corporation] = []
        self._row: dict[str, str] = {}
        self._field = ""

    def read(self, file: Any) -> list[Corporation]:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        size = 0
        while chunk := file.read(_CHUNK_BYTES):
            size += len(chunk)
            if size > _LARGEST_XML_BYTES:
                raise FilingUnreadable(FilingCode.UNREADABLE, "DART's company table is larger than it can be")
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
        return self._found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "list":
            self._row = {}
        self._field = name if name in _FIELDS else ""

    def _text(self, text: str) -> None:
        if self._field:
            self._row[self._field] = self._row.get(self._field, "") + text

    def _end(self, name: str) -> None:
        self._field = ""
        if name != "list":
            return
        row = {field: self._row.get(field, "").strip() for field in _FIELDS}
        if row["stock_code"] and row["corp_code"]:
            self._found.append(Corporation(row["corp_code"], row["corp_name"], row["corp_eng_name"], row["stock_code"]))

    @staticmethod
    def _refuse_doctype(*declaration: object) -> None:
        raise FilingUnreadable(FilingCode.UNREADABLE, "DART's company table declares a document type")
