"""The look of a scenario's charts: the desk's colours on a smaller page, so that a phone can read them.

Charts hold Latin text only, for many machines have no Korean font: things are named by id or code, and the page
around a chart names them in Korean. The same figures give the same bytes.
"""

import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image

from daybook.report import chart_style as style

WIDTH_IN, DPI = 7.6, 150
PLAN, BASE, THIRD = style.EQUITY, style.INDEX, "#7fb8a4"
BAD, GOOD = "#c8503f", "#3f8f6b"
INK, QUIET, GRID = style.INK, style.QUIET, style.GRID
_COLOURS = 96


def figure(height_in: float = 4.3) -> Figure:
    """Return an empty figure of the common width."""
    return Figure(figsize=(WIDTH_IN, height_in), dpi=DPI, facecolor="white")


def axes_of(drawn: Figure, left: float = 0.03, right: float = 0.90, top_in: float = 0.42) -> Axes:
    """Return axes in the desk's look, values on the right, with ``top_in`` inches of room for a legend above."""
    height_in = float(drawn.get_size_inches()[1])
    bottom, top = 0.62 / height_in, top_in / height_in
    axes: Axes = drawn.add_axes((left, bottom, right - left, 1 - bottom - top))
    style.plain(axes)
    return axes


def legend(axes: Axes, columns: int = 3) -> None:
    """Write the legend in one line above the data."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.01, 1.0), frameon=False, fontsize=9.5, labelcolor=INK, ncols=columns,
        handlelength=1.6, borderaxespad=0.2, columnspacing=1.4,
    )  # fmt: skip


def million(value: float) -> str:
    """Return won in millions with the digits the size needs: ``12.3``."""
    size = abs(value) / 1e6
    digits = 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2 if size >= 0.1 else 3
    text = f"{value / 1e6:,.{digits}f}"
    return (text if any(digit in text for digit in "123456789") else text.lstrip("-")).replace("-", "\u2212")


def million_axis(axes: Axes, which: str, ticks: int = 6) -> None:
    """Write values of one axis in million won."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(nbins=ticks, steps=[1, 2, 2.5, 5, 10]))

    def text(value: float, _: object) -> str:
        shown = f"{value / 1e6:,.6f}".rstrip("0").rstrip(".")
        return ("0" if shown in {"-0", ""} else shown).replace("-", "\u2212")

    axis.set_major_formatter(FuncFormatter(text))


def percent_axis(axes: Axes, which: str, ticks: int = 6) -> None:
    """Write values of one axis as percentages."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(nbins=ticks, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %".replace("-", "\u2212")))


def x_label(axes: Axes, text: str) -> None:
    """Name the horizontal axis, quietly."""
    axes.set_xlabel(text, fontsize=9.5, color=QUIET, labelpad=4)


def latin(text: str, otherwise: str) -> str:
    """Return a text a chart can show: printable ASCII, dollars escaped; ``otherwise`` where it is not."""
    shown = text if text.strip() and text.isascii() and text.isprintable() else otherwise
    return shown.replace("\\", "/").replace("$", r"\$")


def shortened(text: str, longest: int) -> str:
    """Return a text cut at a word where it is too long."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(" ,(") + "\u2026"


def note(axes: Axes, text: str) -> None:
    """Say in the middle of an empty chart why it is empty."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=11, color=QUIET)
    axes.set_xticks([])
    axes.set_yticks([])


def bars_room(values: Sequence[float]) -> tuple[float, float]:
    """Return the range of an axis that shows values and zero with room for labels at both ends."""
    low, high = min([0.0, *values]), max([0.0, *values])
    room = (high - low or 1.0) * 0.16
    return low - room, high + room


def png(drawn: Figure) -> bytes:
    """Return the figure as a PNG with a palette; the same figure gives the same bytes."""
    raw = io.BytesIO()
    drawn.savefig(raw, format="rgba", dpi=DPI)
    width, height = (round(float(side) * DPI) for side in drawn.get_size_inches())
    pixels = Image.frombytes("RGBA", (width, height), raw.getvalue()).convert("RGB")
    buffer = io.BytesIO()
    pixels.quantize(colors=_COLOURS, dither=Image.Dither.NONE).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
