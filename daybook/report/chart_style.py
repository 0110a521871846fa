"""The look all charts share: one canvas, one palette, Latin text only.

Figures are drawn through the object-oriented API on the Agg canvas; nothing global is touched, so any thread may
draw. Korean glyphs are missing from many fonts, hence charts name symbols by code.
"""

import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator
from PIL import Image

from daybook.report.formats import percent, won

WIDTH_IN, HEIGHT_IN, DPI = 12.0, 7.0, 100
"""1200 x 700 pixels."""

UP = "#d6322c"
"""Prices that rose: red, as Korean charts have it."""
DOWN = "#1f5fc4"
"""Prices that fell: blue."""
BUY = "#00796b"
SELL = "#e07b00"
INK = "#22272e"
QUIET = "#6e7781"
GRID = "#e4e7eb"
EQUITY = "#2f4b8f"
INDEX = "#b0752a"

_KST_MINUTES = 9 * 60
_COLOURS = 128
_ROUND_STEPS = (1, 2, 2.5, 5, 10)


def figure() -> Figure:
    """Return an empty figure of the common size."""
    return Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI, facecolor="white")


def headline(drawn: Figure, title: str, subtitle: str) -> None:
    """Write a bold line and a quiet one into the top left corner."""
    drawn.text(0.045, 0.965, title, fontsize=15, fontweight="bold", color=INK, va="top", ha="left")
    drawn.text(0.045, 0.918, subtitle, fontsize=10.5, color=QUIET, va="top", ha="left")


def plain(axes: Axes) -> None:
    """Leave only what is read: a light grid, values on the right, no frame."""
    for side in ("top", "left", "right"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(GRID)
    axes.grid(visible=True, axis="both", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", colors=QUIET, labelsize=10, length=0, pad=6)
    axes.yaxis.tick_right()


def legend(axes: Axes, columns: int) -> None:
    """Write the legend in one line above the data."""
    axes.legend(loc="upper left", frameon=False, fontsize=10, labelcolor=INK, ncols=columns, handlelength=1.8)


def won_axis(axes: Axes, ticks: int) -> None:
    """Write values with thousands separators, at up to ``ticks`` round whole values."""
    axes.yaxis.set_major_locator(MaxNLocator(nbins=ticks, integer=True, steps=_ROUND_STEPS))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: won(value)))


def percent_axis(axes: Axes, ticks: int) -> None:
    """Write ratios as signed percentages with as many digits as their spacing needs, at up to ``ticks`` values."""

    def text(value: float, _: Any) -> str:
        low, high = axes.get_ylim()
        return percent(value, 2 if high - low < 0.01 else 1)

    axes.yaxis.set_major_locator(MaxNLocator(nbins=ticks, steps=_ROUND_STEPS))
    axes.yaxis.set_major_formatter(FuncFormatter(text))


def market_time_axis(axes: Axes, first: datetime, last: datetime) -> None:
    """Show ``[first, last]`` in market time with a tick at round half hours or finer."""
    if last <= first:
        last = first + timedelta(minutes=1)
    span_min = (last - first).total_seconds() / 60
    step = next((minutes for minutes in (5, 10, 30, 60) if span_min / minutes <= 15), 120)
    room = span_min * 0.01
    axes.set_xlim(x_value(first) - room, x_value(last) + room)
    axes.xaxis.set_major_locator(MultipleLocator(step))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{int(value) // 60 % 24:02d}:{int(value) % 60:02d}"))


def x_value(moment: datetime) -> float:
    """Return a moment as minutes on the market's clock, which start anew at no midnight."""
    return moment.timestamp() / 60 + _KST_MINUTES


def x_values(moments: Iterable[datetime]) -> list[float]:
    """Return moments as minutes on the market's clock."""
    return [x_value(moment) for moment in moments]


def png(drawn: Figure) -> bytes:
    """Return the figure as a PNG with a palette, which is small; the same figure gives the same bytes."""
    raw = io.BytesIO()
    drawn.savefig(raw, format="rgba", dpi=DPI)
    pixels = Image.frombytes("RGBA", (round(WIDTH_IN * DPI), round(HEIGHT_IN * DPI)), raw.getvalue()).convert("RGB")
    buffer = io.BytesIO()
    pixels.quantize(colors=_COLOURS, dither=Image.Dither.NONE).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
