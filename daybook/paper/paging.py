"""Pages of a KIS inquiry: what a client sends back to continue, padded to its field's width.

The continuation key names the last row of the page, so rows that appear meanwhile shift nothing. The last page's
key is all spaces. KIS marks more pages with ``tr_cont`` F (first page) or M (a middle one) and the last page with
D (the only one) or E.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page:
    """Where one page stands: its slice of the rows, and what the reply says about the rest."""

    start: int
    end: int
    has_more: bool
    tr_cont: str
    next_key: str

    def of(self, rows: Sequence[Item]) -> list[Item]:
        """Return the rows of this page."""
        return list(rows[self.start : self.end])


def page_of(row_keys: Sequence[str], size: int, key: str, *, continues: bool) -> Page:
    """Return the page a request asks for, of rows named by ``row_keys``.

    ``key`` is the continuation key as sent back, padded or stripped; it counts only with ``tr_cont: N``. A key
    that names no row asks for the first page.
    """
    wanted = key.strip()
    start = row_keys.index(wanted) + 1 if continues and wanted in row_keys else 0
    end = min(start + size, len(row_keys))
    has_more = end < len(row_keys)
    return Page(start, end, has_more, continuation_mark(start > 0, has_more), row_keys[end - 1] if has_more else "")


def continuation_mark(is_continued: bool, has_more: bool) -> str:
    """Return ``tr_cont`` of a page."""
    if has_more:
        return "M" if is_continued else "F"
    return "E" if is_continued else "D"


def context_fields(width: int, query_key: str, next_key: str, suffix: str) -> dict[str, str]:
    """Return ``ctx_area_fk``/``ctx_area_nk`` padded to their width; ``suffix`` is ``100``, ``200`` or blank."""
    return {
        f"ctx_area_fk{suffix}": query_key[:width].ljust(width),
        f"ctx_area_nk{suffix}": next_key.ljust(width),
    }
