"""Results of scenario runs as files."""

import csv
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from daybook.commands.support import fail
from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import ScenarioResult

FORMATS = ("json", "csv", "html", "pdf")
_UTF8_MARK = "\ufeff"
"""Spreadsheets take a file without it for one in the system's own code page."""


def exported(kind: str, scenario: Scenario, result: ScenarioResult) -> bytes:
    """Return a result in one of ``FORMATS``."""
    if kind == "json":
        content = {"scenario": scenario.model_dump(mode="json"), "result": result.model_dump(mode="json")}
        return json.dumps(content, ensure_ascii=False, indent=2).encode()
    if kind == "csv":
        return csv_text(result).encode()
    if kind == "html":
        from daybook.scenario_report.html import render_html

        return render_html(result, scenario).encode()
    from daybook.scenario_report.pdf import render_pdf

    return render_pdf(result, scenario)


def csv_text(result: ScenarioResult) -> str:
    """Return every number and text of a result as rows of section, row, field and value, for spreadsheets."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(("section", "row", "field", "value"))
    for section, content in result.model_dump(mode="json").items():
        if not isinstance(content, list):
            writer.writerows(_fields(section, "", content))
            continue
        for place, entry in enumerate(content):
            writer.writerows(_fields(section, _name(entry, place), entry))
    return _UTF8_MARK + buffer.getvalue()


def _name(entry: Any, place: int) -> str:
    if isinstance(entry, dict):
        for key in ("id", "code", "name", "use", "action", "assumption", "budget_krw", "gamma"):
            if key in entry:
                return str(entry[key])
    return str(place)


def _fields(section: str, row: str, value: Any, field: str = "") -> Iterator[tuple[str, str, str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(section, row, inner, f"{field}.{key}" if field else str(key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _fields(section, row, inner, f"{field}[{place}]")
    else:
        yield section, row, field, "" if value is None else _safe(value)


def _safe(value: Any) -> str:
    """Return a value that no spreadsheet takes for a formula."""
    text = repr(value) if isinstance(value, float) else str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def write_new(path: str, content: bytes) -> Path:
    """Write a file that is not there yet and return its path; another one is never overwritten."""
    target = Path(path).expanduser()
    if target.is_dir():
        fail(f"{path} is a folder; name a file with --out")
    if not target.parent.is_dir():
        fail(f"there is no folder {target.parent}; make it, or name another file with --out")
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        fail(f"{path} exists; name another file with --out")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return target
