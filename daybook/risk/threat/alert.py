"""Reading a national cyber alert (KISA: 정상-관심-주의-경계-심각) from whatever text a feed gives.

The text is from outside: it is searched, never obeyed, and at most ``MOST_TEXT`` characters are looked at. JSON, simple
``key: value`` text and RSS or Atom are understood. A text that names several stages without saying which is in force
is no alert: unknown does not lower the level, and nobody raises it by writing every word at once.
"""

import html
import json
import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from daybook.contracts.base import KST
from daybook.contracts.threat_readings import CyberAlert

MOST_TEXT = 200_000
_STAGES = ("정상", "관심", "주의", "경계", "심각")
_ENGLISH = ("normal", "attention", "caution", "alert", "serious")
_STAGE = "|".join(_STAGES)
_LEVEL_KEYS = ("alertlevel", "alert_level", "threatlevel", "threat_level", "level", "stage", "grade", "status", "alert",
               "경보단계", "위기경보", "사이버위기경보", "경보", "단계", "등급")  # fmt: skip
_DATE_KEYS = (
    "issued_at",
    "issuedat",
    "published",
    "pubdate",
    "updated",
    "date",
    "datetime",
    "발령일시",
    "발령일",
    "일시",
)
_TITLE_KEYS = ("title", "name", "subject", "제목")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_ITEM = re.compile(r"<(item|entry)\b", re.IGNORECASE)
_MOST_ITEM, _MOST_ITEMS, _MOST_SPOKEN = 20_000, 200, 2_000
_ABOUT_ALERT = re.compile(r"경보|위기|사이버|cyber", re.IGNORECASE)
_QUOTES = str.maketrans("", "", "'\"‘’“”[]()<>〈〉《》「」*")
_QUOTED = re.compile(rf"['\"‘“\[〈「]({_STAGE})['\"’”\]〉」]")
_MOVED = "상향|하향|격상|격하|조정|발령|유지|전환|변경|완화|강화"
_TO = re.compile(rf"({_STAGE}) ?(?:단계|경보|수준)? ?(?:으로|로) ?(?:{_MOVED})")
_ISSUED = re.compile(rf"({_STAGE}) ?(?:단계|경보)? ?[를을가이]? ?(?:발령|유지|중)")
_ARROW = re.compile(rf"(?:→|⇒|▶) ?({_STAGE})")
_LABEL = re.compile(rf"(?:경보|위기경보|단계|등급|수준) ?[:：은는=] ?({_STAGE})")
_NAMED = re.compile(rf"({_STAGE}) ?(?:단계|경보)")
_LIFTED = re.compile(r"(?:경보|위기)[^.]{0,20}해제")


@dataclass(frozen=True, slots=True)
class ParsedAlert:
    """The alert of a feed, or the reason in one line why there is none."""

    alert: CyberAlert | None
    problem: str = ""


def parse_cyber_alert(text: str) -> ParsedAlert:
    """Return the alert a feed's text says is in force. Never raises."""
    cut = text[:MOST_TEXT].strip().lstrip("﻿") if isinstance(text, str) else ""
    if not cut:
        return ParsedAlert(None, "the feed is empty")
    if cut[0] in "{[":
        return _from_json(cut)
    if cut[0] == "<":
        return _from_markup(cut)
    return _from_lines(cut)


def _from_json(text: str) -> ParsedAlert:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ParsedAlert(None, "the feed looks like JSON and is not")
    records = [record for record in _records(data) if _stage_value(record) is not None]
    if not records:
        return ParsedAlert(None, "the feed names no alert stage")
    newest = max(records, key=lambda record: _moment_key(_first(record, _DATE_KEYS)))
    return _of_record(newest, records)


def _from_lines(text: str) -> ParsedAlert:
    record: dict[str, object] = {}
    for line in text.splitlines()[:2_000]:
        name, colon, value = line.strip().lstrip("-").partition(":")
        if colon and value.strip() and len(name) <= 60:
            record.setdefault(name.strip().strip("'\"").lower(), value.split(" #")[0].strip().strip("'\""))
    if _stage_value(record) is not None:
        return _of_record(record, [record])
    stage = _spoken(text)
    if stage is None:
        return ParsedAlert(None, "the feed names no alert stage, or several")
    return ParsedAlert(CyberAlert(level=stage, title=_line(text)))


