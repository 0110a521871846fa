"""A news report on a terminal: bars of sentiment, headlines, warnings, problems, cost; markup in it stays text."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.text import Text

from daybook.commands.screen import WIDTH, aligned
from daybook.contracts.base import KST
from daybook.contracts.news import Headline, NewsReport, Scorer

_HALF = 12
_LABEL = 22
_MOST_SYMBOLS, _MOST_HEADLINES = 15, 20
_FELT = 0.1


def report_lines(report: NewsReport) -> Iterator[Text]:
    """Yield a report's lines for 80 columns; colours show on a terminal only."""
    as_of = report.as_of.astimezone(KST)
    about = ", ".join(report.keywords)
    yield Text(f"News of {report.days} {_days(report.days)} to {as_of:%Y-%m-%d %H:%M} KST", style="bold")
    yield Text(f"run {report.run_id}{f', words {about}' if about else ''}", style="dim")
    yield Text("")
    for line in _wrapped(report.summary, WIDTH - 2) or ["no summary"]:
        yield Text(f"  {line}")
    yield Text("")
    yield _bar_line("market", report.market_sentiment, f"{report.stories} stories of {report.articles} articles")
    for row in report.symbols[:_MOST_SYMBOLS]:
        yield _bar_line(f"{row.symbol} {row.name}".strip(), row.sentiment, f"{row.stories} of {row.articles}")
    if report.threats:
        yield from _heading("Warnings (they change nothing by themselves)")
        for signal in report.threats:
            named = f" {', '.join(signal.symbols)}" if signal.symbols else ""
            kind, stories = signal.kind.value.replace("_", " "), len(signal.article_ids)
            text = f"  {signal.severity:.2f} {kind}, {stories} {'story' if stories == 1 else 'stories'}{named}"
            yield Text(text, style="red" if signal.severity > 0.5 else "yellow")
    if report.headlines:
        yield from _heading("Headlines")
        for headline in report.headlines[:_MOST_HEADLINES]:
            yield from _headline(headline)
        if len(report.headlines) > _MOST_HEADLINES:
            yield Text(f"  ... and {len(report.headlines) - _MOST_HEADLINES} more with --json", style="dim")
    if report.problems or report.refused_future:
        yield from _heading("Problems")
        for problem in report.problems:
            for number, line in enumerate(_wrapped(problem, WIDTH - 4)):
                yield Text(f"  {'- ' if not number else '  '}{line}", style="yellow")
        if report.refused_future:
            yield Text(f"  - {report.refused_future} articles dated in the future were not used", style="yellow")
    yield Text("")
    scorer = "a model, held to the lexicon" if report.scorer is Scorer.MODEL else "the lexicon"
    yield Text(
        f"scored by {scorer}; summary by {report.summary_by}; cost {report.cost_micro_krw / 1_000_000:,.2f} KRW",
        style="dim",
    )


def list_lines(reports: Sequence[NewsReport]) -> list[str]:
    """Return a line for each report."""
    rows = [
        [
            report.run_id,
            f"{report.as_of.astimezone(KST):%Y-%m-%d %H:%M}",
            str(report.days),
            f"{report.market_sentiment:+.2f}",
            str(report.stories),
            str(len(report.threats)),
            report.summary_by,
        ]
        for report in reports
    ]
    return aligned(
        ["run", "as of (KST)", "days", "market", "stories", "warnings", "summary by"], rows, right={2, 3, 4, 5}
    )


def bar(sentiment: float) -> str:
    """Return a bar of -1 to 1 around its middle."""
    cells = min(_HALF, round(abs(sentiment) * _HALF))
    left = ("█" * cells if sentiment < 0 else "").rjust(_HALF, "·")
    right = ("█" * cells if sentiment > 0 else "").ljust(_HALF, "·")
    return f"{left}|{right}"


def _bar_line(label: str, sentiment: float, remark: str) -> Text:
    style = "red" if sentiment > _FELT else "blue" if sentiment < -_FELT else ""
    line = Text(f"  {_cut(label, _LABEL)} ")
    # Korean markets show gains in red and losses in blue.
    line.append(bar(sentiment), style=style)
    line.append(f" {sentiment:+.2f}", style=style)
    line.append(f"  {remark}", style="dim")
    return line


def _headline(headline: Headline) -> Iterator[Text]:
    when = f"{headline.published_at.astimezone(KST):%m-%d %H:%M}"
    copies = f" (x{headline.copies})" if headline.copies > 1 else ""
    style = "red" if headline.sentiment > _FELT else "blue" if headline.sentiment < -_FELT else ""
    lines = _wrapped(f"{headline.title}{copies}", WIDTH - 22) or [""]
    first = Text(f"  {when} ")
    first.append(f"{headline.sentiment:+.2f}", style=style)
    first.append(f"  {lines[0]}")
    yield first
    for line in lines[1:]:
        yield Text(f"{'':<21}{line}")
    yield Text(f"{'':<21}{headline.publisher} · {headline.source.value}", style="dim")


def _heading(text: str) -> Iterator[Text]:
    yield Text("")
    yield Text(text, style="bold")


def _wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines of ``width`` cells; a Korean letter takes two."""
    lines: list[str] = []
    for word in text.split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += chop_cells(word, width)
    return lines


def _cut(text: str, width: int) -> str:
    return set_cell_size(text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…", width)


def _days(days: int) -> str:
    return "day" if days == 1 else "days"
