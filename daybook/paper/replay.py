"""Replayed daily prices: real sessions from a CSV, gzipped CSV or Parquet file.

Two layouts are understood: ``date, code, name, market, open, high, low, close, volume, amount_krw,
shares_outstanding`` and the generic ``date, symbol, open, high, low, close, volume`` with optional ``name``,
``market``, ``sector`` and ``shares_outstanding``; column names in any case. A row with open 0 did not trade. A file
``krx_companies.csv.gz`` beside it adds sectors.
"""

import bisect
import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from daybook.contracts.base import Won
from daybook.contracts.market import Market, SecurityKind
from daybook.paper.listing import isin_of, packaged_listing
from daybook.paper.model import IndexBar, Security
from daybook.paper.prices import MarketShock, SessionBar

COMPANIES_FILE = "krx_companies.csv.gz"
INDEX_FILES = {"0001": "kospi_daily", "1001": "kosdaq_daily", "2001": "kospi200_daily"}
"""Index code to the stem of the file found beside a replay file."""

Row = Mapping[str, str]


class ReplayFileError(ValueError):
    """A replay file cannot be used; the text names the file, the row and what is wrong."""


@dataclass(slots=True)
class _Series:
    days: list[date] = field(default_factory=list)
    bars: list[SessionBar | None] = field(default_factory=list)
    closes: list[Won] = field(default_factory=list)


