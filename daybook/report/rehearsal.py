"""The report over all days of a rehearsal, against the index and against doing nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from daybook.contracts.base import Mode, TradingState, Won
from daybook.report.files import write_atomically
from daybook.report.formats import UNKNOWN, cell, percent, signed_won, table, won
from daybook.report.performance import IndexDays, MeanDifference, growth, index_days, max_drawdown, mean_difference
from daybook.report.rehearsal_chart import draw_rehearsal
from daybook.report.summary import DaySummary

REHEARSAL_FILE = "rehearsal.md"
REHEARSAL_CHART = "rehearsal.png"


@dataclass(frozen=True, slots=True)
class RehearsalReport:
    """The text and its one chart; the chart is None when no day has a result."""

    markdown: str
    chart: bytes | None

    def write(self, folder: Path) -> Path:
        """Write ``rehearsal.md`` and ``rehearsal.png`` into a folder and return the path of the text."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.chart is not None:
            write_atomically(folder / REHEARSAL_CHART, self.chart)
        else:
            (folder / REHEARSAL_CHART).unlink(missing_ok=True)
        write_atomically(folder / REHEARSAL_FILE, self.markdown.encode("utf-8"))
        return folder / REHEARSAL_FILE


def render_rehearsal(
    days: Sequence[DaySummary],
    benchmark: Sequence[tuple[date, float]] | None,
    *,
    assumptions: Sequence[str] = (),
    mode: Mode = Mode.PAPER,
    account: str = "main",
    benchmark_name: str = "KOSPI200",
    report_links: str = "",
) -> RehearsalReport:
    """Return the report over ``days``, which may contain days without a session.

    ``benchmark`` holds closes of the index by date; a close of an earlier day is where it starts. ``assumptions`` are
    sentences on what the rehearsal took for granted. ``report_links`` is put before each day's report path, so that
    links lead from the folder of this report to the desk's home (``../..`` for two levels up).
    """
    ordered = sorted(days, key=lambda row: row.day)
    traded = [row for row in ordered if row.is_traded]
    ours = _daily_ratios(traded)
    index = index_days([row.day for row in traded], benchmark) if benchmark and traded else None
    parts = [
        f"# Rehearsal {_span(ordered)} · {mode.value} · account {cell(account)}",
        "> **Simulated.** A rehearsal runs the desk's own workflows over past or generated days. No real money moved, "
        "and no result of it promises anything.",
        "## Result",
    ]
    if traded:
        parts += [
            _result(traded, ours),
            _comparison(traded, ours, index, benchmark_name),
            _evidence(mean_difference(ours, index.ratios) if index else None, len(traded), benchmark_name),
            *_index_notes(index, benchmark_name),
            f"![Equity against {benchmark_name} and cash]({REHEARSAL_CHART})",
        ]
    else:
        parts.append("No day has a result.")
    parts += ["## Days", _days(ordered, report_links) if ordered else "None.", "## Assumptions", _list(assumptions)]
    chart = None
    if traded:
        chart = draw_rehearsal(
            [row.day for row in traded], ours, index.ratios if index else None, mode=mode, index_name=benchmark_name
        )
    return RehearsalReport("\n\n".join(parts) + "\n", chart)


def _daily_ratios(traded: Sequence[DaySummary]) -> list[float]:
    """Return each day's change against the close of the day before, flows taken out."""
    ratios: list[float] = []
    previous: Won | None = None
    for row in traded:
        base = previous or row.opening_equity_krw or 1
        ratios.append(((row.closing_equity_krw or 0) - row.flow_krw) / base - 1)
        previous = row.closing_equity_krw
    return ratios


def _span(ordered: Sequence[DaySummary]) -> str:
    if not ordered:
        return "without days"
    first, last = ordered[0].day, ordered[-1].day
    return f"{first}" if first == last else f"{first} to {last}"


def _result(traded: Sequence[DaySummary], ours: Sequence[float]) -> str:
    flows = sum(row.flow_krw for row in traded)
    exposures = [row.exposure_ratio for row in traded if row.exposure_ratio is not None]
    before, after = traded[0].opening_equity_krw or 0, traded[-1].closing_equity_krw or 0
    rows = [
        ("Days with a result", won(len(traded))),
        ("Equity before", f"{won(before)} KRW"),
        ("Equity after", f"{won(after)} KRW"),
        ("**Result after costs**", f"**{signed_won(after - before - flows)} KRW ({percent(growth(ours)[-1] - 1)})**"),
        ("of it realised, after costs", f"{signed_won(sum(row.realised_pnl_krw for row in traded))} KRW"),
        ("Costs included", f"{won(sum(row.costs_krw for row in traded))} KRW"),
        ("Orders / with fills / refused", _order_counts(traded)),
        ("Fills", won(sum(row.fills for row in traded))),
        ("Max drawdown (daily closes)", percent(-max_drawdown(growth(ours)))),
        ("Best / worst day", f"{percent(max(ours))} / {percent(min(ours))}"),
        ("Exposure, mean of the days", _share(sum(exposures) / len(exposures) if exposures else None)),
        ("Days reconciled at both ends", f"{sum(_is_reconciled(row) for row in traded)} of {len(traded)}"),
    ]
    if flows:
        rows.insert(3, ("Paid in or adjusted (not a result)", f"{signed_won(flows)} KRW"))
    return table(("", "value>"), rows)


