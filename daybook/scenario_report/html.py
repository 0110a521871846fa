"""The report as one page: no script, no outside address, charts inside, every text escaped.

Its own Content-Security-Policy allows its one style sheet by hash and images from inside the page, nothing else.
"""

from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from html import escape

from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import ScenarioResult
from daybook.scenario_report.blocks import Bars, Block, Document, Figure, Picture, Section, Strip, Table, Text
from daybook.scenario_report.document import document_of
from daybook.scenario_report.page_style import STYLE

_LEAST_WIDTH = 0.6


def render_html(result: ScenarioResult, scenario: Scenario, *, now: datetime | None = None) -> str:
    """Return a run's report as one self-contained page, Korean first.

    The same run gives the same page; with ``now`` it also tells how old the data is.
    """
    return page_of(document_of(result, scenario, now=now))


def page_of(document: Document) -> str:
    """Return a document as a page."""
    digest = b64encode(sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    links = "".join(f'<a href="#{row.anchor}">{escape(row.ko)}</a>' for row in document.sections)
    body = "".join(_section(section) for section in document.sections)
    return (
        '<!DOCTYPE html>\n<html lang="ko"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
        f"<title>{escape(document.title)}</title><style>{STYLE}</style></head>\n<body><main><header>"
        f'<h1>{escape(document.title)}</h1><div class="disclaimer">{escape(document.subtitle)}</div>'
        f"<nav>{links}</nav></header>\n{body}"
        f"<footer>Daybook · {escape(document.run_id)} · This is a simulation, not advice.</footer>"
        "</main></body></html>\n"
    )


def _section(section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    title = f"{escape(section.ko)}<small>{escape(section.en)}</small>"
    return f'<section id="{section.anchor}"><h2>{title}</h2>\n{blocks}\n</section>\n'


def _block(block: Block) -> str:
    match block:
        case Text():
            english = f"<small>{escape(block.en)}</small>" if block.en else ""
            return f'<p class="{block.tone.value}">{escape(block.ko)}{english}</p>'
        case Strip():
            cells = "".join(_figure(figure) for figure in block.figures)
            return f'<div class="strip">{cells}</div>'
        case Table():
            return _table(block)
        case Bars():
            return _bars(block)
        case Picture():
            caption = f"<figcaption>{escape(block.ko)}<small>{escape(block.en)}</small></figcaption>"
            source = f"data:image/png;base64,{b64encode(block.png).decode()}"
            return f'<figure>{caption}<img alt="{escape(block.ko)}: {escape(block.en)}" src="{source}"></figure>'


def _figure(figure: Figure) -> str:
    lines = "".join(
        f'<div class="{name}">{escape(text)}</div>'
        for name, text in (("below", figure.below), ("change", figure.change))
        if text
    )
    return (
        f'<div class="figure {figure.tone.value}"><div class="label">{escape(figure.label_ko)} '
        f'· {escape(figure.label_en)}</div><div class="value">{escape(figure.value)}</div>{lines}</div>'
    )


def _table(table: Table) -> str:
    sides = [' class="number"' if head.is_number else "" for head in table.heads]
    heads = "".join(
        f"<th{side}>{escape(head.ko)}<small>{escape(head.en)}</small></th>"
        for side, head in zip(sides, table.heads, strict=True)
    )
    rows = []
    for at, row in enumerate(table.rows):
        total = ' class="total"' if at >= len(table.rows) - table.total_rows else ""
        cells = "".join(f"<td{side}>{escape(cell)}</td>" for side, cell in zip(sides, row, strict=True))
        rows.append(f"<tr{total}>{cells}</tr>")
    body = "".join(rows)
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _bars(bars: Bars) -> str:
    ends = [0.0, *(bar.amount for bar in bars.bars)]
    low, high = min(ends), max(ends)
    scale = 96 / ((high - low) or 1.0)
    zero = 2 - low * scale
    rows = []
    for bar in bars.bars:
        width = max(abs(bar.amount) * scale, _LEAST_WIDTH)
        left = zero if bar.amount >= 0 else zero - width
        middle, spread = zero + bar.amount * scale, bar.error * scale
        drawn = (
            '<svg viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect class="{bar.tone.value}" x="{left:.2f}" y="3" width="{width:.2f}" height="10"/>'
            f'<line class="error" x1="{middle - spread:.2f}" y1="8" x2="{middle + spread:.2f}" y2="8"/>'
            f'<line class="zero" x1="{zero:.2f}" y1="0" x2="{zero:.2f}" y2="16"/></svg>'
        )
        rows.append(
            f'<div class="bar"><div>{escape(bar.label)}</div>{drawn}<div class="amount">{escape(bar.text)}</div></div>'
        )
    return f'<div class="bars">{"".join(rows)}</div>'
