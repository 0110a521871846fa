"""The chart over many days: growth against the index and cash above, each day's result below."""

from collections.abc import Sequence
from datetime import date

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from daybook.contracts.base import Mode
from daybook.report import chart_style as style
from daybook.report.formats import percent
from daybook.report.performance import growth

_MOST_LABELS = 12


def draw_rehearsal(
    days: Sequence[date],
    ours: Sequence[float],
    index: Sequence[float] | None,
    *,
    mode: Mode,
    index_name: str,
) -> bytes:
    """Return ``rehearsal.png``: daily change ratios of the desk and of the index over the same days.

    Raises ``ValueError`` without any day.
    """
    if not days:
        raise ValueError("there is no day to draw")
    drawn = style.figure()
    total = growth(ours)[-1] - 1
    span = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
    style.headline(
        drawn,
        f"Rehearsal {span}   {percent(total)}",
        f"{len(days)} day{'s' if len(days) != 1 else ''}, {mode.value}, simulated; after costs; "
        f"{index_name} without costs",
    )
    upper = drawn.add_axes((0.045, 0.36, 0.875, 0.50))
    lower = drawn.add_axes((0.045, 0.065, 0.875, 0.235))
    for axes in (upper, lower):
        style.plain(axes)
        style.percent_axis(axes, 7 if axes is upper else 4)
        _day_axis(axes, days)
    upper.tick_params(axis="x", labelbottom=False)
    _draw_growth(upper, ours, index, index_name)
    _draw_results(lower, ours)
    return style.png(drawn)


def _draw_growth(axes: Axes, ours: Sequence[float], index: Sequence[float] | None, index_name: str) -> None:
    """Draw changes since the start; the start is the close before the first day."""
    x = range(len(ours) + 1)
    lines = [("desk", ours, style.EQUITY, 2.2)]
    if index is not None:
        lines.insert(0, (index_name, index, style.INDEX, 1.7))
    axes.axhline(0, color=style.QUIET, linewidth=1.3, linestyle=(0, (5, 4)), label="cash 0.00 %", zorder=2)
    lowest, highest = 0.0, 0.0
    for name, ratios, colour, width in lines:
        values = [value - 1 for value in growth(ratios)]
        label = f"{name} {percent(values[-1])}"
        marker = "o" if len(ratios) <= 31 else None
        axes.plot(x, values, color=colour, linewidth=width, marker=marker, markersize=4.5, label=label, zorder=3)
        lowest, highest = min(lowest, *values), max(highest, *values)
    room = max(highest - lowest, 0.002)
    axes.set_ylim(lowest - room * 0.10, highest + room * 0.22)
    style.legend(axes, columns=3)


def _draw_results(axes: Axes, ours: Sequence[float]) -> None:
    colours = [style.UP if ratio >= 0 else style.DOWN for ratio in ours]
    axes.axhline(0, color=style.QUIET, linewidth=1.0, zorder=2)
    axes.bar(range(1, len(ours) + 1), ours, width=min(0.7, len(ours) * 0.15), color=colours, linewidth=0, zorder=3)
    furthest = max(max(abs(ratio) for ratio in ours), 0.0005)
    axes.set_ylim(-furthest * 1.2, furthest * 1.2)
    axes.set_title("result of each day (red up, blue down)", loc="left", fontsize=10, color=style.QUIET, pad=4)


def _day_axis(axes: Axes, days: Sequence[date]) -> None:
    """Count days from 1, since trading days have no even distance; 0 is the close before."""
    axes.set_xlim(-0.6 if len(days) < 40 else -1, len(days) + 0.6)
    step = -(-len(days) // _MOST_LABELS)
    shown = [0, *range(1, len(days) + 1, step)] if step == 1 else list(range(1, len(days) + 1, step))
    axes.xaxis.set_major_locator(FixedLocator(shown))
    form = "%y-%m-%d" if days[0].year != days[-1].year else "%m-%d"

    def text(value: float, _: int | None) -> str:
        number = round(value)
        return f"{days[number - 1]:{form}}" if number else "start"

    axes.xaxis.set_major_formatter(FuncFormatter(text))