class ReplayPrices:
    """A price source over the sessions of one file; days and symbols it lacks do not trade."""

    def __init__(self, series: Mapping[str, _Series], securities: Sequence[Security], identity: str) -> None:
        self._series = series
        self._securities = tuple(securities)
        self._identity = identity

    @classmethod
    def read(cls, path: Path) -> "ReplayPrices":
        """Return the file's prices; raises ``ReplayFileError`` for rows that cannot be sessions."""
        series: dict[str, _Series] = {}
        latest: dict[str, Row] = {}
        digest = 0
        for number, row in enumerate(sorted(read_rows(path), key=lambda row: row["date"]), start=1):
            symbol = row.get("code") or row.get("symbol") or ""
            try:
                _append(series.setdefault(symbol, _Series()), symbol, row)
            except (KeyError, ValueError) as error:
                raise ReplayFileError(f"{path.name}, row {number} by date ({symbol}): {error}") from error
            latest[symbol] = row
            digest = zlib.crc32("|".join(row.values()).encode(), digest)
        if not series:
            raise ReplayFileError(f"{path.name} has no rows")
        sectors = _sectors(path.with_name(COMPANIES_FILE))
        securities = [_security(symbol, row, sectors) for symbol, row in latest.items()]
        return cls(series, securities, f"replay {path.name} digest={digest:08x}")

    @property
    def identity(self) -> str:
        """File name and digest of its rows."""
        return self._identity

    @property
    def securities(self) -> Sequence[Security]:
        """Every security of the file."""
        return self._securities

    def bar(self, symbol: str, day: date) -> SessionBar | None:
        """Return the session, or None where the symbol did not trade or the file has no row."""
        series = self._series[symbol]
        row = bisect.bisect_left(series.days, day)
        return series.bars[row] if row < len(series.days) and series.days[row] == day else None

    def bars(self, symbol: str, first: date, last: date) -> list[SessionBar]:
        """Return the traded sessions of ``[first, last]``, oldest first."""
        series = self._series[symbol]
        rows = series.bars[bisect.bisect_left(series.days, first) : bisect.bisect_right(series.days, last)]
        return [bar for bar in rows if bar is not None]

    def base_krw(self, symbol: str, day: date) -> Won:
        """Return the last close before ``day``; on the file's first day the opening price (the close if it is 0)."""
        series = self._series[symbol]
        row = bisect.bisect_left(series.days, day)
        if row:
            return series.closes[row - 1]
        first = series.bars[0]
        return first.open_krw if first is not None else series.closes[0]

    def shock(self, day: date) -> MarketShock | None:
        """Real sessions are never reshaped."""
        return None


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV, gzipped CSV or Parquet file as text by lower-case column name."""
    if path.suffix == ".parquet":
        yield from _parquet_rows(path)
        return
    with (
        path.open("rb") as raw,
        io.TextIOWrapper(
            gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw, encoding="utf-8-sig", newline=""
        ) as lines,
    ):
        for row in csv.DictReader(lines):
            yield {name.lower(): value for name, value in row.items()}


def replay_days(path: Path) -> list[date]:
    """Return the sessions a replay file holds, oldest first; raises ``ReplayFileError`` on a file without dates."""
    try:
        return sorted({_day(row["date"]) for row in read_rows(path)})
    except (KeyError, ValueError, OSError) as error:
        raise ReplayFileError(f"{path} cannot be read as daily prices: {error}") from error


def read_index(path: Path) -> list[IndexBar]:
    """Return the sessions of an index file (``Date, Open, High, Low, Close, Volume``), oldest first."""
    bars = [
        IndexBar(
            day=_day(row["date"]),
            open=float(row["open"]),
            high=float(row["high"]),
            low=float(row["low"]),
            close=float(row["close"]),
            volume_shares=int(float(row["volume"] or 0)),
        )
        for row in read_rows(path)
    ]
    return sorted(bars, key=lambda bar: bar.day)


def find_indices(folder: Path) -> dict[str, list[IndexBar]]:
    """Return the sessions of the index files in a folder, by index code; codes without a file are left out."""
    found = {}
    for code, stem in INDEX_FILES.items():
        for suffix in (".csv.gz", ".csv", ".parquet"):
            path = folder / f"{stem}{suffix}"
            if path.is_file():
                found[code] = read_index(path)
                break
    return found


def _append(series: _Series, symbol: str, row: Row) -> None:
    if not symbol:
        raise ValueError("the row has neither code nor symbol")
    day = _day(row["date"])
    if series.days and series.days[-1] == day:
        raise ValueError(f"{day} is there twice")
    open_krw, high, low, close = (_whole(row[name]) for name in ("open", "high", "low", "close"))
    volume = _whole(row["volume"])
    bar = None
    if open_krw > 0 and volume > 0:
        if not 0 < low <= min(open_krw, close) <= max(open_krw, close) <= high:
            raise ValueError(f"{day}: open {open_krw} and close {close} are not within {low} to {high}")
        distinct = 1 + (close != open_krw) + (high > max(open_krw, close)) + (low < min(open_krw, close))
        if volume < distinct:
            raise ValueError(f"{day}: {volume} shares cannot have traded at {distinct} prices")
        base = series.closes[-1] if series.closes else open_krw
        amount = _whole(row.get("amount_krw") or "0") or (open_krw + high + low + close) * volume // 4
        amount = min(max(amount, low * volume), high * volume)
        bar = SessionBar(symbol, day, base, open_krw, high, low, close, volume, amount)
    elif close <= 0:
        close = series.closes[-1] if series.closes else 0
    if close <= 0:
        raise ValueError(f"{day}: no close")
    series.days.append(day)
    series.bars.append(bar)
    series.closes.append(close)


def _security(symbol: str, row: Row, sectors: Mapping[str, str]) -> Security:
    known = {entry.security.symbol: entry.security for entry in packaged_listing()}.get(symbol)
    market = (row.get("market") or "KOSPI").split()[0].upper()
    return Security(
        symbol=symbol,
        name=row.get("name") or (known.name if known else symbol),
        market=Market(market) if market in Market.__members__ else Market.KOSPI,
        sector=row.get("sector") or sectors.get(symbol) or (known.sector if known else ""),
        kind=known.kind if known else SecurityKind.STOCK,
        shares_outstanding=_whole(row.get("shares_outstanding") or "0"),
        english_name=known.english_name if known else "",
        isin=isin_of(symbol),
    )


def _sectors(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    return {row["code"]: row.get("industry") or row.get("sector") or "" for row in read_rows(path)}


def _parquet_rows(path: Path) -> Iterable[Row]:
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    names = [name.lower() for name in table.column_names]
    columns = [column.to_pylist() for column in table.columns]
    for values in zip(*columns, strict=True):
        yield {name: "" if value is None else str(value) for name, value in zip(names, values, strict=True)}


def _day(text: str) -> date:
    compact = text.strip()[:10]
    if compact.isdigit():
        return datetime.strptime(compact[:8], "%Y%m%d").date()  # noqa: DTZ007 - a date has no offset
    return date.fromisoformat(compact)


def _whole(text: str) -> int:
    return round(float(text)) if "." in text or "e" in text.lower() else int(text or "0")