def _order_counts(rows: Sequence[DaySummary]) -> str:
    orders = sum(row.orders for row in rows)
    return f"{orders:,} / {sum(row.orders_filled for row in rows):,} / {sum(row.orders_refused for row in rows):,}"


def _comparison(traded: Sequence[DaySummary], ours: Sequence[float], index: IndexDays | None, index_name: str) -> str:
    before = traded[0].opening_equity_krw or 0
    our_growth = growth(ours)
    rows = [("This desk", our_growth), ("Doing nothing (cash)", [1.0] * len(our_growth))]
    if index is not None:
        rows.insert(1, (f"{index_name}, bought and held, no costs", growth(index.ratios)))
    lines = [
        (
            name,
            percent(values[-1] - 1),
            signed_won(round(before * (values[-1] - 1))),
            percent(-max_drawdown(values)),
            UNKNOWN if name == "This desk" else percent(our_growth[-1] - values[-1]),
        )
        for name, values in rows
    ]
    text = table(("", "change>", "on equity before, KRW>", "max drawdown>", "desk minus it>"), lines)
    return text if index is not None else f"{text}\n\nNo {index_name} closes of these days were given."


def _evidence(difference: MeanDifference | None, days: int, index_name: str) -> str:
    """Say what the days can and cannot show."""
    if difference is None:
        return f"{'One day proves' if days == 1 else f'{days} days prove'} nothing about a strategy, good or bad."
    text = (
        f"Daily difference to {index_name}: mean {percent(difference.mean, 3)}, two standard errors "
        f"{percent(difference.two_errors, 3).lstrip('+')}, over {difference.days} days."
    )
    if difference.tells_nothing:
        return f"{text} Zero lies within: these days show no difference that chance does not explain."
    return f"{text} Zero lies outside, but {difference.days} days of one market are a small sample all the same."


def _index_notes(index: IndexDays | None, index_name: str) -> list[str]:
    if index is None:
        return []
    notes = []
    if index.starts_at_first_close:
        notes.append(f"{index_name} has no close before the first day: its change on that day is not in here.")
    if index.missing:
        missing = ", ".join(day.isoformat() for day in index.missing)
        notes.append(f"{index_name} has no close on {missing}: counted as unchanged.")
    return notes


def _days(ordered: Sequence[DaySummary], report_links: str) -> str:
    heads = (
        "day", "equity>", "result>", "%>", "orders>", "filled>", "refused>", "fills>", "costs>", "exposure>",
        "state", "reconciled (open/close)", "outcome",
    )  # fmt: skip
    rows = [
        (
            _linked(row, report_links),
            won(row.closing_equity_krw),
            signed_won(row.pnl_krw),
            percent(row.pnl_ratio),
            won(row.orders),
            won(row.orders_filled),
            won(row.orders_refused),
            won(row.fills),
            won(row.costs_krw),
            _share(row.exposure_ratio),
            _state(row.state),
            _reconciliation(row),
            cell(f"{row.outcome}{f': {row.note}' if row.note else ''}"),
        )
        for row in ordered
    ]
    traded = [row for row in ordered if row.is_traded]
    totals = (
        "**total**",
        "",
        f"**{signed_won(sum(row.pnl_krw or 0 for row in traded))}**",
        "",
        *(won(sum(counts)) for counts in _columns(ordered)),
        "",
        "",
        "",
        f"{len(traded)} of {len(ordered)} days with a result",
    )
    return table(heads, [*rows, totals])


def _state(state: TradingState | None) -> str:
    if state is None:
        return UNKNOWN
    return state.value if state is TradingState.ACTIVE else f"**{state.value}**"


def _columns(rows: Sequence[DaySummary]) -> list[list[int]]:
    return [
        [row.orders for row in rows],
        [row.orders_filled for row in rows],
        [row.orders_refused for row in rows],
        [row.fills for row in rows],
        [row.costs_krw for row in rows],
    ]


def _linked(row: DaySummary, report_links: str) -> str:
    if not row.report:
        return row.day.isoformat()
    target = f"{report_links.rstrip('/')}/{row.report}" if report_links else row.report
    return f"[{row.day.isoformat()}]({target})"


def _reconciliation(row: DaySummary) -> str:
    words = {True: "yes", False: "**no**", None: UNKNOWN}
    differences = f", {row.differences} differences" if row.differences else ""
    return f"{words[row.opening_signed_off]} / {words[row.closing_signed_off]}{differences}"


def _is_reconciled(row: DaySummary) -> bool:
    return bool(row.opening_signed_off and row.closing_signed_off)


def _share(ratio: float | None) -> str:
    return UNKNOWN if ratio is None else f"{ratio:.0%}"


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {cell(sentence)}" for sentence in sentences) or "None were stated."
