"""The panels under a price chart: volume, and one for each oscillator asked for."""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from daybook.analysis.indicators import Indicator, Lines, sma
from daybook.analysis.price_frame import Floats, PriceFrame
from daybook.report import chart_style as style

FIRST_LINE, SECOND_LINE, THIRD_LINE, FOURTH_LINE = "#e07b00", "#2f4b8f", "#7b3fa0", "#00796b"
_VOLUME_MEAN = 20


def shares_text(value: float) -> str:
    """Return a number of shares in short: ``1.5M``."""
    for size, unit in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def title(axes: Axes, text: str) -> None:
    """Name a panel at its top left."""
    axes.set_title(text, loc="left", fontsize=9.5, color=style.QUIET, pad=3)


def draw_volume(axes: Axes, frame: PriceFrame, shown: int) -> None:
    """Draw the latest sessions' volume, coloured as their candles, and its 20-session mean."""
    part = frame.last(shown)
    colours = [style.UP if up else style.DOWN for up in part.close >= part.open]
    axes.bar(range(len(part)), part.volume, width=0.68, color=colours, alpha=0.5, linewidth=0, zorder=3)
    if len(frame) >= _VOLUME_MEAN:
        mean = sma(frame.volume, _VOLUME_MEAN)[-len(part) :]
        axes.plot(range(len(part)), mean, color=style.INK, linewidth=1.0, alpha=0.7, zorder=4)
    axes.set_ylim(0, float(part.volume.max()) * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shares_text(value)))
    title(axes, f"volume, shares; line: mean of {_VOLUME_MEAN} sessions")


def draw_rsi(axes: Axes, lines: Lines) -> None:
    """Draw RSI between its usual bounds."""
    _bounded(axes, lines["rsi"], (30, 70))
    axes.plot(lines["rsi"], color=FIRST_LINE, linewidth=1.5, zorder=4)
    title(axes, "RSI 14; bounds 30 and 70")


def draw_stochastic(axes: Axes, lines: Lines) -> None:
    """Draw the slow stochastic between its usual bounds."""
    _bounded(axes, lines["k"], (20, 80))
    axes.plot(lines["k"], color=FIRST_LINE, linewidth=1.4, zorder=4)
    axes.plot(lines["d"], color=SECOND_LINE, linewidth=1.2, zorder=4)
    title(axes, "slow stochastic 14, 3, 3: %K orange, %D blue")


def draw_macd(axes: Axes, lines: Lines) -> None:
    """Draw MACD, its signal and their difference."""
    histogram = lines["histogram"]
    colours = [style.UP if value >= 0 else style.DOWN for value in histogram]
    places = np.arange(len(histogram))
    axes.bar(places, np.nan_to_num(histogram), width=0.68, color=colours, alpha=0.5, linewidth=0, zorder=3)
    axes.plot(lines["macd"], color=FIRST_LINE, linewidth=1.4, zorder=4)
    axes.plot(lines["signal"], color=SECOND_LINE, linewidth=1.2, zorder=4)
    axes.axhline(0, color=style.QUIET, linewidth=0.8, zorder=2)
    style.won_axis(axes, 4)
    title(axes, "MACD 12, 26, 9, won: MACD orange, signal blue")


def draw_adx(axes: Axes, lines: Lines) -> None:
    """Draw ADX and its two directions."""
    axes.plot(lines["adx"], color=style.INK, linewidth=1.5, zorder=4)
    axes.plot(lines["plus_di"], color=style.UP, linewidth=1.1, zorder=4)
    axes.plot(lines["minus_di"], color=style.DOWN, linewidth=1.1, zorder=4)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    title(axes, "ADX 14 black, +DI red, −DI blue")


def draw_atr(axes: Axes, lines: Lines) -> None:
    """Draw the average true range."""
    axes.plot(lines["atr"], color=FIRST_LINE, linewidth=1.5, zorder=4)
    style.won_axis(axes, 3)
    title(axes, "ATR 14, won")


def draw_obv(axes: Axes, lines: Lines) -> None:
    """Draw the on-balance volume."""
    axes.plot(lines["obv"], color=FIRST_LINE, linewidth=1.5, zorder=4)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: shares_text(value)))
    title(axes, "on-balance volume, shares")


PANELS: Mapping[Indicator, Callable[[Axes, Lines], None]] = {
    Indicator.RSI: draw_rsi,
    Indicator.STOCHASTIC: draw_stochastic,
    Indicator.MACD: draw_macd,
    Indicator.ADX: draw_adx,
    Indicator.ATR: draw_atr,
    Indicator.OBV: draw_obv,
}
"""Indicators drawn in a panel of their own; the others are lines over the prices."""


def _bounded(axes: Axes, line: Floats, bounds: tuple[int, int]) -> None:
    axes.axhspan(*bounds, color=style.GRID, alpha=0.45, linewidth=0, zorder=1)
    axes.set_ylim(0, 100)
    axes.set_yticks(bounds)
    above, below = np.fmax(line, bounds[1]), np.fmin(line, bounds[0])
    places = np.arange(len(line))
    axes.fill_between(places, bounds[1], above, color=style.UP, alpha=0.25, linewidth=0, zorder=3)
    axes.fill_between(places, bounds[0], below, color=style.DOWN, alpha=0.25, linewidth=0, zorder=3)
