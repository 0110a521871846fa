"""The report on A4. Korean is set in a font every reader of Asian PDFs knows; the same run gives the same bytes."""

import io
import re
from html import escape

from reportlab.graphics.shapes import Drawing, Line, Rect
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus import Table as PaperTable

from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import ScenarioResult
from daybook.scenario_report.blocks import Bars, Block, Document, Figure, Picture, Section, Strip, Table, Text, Tone
from daybook.scenario_report.document import document_of

KOREAN_FONT = "HYGothic-Medium"
_MARGIN = 16 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_INK, _QUIET, _LINE = colors.HexColor("#22272e"), colors.HexColor("#5d6670"), colors.HexColor("#d5dae0")
_TONES = {
    Tone.PLAIN: _INK,
    Tone.QUIET: _QUIET,
    Tone.GOOD: colors.HexColor("#2c7a57"),
    Tone.BAD: colors.HexColor("#b53d2d"),
    Tone.WARN: colors.HexColor("#8a5a10"),
}
_BAR_TONES = _TONES | {Tone.PLAIN: colors.HexColor("#2f4b8f"), Tone.QUIET: colors.HexColor("#9aa3ad")}
_PLAIN_LETTERS = "\u0020-\u007e\u00a0-\u00ff\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026"
_FOREIGN = re.compile(f"[^{_PLAIN_LETTERS}\n]+")
_REPLACED = {"\u2212": "-", "\u2192": "->", "\u26a0": "!", "\ufe0f": "", "\u00b7": "\u00b7"}


def render_pdf(result: ScenarioResult, scenario: Scenario) -> bytes:
    """Return a run's report as a PDF on A4 with numbered pages, the same content as the page."""
    return pdf_of(document_of(result, scenario))


def pdf_of(document: Document) -> bytes:
    """Return a document as a PDF."""
    if KOREAN_FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(KOREAN_FONT))
    buffer = io.BytesIO()
    paper = SimpleDocTemplate(
        buffer, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=15 * mm, bottomMargin=17 * mm,
        title=document.title, author="Daybook", invariant=1, lang="ko",
    )  # fmt: skip
    flow: list[Flowable] = [
        _paragraph(document.title, 16, bold=True, after=3),
        _paragraph(document.subtitle, 10, colour=_TONES[Tone.WARN], after=8),
    ]
    for section in document.sections:
        flow += _section(section)

    def footer(page: Canvas, _: SimpleDocTemplate) -> None:
        page.setFont("Helvetica", 8)
        page.setFillColor(_QUIET)
        page.drawString(_MARGIN, 9 * mm, f"Daybook  {document.run_id}  simulation, not advice")
        page.drawRightString(A4[0] - _MARGIN, 9 * mm, str(page.getPageNumber()))

    paper.build(flow, onFirstPage=footer, onLaterPages=footer)
    return buffer.getvalue()


def _section(section: Section) -> list[Flowable]:
    title = _paragraph(section.ko, 13, bold=True, before=8, after=4, beside=section.en)
    first, *rest = [_block(block) for block in section.blocks]
    return [KeepTogether([title, *first]), *(flowable for block in rest for flowable in block)]


def _block(block: Block) -> list[Flowable]:
    match block:
        case Text():
            lines = [_paragraph(block.ko, 9.5, colour=_TONES[block.tone], after=1 if block.en else 5)]
            return [*lines, _paragraph(block.en, 8, colour=_QUIET, after=5)] if block.en else lines
        case Strip():
            return [_strip(block), Spacer(0, 6)]
        case Table():
            return [_table(block), Spacer(0, 8)]
        case Bars():
            return [_bars(block), Spacer(0, 6)]
        case Picture():
            image = Image(io.BytesIO(block.png))
            scale = _WIDTH * 0.72 / image.imageWidth
            image.drawWidth, image.drawHeight = image.imageWidth * scale, image.imageHeight * scale
            caption = _paragraph(block.ko, 9.5, bold=True, after=2, beside=block.en)
            return [KeepTogether([caption, image, Spacer(0, 8)])]


def _markup(text: str) -> str:
    """Return escaped text in which everything Helvetica lacks is set in the Korean font."""
    for found, other in _REPLACED.items():
        text = text.replace(found, other)
    text = "".join(c if ord(c) < 0x10000 and (c == "\n" or c.isprintable()) else " " for c in text)
    # Escaping adds plain letters only, so the runs of other letters stay whole.
    marked = _FOREIGN.sub(lambda run: f'<font name="{KOREAN_FONT}">{run.group()}</font>', escape(text, quote=False))
    return marked.replace("\n", "<br/>")