def _from_markup(text: str) -> ParsedAlert:
    found: list[tuple[float, int, int, str, datetime | None]] = []
    items = _items(text)
    for order, item in enumerate(items):
        title = _field(item, "title")
        said = f"{title}. {_field(item, 'description')} {_field(item, 'summary')}"
        stage = _spoken(title) if _ABOUT_ALERT.search(title) else None
        if stage is None and _ABOUT_ALERT.search(said):
            stage = _spoken(said)
        if stage is None:
            continue
        issued = _moment(_field(item, "pubDate") or _field(item, "published") or _field(item, "updated"))
        found.append((issued.timestamp() if issued else float("-inf"), -order, stage, title, issued))
    if not found:
        stage = None if items else _spoken(_plain(text))
        if stage is None:
            return ParsedAlert(None, "no entry of the feed says which alert stage is in force")
        return ParsedAlert(CyberAlert(level=stage, title=_line(_plain(text))))
    _, _, stage, title, issued = max(found, key=lambda entry: entry[:2])
    return ParsedAlert(CyberAlert(level=stage, title=_line(title), issued_at=issued))


def _of_record(record: dict[str, object], records: list[dict[str, object]]) -> ParsedAlert:
    stage = _stage_value(record)
    if stage is None:
        return ParsedAlert(None, "the feed names no alert stage")
    issued = _moment(_first(record, _DATE_KEYS))
    if issued is None and len({_stage_value(one) for one in records}) > 1:
        return ParsedAlert(None, "the feed names several alert stages without dates")
    title = _first(record, _TITLE_KEYS)
    return ParsedAlert(CyberAlert(level=stage, title=_line(str(title or "")), issued_at=issued))


def _records(data: object, depth: int = 0) -> list[dict[str, object]]:
    """Return the objects in a JSON value, at most eight levels deep."""
    if depth > 8:
        return []
    if isinstance(data, dict):
        own = {str(name).strip().lower(): value for name, value in list(data.items())[:200]}
        below = [record for value in own.values() for record in _records(value, depth + 1)]
        return [own, *below][:1_000]
    if isinstance(data, list):
        return [record for value in data[:500] for record in _records(value, depth + 1)][:1_000]
    return []


def _stage_value(record: dict[str, object]) -> int | None:
    for name in _LEVEL_KEYS:
        value = record.get(name)
        stage = _exact_stage(value) if value is not None else None
        if stage is not None:
            return stage
    return None


def _exact_stage(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= 4 else None
    if not isinstance(value, str) or len(value) > 200:
        return None
    word = value.strip().strip("'\"").lower()
    if word.isascii() and word.isdigit():
        return int(word) if len(word) == 1 and int(word) <= 4 else None
    if word in _ENGLISH:
        return _ENGLISH.index(word)
    named = {stage for stage in _STAGES if stage in word}
    return _STAGES.index(named.pop()) if len(named) == 1 else _spoken(word)


def _spoken(text: str) -> int | None:
    """Return the stage a sentence says is in force; None when it names none, or several without a direction."""
    raw = html.unescape(text[:_MOST_SPOKEN])
    said = " ".join(raw.replace("->", "→").translate(_QUOTES).split())
    for pattern in (_TO, _ARROW, _LABEL, _ISSUED):
        named = set(pattern.findall(said))
        if len(named) == 1:
            return _STAGES.index(named.pop())
        if len(named) > 1:
            return None
    if _LIFTED.search(said):
        return 0
    named = {*_NAMED.findall(said), *_QUOTED.findall(raw)}
    return _STAGES.index(named.pop()) if len(named) == 1 else None


def _items(text: str) -> list[str]:
    """Return the entries of a feed, each cut at a length; one pass, whatever the text is."""
    items: list[str] = []
    closings: dict[str, int] = {}
    for match in _ITEM.finditer(text):
        start, name = match.start(), match.group(1).lower()
        if closings.get(name, -1) < start:
            closing = re.compile(f"</{name}>", re.IGNORECASE).search(text, start)
            closings[name] = closing.start() if closing else len(text) + _MOST_ITEM
        if closings[name] - start <= _MOST_ITEM and closings[name] < len(text):
            items.append(text[start : closings[name]])
        if len(items) == _MOST_ITEMS:
            break
    return items


def _field(item: str, name: str) -> str:
    start = re.search(rf"<{name}\b[^<>]{{0,500}}>", item, re.IGNORECASE)
    if start is None:
        return ""
    end = re.compile(f"</{name}>", re.IGNORECASE).search(item, start.end())
    return _plain(item[start.end() : end.start()]) if end else ""


def _plain(text: str) -> str:
    inner = text.replace("<![CDATA[", "").replace("]]>", "")
    return " ".join(html.unescape(_TAG.sub(" ", html.unescape(inner))).split())


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[:1_000]).split())[:200]


def _first(record: dict[str, object], names: tuple[str, ...]) -> object:
    return next((record[name] for name in names if record.get(name)), None)


def _moment_key(value: object) -> float:
    moment = _moment(value)
    return moment.timestamp() if moment is not None else float("-inf")


def _moment(value: object) -> datetime | None:
    """Return a moment written as ISO 8601 or as in mail; without an offset it is Korean time."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        try:
            moment = parsedate_to_datetime(value.strip())
        except (ValueError, TypeError, IndexError):
            return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=KST)
    return moment if 1970 < moment.year < 9000 else None
