"""A tool's value as text a person reads: names carry their units, so one renderer serves every tool."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from daybook.ask.labels import CAPITALS, FIELDS, FRACTIONS, NOT_TOLD, PLAIN, SIGNED, STEMS, WORDS
from daybook.contracts.base import KST

MOST_ROWS = 10
MOST_LINES = 30
_FEW_FACTS = 4
_LONGEST_TEXT = 160
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})")
_UNITS: Mapping[str, tuple[str, str]] = {"_krw": ("원", " KRW"), "_shares": ("주", " shares"), "_usd": (" USD", " USD")}
_TITLES = ("title", "name", "symbol", "label", "indicator", "event", "account", "concept", "kind", "day", "date")

NameOf = Callable[[str, str], str]
"""Gives the name of a symbol in a language; the symbol itself when it is not known."""


def render_value(value: Any, language: str, name_of: NameOf | None = None) -> str:
    """Return a JSON value as lines of text, at most ``MOST_LINES``; empty for an empty value."""
    lines = list(_Renderer(language, name_of).lines(value, 0))
    if len(lines) > MOST_LINES:
        more = f"… 외 {len(lines) - MOST_LINES}줄" if language == "ko" else f"… {len(lines) - MOST_LINES} more lines"
        lines = [*lines[:MOST_LINES], more]
    return "\n".join(lines)


class _Renderer:
    def __init__(self, language: str, name_of: NameOf | None) -> None:
        self._language = language
        self._name_of = name_of

    def lines(self, value: Any, depth: int) -> Iterable[str]:
        indent = "  " * depth
        if isinstance(value, Mapping):
            yield from self._facts(value, indent)
            for key, inner in value.items():
                if _is_scalar(inner) or not inner or key in NOT_TOLD:
                    continue
                label = _label(key, self._language)
                if isinstance(inner, list) and all(_is_scalar(item) for item in inner):
                    yield f"{indent}{label}: {self._list(key, inner)}"
                else:
                    yield f"{indent}{label}:"
                    yield from self.lines(inner, depth + 1)
        elif isinstance(value, list):
            yield from self._rows(value, indent)
        elif value is not None:
            yield indent + self._scalar("", value)

    def _rows(self, rows: Sequence[Any], indent: str) -> Iterable[str]:
        if rows and all(_is_measure(row) for row in rows):
            yield from self._measures(rows, indent)
            return
        for item in rows[:MOST_ROWS]:
            shown = self._sentence(item) if isinstance(item, Mapping) else self._scalar("", item)
            yield f"{indent}- {shown}"
        if len(rows) > MOST_ROWS:
            rest = len(rows) - MOST_ROWS
            yield f"{indent}… 외 {rest}건" if self._language == "ko" else f"{indent}… {rest} more"

    def _measures(self, rows: Sequence[Mapping[str, Any]], indent: str) -> Iterable[str]:
        """Rows that are a name and a number, a few to a line; those without a number say why."""
        told = [row for row in rows if row["value"] is not None]
        parts = [f"{_label(row['name'], self._language)} {self._scalar(row['name'], row['value'])}" for row in told]
        for first in range(0, len(parts), _FEW_FACTS):
            yield indent + " · ".join(parts[first : first + _FEW_FACTS])
        for row in rows:
            if row["value"] is None and row.get("reason"):
                yield f"{indent}{_label(row['name'], self._language)}: {_clip(row['reason'])}"

    def _facts(self, row: Mapping[str, Any], indent: str) -> Iterable[str]:
        """One fact a line, under the title; few facts stand in one line."""
        title, parts = self._parts(row)
        if len(parts) <= _FEW_FACTS:
            line = " · ".join((*([title] if title else []), *parts))
            if line:
                yield indent + line
            return
        if title:
            yield indent + title
        for part in parts:
            yield f"{indent}  {part}" if title else indent + part

    def _sentence(self, row: Mapping[str, Any]) -> str:
        """One line for a row of a table, with the numbers that are nested in it."""
        title, parts = self._parts(row)
        return " · ".join((*([title] if title else []), *parts, *self._nested(row)))

    def _nested(self, row: Mapping[str, Any]) -> Iterable[str]:
        for key, inner in row.items():
            if isinstance(inner, list) and _are_numbers(inner):
                yield f"{_label(key, self._language)} {self._list(key, inner)}"
            elif isinstance(inner, Mapping):
                yield from self._parts(inner, titled=False)[1]
                yield from self._nested(inner)

    def _parts(self, row: Mapping[str, Any], *, titled: bool = True) -> tuple[str, list[str]]:
        title = next((key for key in _TITLES if titled and isinstance(row.get(key), str) and row[key]), None)
        named = {title, "symbol"} if title == "name" else {title}
        parts = [
            f"{_label(key, self._language)} {self._scalar(key, value)}"
            for key, value in row.items()
            if key not in named and _is_told(key, value) and not _repeats(row, title, key)
        ]
        return self._title(row, title), parts

    def _title(self, row: Mapping[str, Any], title: str | None) -> str:
        if title is None:
            return ""
        text, symbol = _clip(str(row[title])), row.get("symbol")
        if title == "symbol":
            return self._symbol(text)
        if title in ("name", "kind", "account") and _is_own_word(text):
            return _word(text, self._language)
        return f"{text} ({symbol})" if title == "name" and isinstance(symbol, str) else text

    def _symbol(self, symbol: str) -> str:
        name = self._name_of(symbol, self._language) if self._name_of is not None else symbol
        return f"{name} ({symbol})" if name != symbol else symbol

    def _list(self, key: str, values: Sequence[Any]) -> str:
        if key == "symbols":
            return ", ".join(self._symbol(str(value)) for value in values[:MOST_ROWS])
        return ", ".join("-" if value is None else self._scalar(key, value) for value in values[:MOST_ROWS])

    def _scalar(self, key: str, value: Any) -> str:
        if isinstance(value, bool):
            return ("예" if value else "아니오") if self._language == "ko" else ("yes" if value else "no")
        if isinstance(value, int | float):
            return self._number(key, value)
        text = str(value)
        if _MOMENT.fullmatch(text):
            return f"{datetime.fromisoformat(text).astimezone(KST):%Y-%m-%d %H:%M}"
        return WORDS.get(text, _clip(text)) if self._language == "ko" else _clip(text)

    def _number(self, key: str, value: float) -> str:
        signed = "+" if value and SIGNED & set(key.split("_")) else ""
        if (key.endswith("_ratio") or key in FRACTIONS) and isinstance(value, float):
            return f"{value:{signed}.2%}"
        if key.endswith("_percent"):
            return f"{value:{signed}.2f}%"
        if key in PLAIN:
            return f"{value:.0f}"
        if isinstance(value, int):
            number = f"{value:{signed},}"
        elif key == "sentiment":
            number = f"{value:{signed}.2f}"
        else:
            number = f"{value:{signed},.4g}" if abs(value) < 1000 else f"{value:{signed},.0f}"
        unit = next((units[self._language != "ko"] for suffix, units in _UNITS.items() if key.endswith(suffix)), "")
        return number + unit


def _is_measure(row: Any) -> bool:
    """Whether a row is nothing but a name and a number, or a name and why there is none."""
    if not isinstance(row, Mapping) or not isinstance(row.get("name"), str) or "value" not in row:
        return False
    is_value = row["value"] is None or _is_number(row["value"])
    return is_value and isinstance(row.get("reason", ""), str) and set(row) <= {"name", "value", "formula", "reason"}


def _is_told(key: str, value: Any) -> bool:
    """Whether a fact is worth a line: not an address or a digest, nothing empty, no flag that is not set."""
    if not _is_scalar(value) or value is None or value == "" or value is False:
        return False
    if key == "copies":
        return bool(value != 1)
    return not (key in NOT_TOLD or key.endswith(("url", "_id", "digest")) or (key == "warning_level" and value == 0))


def _repeats(row: Mapping[str, Any], title: str | None, key: str) -> bool:
    """Whether a fact says the title again, or a passage that and little else."""
    if title is None:
        return False
    if key != "passage":
        return isinstance(row[key], str) and row[key] == row[title]
    head, passage = str(row[title]), str(row[key])
    return passage.startswith(head) and len(passage) <= len(head) + _FEW_FACTS


def _label(key: str, language: str) -> str:
    stem = key
    for suffix in (*_UNITS, "_ratio", "_percent", "_points"):
        stem = stem.removesuffix(suffix)
    words = stem.replace("_", " ")
    if language == "ko" and (korean := FIELDS.get(key) or STEMS.get(words)):
        return korean
    return words.upper() if words in CAPITALS else words


def _is_own_word(text: str) -> bool:
    return text in WORDS or text in CAPITALS or text.replace("_", " ") in STEMS


def _word(text: str, language: str) -> str:
    """Return what one of the desk's own words is called, e.g. the name of an indicator."""
    if language == "ko" and text in WORDS:
        return WORDS[text]
    return _label(text, language)


def _clip(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_numbers(values: Sequence[Any]) -> bool:
    """Whether there are numbers and nothing but numbers and gaps."""
    return any(map(_is_number, values)) and all(value is None or _is_number(value) for value in values)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
