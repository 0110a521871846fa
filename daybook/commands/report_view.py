"""A Markdown report as plain text for a terminal: tables aligned, too wide ones with their last columns underneath."""

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.cells import cell_len

from daybook.commands.screen import WIDTH, aligned, labelled, wrapped
from daybook.commands.support import console, print_text

_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)]*)\)")
_RULE_CELL = re.compile(r":?-+:?")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_INDENT = 4


def report_view(text: str, width: int) -> str:
    """Return a report for a terminal of ``width`` columns."""
    shown: list[str] = []
    table: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            table.append([_plain(cell.strip()) for cell in _CELL_BORDER.split(line)[1:-1]])
            continue
        if table:
            shown += _table(table, width)
            table = []
        shown += _prose(line)
    return "\n".join(shown).rstrip() + "\n"


def show_report(path: Path) -> None:
    """Print a report, fitted to a terminal, as it is anywhere else."""
    text = path.read_text(encoding="utf-8", errors="replace")
    print_text(report_view(text, max(WIDTH, console.width)) if console.is_terminal else text)


def _prose(line: str) -> list[str]:
    if line.startswith("#"):
        title = _plain(line.lstrip("# "))
        return [title, ("=" if line.startswith("# ") else "-") * cell_len(title)]
    if line.startswith(">"):
        return [f"  {part}".rstrip() for part in wrapped(_plain(line.lstrip("> ")), indent=2).splitlines()] or [""]
    return wrapped(_plain(line)).splitlines() or [""]


def _table(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    head, rule, body = rows[0], rows[1] if len(rows) > 1 else [], rows[2:]
    right = {column for column, cell in enumerate(rule) if _RULE_CELL.fullmatch(cell) and cell.endswith(":")}
    columns = len(head)
    while columns > 1:
        lines = aligned(head[:columns], [row[:columns] for row in body], right)
        if max(cell_len(line) for line in lines) <= width:
            break
        columns -= 1
    lines = aligned(head[:columns], [row[:columns] for row in body], right)
    yield lines[0]
    for line, row in zip(lines[1:], body, strict=True):
        yield line
        rest = "; ".join(f"{name} {cell}" for name, cell in zip(head[columns:], row[columns:], strict=True) if cell)
        if rest:
            yield labelled("", rest, indent=_INDENT)


def _plain(text: str) -> str:
    text = _IMAGE.sub(lambda found: f"{found[1]}: {found[2]}", text)
    return html.unescape(text.replace("**", "").replace("\\|", "|").replace("`", ""))
