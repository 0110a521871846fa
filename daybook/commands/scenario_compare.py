"""Two runs side by side, as lines of text."""

from collections.abc import Iterator, Sequence

from daybook.scenario_report.compare import Comparison, Difference

_LABEL, _VALUE = 40, 30


def comparison_lines(first: str, second: str, found: Comparison) -> list[str]:
    """Return a comparison as a table; figures that differ by less than two standard errors are said to."""
    lines = [f"{'':<{_LABEL}}{first:>{_VALUE}}{second:>{_VALUE}}"]
    lines += _section("input", found.inputs)
    lines += _section("origin", [row for row in found.origin if not row.is_equal])
    lines += _section("figures", found.figures)
    lines += _section("shares", found.positions)
    if found.is_repeat:
        lines.append("the same input on the same data: every figure must be equal")
    return lines


def _section(title: str, rows: Sequence[Difference]) -> Iterator[str]:
    if rows:
        yield f"{title}:"
    for row in rows:
        unclear = " (not clear)" if row.is_clear is False and not row.is_equal else ""
        yield (
            f"  {row.label_en[: _LABEL - 3]:<{_LABEL - 2}}{_short(row.first):>{_VALUE}}{_short(row.second):>{_VALUE}}"
            f"  {row.change}{unclear}".rstrip()
        )


def _short(text: str) -> str:
    return text if len(text) < _VALUE else f"{text[: _VALUE - 4]}..."
