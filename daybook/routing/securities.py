"""Names of securities as people write them: Korean and English names, nicknames, codes, foreign tickers.

The packaged lexicon is data (``data/securities.csv``, ``data/foreign.csv``); a desk adds the names of its own symbol
master with ``Securities.extended``. Finding is a scan over the text with a two-character index, longest name first.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import StringIO

from daybook.routing.name_guards import GROUP_NAMES, is_name_here

LONGEST_SCAN = 4_000
"""Characters of a text that are looked at; what follows is never searched for names."""
_CODE = re.compile(
    r"(?<![0-9A-Za-z.,₩$])A?(\d{6}|\d{4}[A-Z]\d)(?![0-9A-Za-z])(?!\s?(?:원|won|krw|주|shares?|개|명|번))(?![.,]\d)"
)


@dataclass(frozen=True)
class Security:
    """One security of the lexicon; ``symbol`` is its KRX code, None for a foreign one, which has a ``ticker``."""

    symbol: str | None
    name: str
    english_name: str = ""
    market: str = ""
    kind: str = "stock"
    nicknames: tuple[str, ...] = ()
    ticker: str = ""

    @property
    def is_foreign(self) -> bool:
        """It trades elsewhere, so this desk cannot order it."""
        return self.symbol is None and bool(self.ticker)

    @property
    def names(self) -> tuple[str, ...]:
        """Every way it is written."""
        return tuple(
            dict.fromkeys(name for name in (self.name, self.english_name, self.ticker, *self.nicknames) if name)
        )


@dataclass(frozen=True)
class Mention:
    """A security named in ``text[start:end]``. ``symbol`` is None for a foreign one and for a bare group name (LG)."""

    name: str
    symbol: str | None
    start: int
    end: int
    is_foreign: bool = False
    ticker: str = ""


@dataclass(frozen=True)
class _Key:
    """A folded name: without spaces, lower case."""

    folded: str
    written: str
    security: Security | None
    group: str = ""


def fold(text: str) -> str:
    """Return ``text`` in lower case with every index unchanged (a letter that would grow stays as it is)."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


class Securities:
    """An immutable lexicon; safe to share between threads."""

    def __init__(self, securities: Iterable[Security]) -> None:
        self._all = tuple(securities)
        self._by_symbol = {security.symbol: security for security in self._all if security.symbol}
        keys: dict[str, _Key] = {}
        for group in GROUP_NAMES:
            keys[fold(group)] = _Key(fold(group), group, None, group)
        for security in self._all:
            for name in security.names:
                folded = fold(name).replace(" ", "")
                keys.setdefault(folded, _Key(folded, name, security))
        self._exact = keys
        index: dict[str, list[_Key]] = {}
        for key in keys.values():
            index.setdefault(key.folded[:2], []).append(key)
        self._index = {head: tuple(sorted(found, key=lambda key: -len(key.folded))) for head, found in index.items()}

    @classmethod
    def shipped(cls) -> "Securities":
        """Return the packaged lexicon (read once)."""
        return _shipped()

    def extended(self, securities: Iterable[Security]) -> "Securities":
        """Return a lexicon that knows ``securities`` too; a known symbol keeps its packaged nicknames."""
        merged: dict[str, Security] = {}
        for extra in securities:
            known = self._by_symbol.get(extra.symbol or "")
            written = (*extra.names, *(known.names if known else ()))
            merged[extra.symbol or extra.ticker] = Security(
                extra.symbol,
                extra.name,
                extra.english_name or (known.english_name if known else ""),
                extra.market,
                extra.kind,
                written,
                extra.ticker,
            )
        return Securities((*(one for one in self._all if (one.symbol or one.ticker) not in merged), *merged.values()))

    def __len__(self) -> int:
        return len(self._all)

    def by_symbol(self, symbol: str) -> Security | None:
        """Return the security of a KRX code, or None."""
        return self._by_symbol.get(symbol)

    def by_name(self, name: str) -> Security | None:
        """Return the security written exactly so (spaces and case do not matter), or None."""
        key = self._exact.get(fold(name).replace(" ", ""))
        return key.security if key else None

    def search(self, query: str, limit: int = 10) -> tuple[Security, ...]:
        """Return securities whose code or a name has ``query`` in it, exact first, then beginnings, then the rest."""
        wanted = fold(query).replace(" ", "")
        if not wanted or limit < 1:
            return ()
        ranked: list[tuple[int, int, Security]] = []
        for order, security in enumerate(self._all):
            written = [fold(name).replace(" ", "") for name in (*security.names, security.symbol or "") if name]
            if wanted in written:
                ranked.append((0, order, security))
            elif any(name.startswith(wanted) for name in written):
                ranked.append((1, order, security))
            elif any(wanted in name for name in written):
                ranked.append((2, order, security))
        ranked.sort(key=lambda one: one[:2])
        return tuple(security for _, _, security in ranked[:limit])

    def find(self, text: str) -> tuple[Mention, ...]:
        """Return the securities named in the first ``LONGEST_SCAN`` characters, left to right, without overlap."""
        text = text[:LONGEST_SCAN]
        folded = fold(text)
        places = [at for at, character in enumerate(folded) if not character.isspace()]
        compact = "".join(folded[at] for at in places)
        codes = self._codes(text)
        mentions: list[Mention] = []
        at = 0
        while at < len(compact):
            code = codes.get(places[at])
            if code is not None:
                mentions.append(code)
                while at < len(compact) and places[at] < code.end:
                    at += 1
                continue
            found = self._longest(text, folded, compact, places, at)
            if found is None:
                at += 1
                continue
            mention, length = found
            mentions.append(mention)
            at += length
        return tuple(mentions)

    def _longest(self, text: str, folded: str, compact: str, places: list[int], at: int) -> tuple[Mention, int] | None:
        candidates = self._index.get(compact[at : at + 2], ())
        singles = self._index.get(compact[at], ())
        for key in (*candidates, *singles):
            if not compact.startswith(key.folded, at):
                continue
            start, end = places[at], places[at + len(key.folded) - 1] + 1
            if is_name_here(text, folded, start, end, key.written):
                security = key.security
                if security is None:
                    return Mention(key.group, None, start, end), len(key.folded)
                mention = Mention(security.name, security.symbol, start, end, security.is_foreign, security.ticker)
                return mention, len(key.folded)
        return None

    def _codes(self, text: str) -> dict[int, Mention]:
        found: dict[int, Mention] = {}
        for match in _CODE.finditer(text):
            symbol = match.group(1)
            known = self._by_symbol.get(symbol)
            if known is None and (symbol.endswith("000") or not symbol.endswith(("0", "5", "7", "K", "L"))):
                continue
            found[match.start()] = Mention(known.name if known else symbol, symbol, match.start(), match.end())
        return found


def _rows(name: str) -> list[dict[str, str]]:
    text = files("daybook.routing").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(StringIO(text)))


def _split(names: str) -> tuple[str, ...]:
    return tuple(name for name in names.split("|") if name)


@lru_cache(maxsize=1)
def _shipped() -> Securities:
    domestic = [
        Security(row["symbol"], row["name"], row["english_name"], row["market"], row["kind"], _split(row["nicknames"]))
        for row in _rows("securities.csv")
    ]
    foreign = [
        Security(
            None,
            row["name"],
            row["name"],
            "",
            "foreign",
            (*_split(row["korean_names"]), *_split(row["nicknames"] or "")),
            row["ticker"],
        )
        for row in _rows("foreign.csv")
    ]
    return Securities((*domestic, *foreign))
