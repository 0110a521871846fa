"""Plain aligned text for a terminal of 80 columns; nothing is cut, and a program that reads it loses nothing."""

import textwrap
from collections.abc import Collection, Iterable, Sequence

from rich.cells import cell_len

WIDTH = 80
_GAP = "  "


def aligned(headers: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Return a header line and a line for each row, columns aligned; ``right`` are columns of numbers."""
    table = [list(headers), *(list(row) for row in rows)]
    widths = [max(cell_len(row[column]) for row in table) for column in range(len(headers))]
    return [
        _GAP.join(_padded(cell, widths[column], column in right) for column, cell in enumerate(row)).rstrip()
        for row in table
    ]


def labelled(label: str, text: str, *, indent: int = 16) -> str:
    """Return a label and its text, wrapped beside the label."""
    lines = textwrap.wrap(
        text, WIDTH - indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    ) or [""]
    return "\n".join(f"{label if number == 0 else '':<{indent}}{line}".rstrip() for number, line in enumerate(lines))


def wrapped(text: str, *, indent: int = 0) -> str:
    """Return Markdown text wrapped to the width less ``indent``, list entries hanging; words are never broken."""
    lines: list[str] = []
    for line in text.splitlines():
        hanging = "  " if line.startswith(("- ", "* ")) else ""
        lines += textwrap.wrap(
            line, WIDTH - indent, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
        ) or [""]
    return "\n".join(lines)


def _padded(cell: str, width: int, to_the_right: bool) -> str:
    space = " " * (width - cell_len(cell))
    return space + cell if to_the_right else cell + space