def _paragraph(
    text: str,
    size: float,
    *,
    colour: colors.Color = _INK,
    bold: bool = False,
    right: bool = False,
    before: float = 0,
    after: float = 0,
    beside: str = "",
) -> Paragraph:
    marked = _markup(text)
    if beside:
        marked += f' <font name="Helvetica" size="{size * 0.75:.1f}" color="#5d6670">{_markup(beside)}</font>'
    look = ParagraphStyle(
        "text", fontName="Helvetica-Bold" if bold else "Helvetica", fontSize=size, leading=size * 1.42,
        textColor=colour, spaceBefore=before, spaceAfter=after, wordWrap="" if text.isascii() else "CJK",
        alignment=TA_RIGHT if right else 0,
    )  # fmt: skip
    return Paragraph(marked, look)


def _strip(strip: Strip) -> PaperTable:
    cells = [_figure(figure) for figure in strip.figures]
    table = PaperTable([cells], colWidths=[_WIDTH / len(cells)] * len(cells))
    table.setStyle(
        TableStyle(
            [
                ("BOX", (0, 0), (-1, -1), 0.5, _LINE), ("INNERGRID", (0, 0), (-1, -1), 0.5, _LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"), ("TOPPADDING", (0, 0), (-1, -1), 5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
            ]
        )
    )  # fmt: skip
    return table


def _figure(figure: Figure) -> list[Paragraph]:
    lines = [
        _paragraph(f"{figure.label_ko} · {figure.label_en}", 7.5, colour=_QUIET),
        _paragraph(figure.value, 12.5, bold=True, colour=_TONES[Tone.WARN] if figure.tone is Tone.WARN else _INK),
    ]
    lines += [_paragraph(figure.below, 7.5, colour=_QUIET)] if figure.below else []
    lines += [_paragraph(figure.change, 8, colour=_TONES[figure.tone], bold=True)] if figure.change else []
    return lines


def _table(table: Table) -> PaperTable:
    weights = [head.weight for head in table.heads]
    widths = [_WIDTH * weight / sum(weights) for weight in weights]
    heads = [
        [
            _paragraph(head.ko, 7.5, bold=True, right=head.is_number),
            _paragraph(head.en, 6.5, colour=_QUIET, right=head.is_number),
        ]
        for head in table.heads
    ]
    body = [
        [_paragraph(cell, 7.8, right=head.is_number) for cell, head in zip(row, table.heads, strict=True)]
        for row in table.rows
    ]
    paper = PaperTable([heads, *body], colWidths=widths, repeatRows=1)
    look = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.9, _LINE), ("LINEBELOW", (0, 1), (-1, -1), 0.4, _LINE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3), ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]  # fmt: skip
    if table.total_rows:
        look.append(("LINEABOVE", (0, -table.total_rows), (-1, -table.total_rows), 0.9, _INK))
    paper.setStyle(TableStyle(look))
    return paper


def _bars(bars: Bars) -> PaperTable:
    ends = [0.0, *(bar.amount for bar in bars.bars)]
    low, high = min(ends), max(ends)
    room = _WIDTH * 0.34
    scale = 0.96 * room / ((high - low) or 1.0)
    zero = 0.02 * room - low * scale
    rows = []
    for bar in bars.bars:
        drawing = Drawing(room, 11)
        width = max(abs(bar.amount) * scale, 0.4)
        left = zero if bar.amount >= 0 else zero - width
        drawing.add(Rect(left, 2, width, 7, fillColor=_BAR_TONES[bar.tone], strokeColor=None))
        middle, spread = zero + bar.amount * scale, bar.error * scale
        drawing.add(Line(middle - spread, 5.5, middle + spread, 5.5, strokeColor=_INK, strokeWidth=0.7))
        drawing.add(Line(zero, 0, zero, 11, strokeColor=_INK, strokeWidth=0.6))
        rows.append([_paragraph(bar.label, 8), drawing, _paragraph(bar.text, 7.8)])
    table = PaperTable(rows, colWidths=[_WIDTH * 0.32, _WIDTH * 0.36, _WIDTH * 0.32])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, -1), 0)]))
    return table
