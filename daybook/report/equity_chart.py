"""The chart of a day's equity: won above, change against the index below."""

from matplotlib.axes import Axes

from daybook.report import chart_style as style
from daybook.report.formats import percent, signed_won, won
from daybook.report.model import DayReport, EquityRow


def draw_equity(report: DayReport, index_name: str) -> bytes:
    """Return ``equity.png``: equity over market time with decisions, the previous close and, if known, the index.

    Raises ``ValueError`` without any equity point.
    """
    if not report.equity:
        raise ValueError("there is no equity to draw")
    drawn = style.figure()
    change = f"{signed_won(report.pnl_krw)} KRW ({percent(report.pnl_ratio)})"
    style.headline(
        drawn,
        f"Equity {report.day:%Y-%m-%d}   {change}",
        f"account {_latin(report.account)}, {report.mode.value}"
        f"{', simulated' if report.is_simulated else ', real money'}; after costs, market time KST",
    )
    with_index = [row for row in report.equity if row.index_change_ratio is not None]
    low = 0.07
    if with_index and report.opening_equity_krw > 0:
        lower = drawn.add_axes((0.045, low, 0.865, 0.245))
        _draw_changes(lower, report, with_index, index_name)
        _time_axis(lower, report)
        low = 0.37
    upper = drawn.add_axes((0.045, low, 0.865, 0.86 - low))
    _draw_equity(upper, report)
    _time_axis(upper, report)
    upper.tick_params(axis="x", labelbottom=not with_index)
    return style.png(drawn)


def _draw_equity(axes: Axes, report: DayReport) -> None:
    style.plain(axes)
    style.won_axis(axes, 8)
    x = style.x_values(row.at for row in report.equity)
    values = [row.equity_krw for row in report.equity]
    before = report.opening_equity_krw
    axes.axhline(
        before, color=style.QUIET, linewidth=1.1, linestyle=(0, (5, 4)), zorder=2, label=f"before: {won(before)}"
    )
    axes.fill_between(x, values, before, color=style.EQUITY, alpha=0.10, linewidth=0, zorder=1)
    marker = "o" if len(x) < 3 else None
    axes.plot(x, values, color=style.EQUITY, linewidth=2.0, marker=marker, zorder=3, label="equity")
    _scale(axes, [*values, before])
    _mark_decisions(axes, report)
    _mark_last(axes, x[-1], values[-1], won(values[-1]))
    style.legend(axes, columns=4)


def _scale(axes: Axes, values: list[int]) -> None:
    """Leave room for the legend above and the decision marks below; never zoom into less than 0.05 %."""
    low, high = min(values), max(values)
    span = max(high - low, 0.0005 * abs(high), 10)
    middle = (low + high) / 2
    axes.set_ylim(middle - span * 0.68, middle + span * 0.72)


def _mark_decisions(axes: Axes, report: DayReport) -> None:
    """Draw a short tick on the floor per decision, and a dot where it proposed orders."""
    if not report.decisions:
        return
    floor = axes.get_xaxis_transform()
    for label, marker, size, colour, times in (
        ("decision, no order", "|", 9, style.QUIET, [row.at for row in report.decisions if not row.proposed]),
        ("decision with orders", "o", 6, style.BUY, [row.at for row in report.decisions if row.proposed]),
    ):
        if times:
            height = [0.03] * len(times)
            x = style.x_values(times)
            axes.plot(x, height, marker, color=colour, markersize=size, transform=floor, label=label)


def _mark_last(axes: Axes, x: float, value: float, text: str) -> None:
    axes.plot([x], [value], "o", color=style.EQUITY, markersize=6, zorder=4)
    axes.annotate(
        text,
        (x, value),
        xytext=(-8, 12),
        textcoords="offset points",
        ha="right",
        fontsize=11,
        fontweight="bold",
        color=style.EQUITY,
        bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.5},
        zorder=5,
    )


def _draw_changes(axes: Axes, report: DayReport, with_index: list[EquityRow], index_name: str) -> None:
    style.plain(axes)
    style.percent_axis(axes, 5)
    before = report.opening_equity_krw
    ours = [row.equity_krw / before - 1 for row in report.equity]
    theirs = [row.index_change_ratio or 0.0 for row in with_index]
    axes.axhline(0, color=style.QUIET, linewidth=1.1, linestyle=(0, (5, 4)), zorder=2)
    axes.plot(
        style.x_values(row.at for row in with_index),
        theirs,
        color=style.INDEX,
        linewidth=1.6,
        marker="o" if len(theirs) < 3 else None,
        label=f"{index_name} {percent(theirs[-1])}",
        zorder=3,
    )
    axes.plot(
        style.x_values(row.at for row in report.equity),
        ours,
        color=style.EQUITY,
        linewidth=2.0,
        marker="o" if len(ours) < 3 else None,
        label=f"equity {percent(ours[-1])}",
        zorder=4,
    )
    low, high = min(*ours, *theirs, 0.0), max(*ours, *theirs, 0.0)
    room = max(high - low, 0.001)
    axes.set_ylim(low - room * 0.12, high + room * 0.42)
    axes.set_title("change since the previous close", loc="left", fontsize=10.5, color=style.QUIET)
    style.legend(axes, columns=2)


def _time_axis(axes: Axes, report: DayReport) -> None:
    times = [row.at for row in report.equity]
    times += [moment for moment in (report.session.opens, report.session.closes) if moment is not None]
    style.market_time_axis(axes, min(times), max(times))


def _latin(text: str) -> str:
    """Return text the chart font can draw."""
    return text.encode("ascii", "replace").decode("ascii").replace("$", "?")
