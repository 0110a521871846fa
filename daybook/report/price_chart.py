"""The chart of a symbol's daily prices: candles, means, levels, volume and oscillators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from daybook.analysis.indicators import Indicator, Lines
from daybook.analysis.levels import Level, LevelKind
from daybook.analysis.price_frame import PriceFrame
from daybook.report import chart_style as style
from daybook.report.formats import percent, won
from daybook.report.price_panels import (
    FIRST_LINE,
    FOURTH_LINE,
    PANELS,
    SECOND_LINE,
    THIRD_LINE,
    draw_volume,
)

MOST_PANELS = 2
"""Oscillators below the volume; more would leave no room for the prices."""

_LEFT, _WIDTH, _BOTTOM, _TOP = 0.045, 0.865, 0.055, 0.845
_GAP, _PANEL_HEIGHT = 0.042, 0.105
_MEAN_COLOURS = {"sma5": FIRST_LINE, "sma20": SECOND_LINE, "sma60": THIRD_LINE, "sma120": FOURTH_LINE}
_EMA_COLOURS = {"ema12": FIRST_LINE, "ema26": SECOND_LINE}
_LABEL_HEIGHT = 0.024
"""How high a label is, against the chart."""
_LABEL_ROOM = 0.028
"""How far candles stay from a label, against the height of the prices."""

_LABEL_SESSIONS = 17
"""How wide a label is, in percent of the sessions shown."""


@dataclass(frozen=True, slots=True)
class PriceChart:
    """What to draw.

    Attributes:
        frame: prices, with sessions before the shown ones so that volume means have a start.
        shown: how many of the latest sessions to draw.
        indicators: lines of each indicator, as long as ``frame``; those not over the prices get panels.
        levels: support and resistance to mark.
    """

    frame: PriceFrame
    shown: int
    indicators: Mapping[Indicator, Lines]
    levels: Sequence[Level]


def draw_prices(chart: PriceChart) -> bytes:
    """Return the chart as a PNG of 1200 x 700; raises ``ValueError`` for no session or too many panels."""
    part = chart.frame.last(chart.shown)
    panels = [indicator for indicator in chart.indicators if indicator in PANELS]
    if len(part) < 2:
        raise ValueError(f"there are too few sessions of {part.symbol} to draw")
    if len(panels) > MOST_PANELS:
        raise ValueError(f"a chart has room for {MOST_PANELS} of {', '.join(PANELS)}")
    drawn = style.figure()
    _headline(drawn, part, panels)
    places = iter(np.arange(len(panels) + 1) * (_PANEL_HEIGHT + _GAP) + _BOTTOM)
    for indicator in reversed(panels):
        axes = _axes(drawn.add_axes((_LEFT, next(places), _WIDTH, _PANEL_HEIGHT)), part)
        PANELS[indicator](axes, _latest(chart.indicators[indicator], len(part)))
    volume = _axes(drawn.add_axes((_LEFT, next(places), _WIDTH, _PANEL_HEIGHT)), part)
    draw_volume(volume, chart.frame, len(part))
    bottom = _BOTTOM + (len(panels) + 1) * (_PANEL_HEIGHT + _GAP)
    prices = _axes(drawn.add_axes((_LEFT, bottom, _WIDTH, _TOP - bottom)), part)
    for axes in drawn.axes[1:]:
        axes.tick_params(axis="x", labelbottom=False)
    _draw_candles(prices, part)
    _draw_lines(prices, chart.indicators, len(part))
    _frame_prices(prices, part)
    _draw_levels(prices, part, chart.levels)
    if prices.get_legend_handles_labels()[0]:
        prices.legend(loc="lower left", bbox_to_anchor=(-0.008, 0.985), frameon=False, fontsize=10, ncols=8)
    return style.png(drawn)


def _headline(drawn: Figure, part: PriceFrame, panels: Sequence[Indicator]) -> None:
    close, before = float(part.close[-1]), float(part.close[-2])
    style.headline(
        drawn,
        f"{part.symbol}   {won(close)} KRW  {percent(close / before - 1)}",
        f"{part.days[0]:%Y-%m-%d} to {part.days[-1]:%Y-%m-%d}: {len(part)} sessions, "
        f"{percent(close / float(part.close[0]) - 1, 1)}; daily candles (red up, blue down), prices as stored",
    )


def _axes(axes: Axes, part: PriceFrame) -> Axes:
    style.plain(axes)
    axes.set_xlim(-1, len(part))
    starts = _month_starts(part)
    axes.set_xticks(
        starts,
        [f"{part.days[place]:%b %Y}" if _names_year(part, place) else f"{part.days[place]:%b}" for place in starts],
    )
    return axes


def _month_starts(part: PriceFrame) -> list[int]:
    """Return the first sessions of months, or of every third month on a long chart."""
    starts = [
        place
        for place in range(1, len(part))
        if (part.days[place].year, part.days[place].month) != (part.days[place - 1].year, part.days[place - 1].month)
    ]
    if len(starts) > 14:
        starts = [place for place in starts if part.days[place].month % 3 == 1]
    return starts or [0, len(part) - 1]


def _names_year(part: PriceFrame, place: int) -> bool:
    starts = _month_starts(part)
    return place == starts[0] or part.days[place].year != part.days[starts[starts.index(place) - 1]].year


def _latest(lines: Lines, shown: int) -> Lines:
    return {name: line[-shown:] for name, line in lines.items()}


def _draw_candles(axes: Axes, part: PriceFrame) -> None:
    style.won_axis(axes, 8)
    half = 0.34
    for is_up, colour in ((True, style.UP), (False, style.DOWN)):
        rows = np.flatnonzero((part.close >= part.open) == is_up)
        axes.add_collection(
            LineCollection(
                [[(row, part.low[row]), (row, part.high[row])] for row in rows], colors=colour, linewidths=1.0, zorder=4
            )
        )
        bodies = [
            [
                (row - half, part.open[row]),
                (row + half, part.open[row]),
                (row + half, part.close[row]),
                (row - half, part.close[row]),
            ]
            for row in rows
        ]
        axes.add_collection(PolyCollection(bodies, facecolors=colour, edgecolors=colour, linewidths=0.8, zorder=5))


def _draw_lines(axes: Axes, indicators: Mapping[Indicator, Lines], shown: int) -> None:
    for indicator, colours in ((Indicator.SMA, _MEAN_COLOURS), (Indicator.EMA, _EMA_COLOURS)):
        dashes = "-" if indicator is Indicator.SMA else (0, (4, 2))
        for name, line in _latest(indicators.get(indicator, {}), shown).items():
            if not np.isnan(line).all():
                label = f"{name[:3].upper()} {name[3:]}"
                axes.plot(line, color=colours[name], linewidth=1.3, linestyle=dashes, label=label, zorder=6)
    bands = _latest(indicators.get(Indicator.BOLLINGER, {}), shown)
    if bands:
        places = np.arange(len(bands["upper"]))
        axes.fill_between(places, bands["lower"], bands["upper"], color=style.EQUITY, alpha=0.08, linewidth=0, zorder=1)
        for name in ("lower", "upper"):
            axes.plot(bands[name], color=style.EQUITY, linewidth=0.8, alpha=0.6, zorder=2)
        axes.fill_between([], [], [], color=style.EQUITY, alpha=0.2, label="Bollinger 20, 2")


def _frame_prices(axes: Axes, part: PriceFrame) -> None:
    """Frame the candles alone; lines and levels far away may lie outside."""
    low, high = float(part.low.min()), float(part.high.max())
    height = max(high - low, high * 0.01)
    axes.set_ylim(low - height * 0.05, high + height * 0.05)


def _draw_levels(axes: Axes, part: PriceFrame, levels: Sequence[Level]) -> None:
    """Mark levels within the frame: the stronger the wider the line; a label too near a stronger one's is left out."""
    low, high = axes.get_ylim()
    room = (high - low) * _LABEL_HEIGHT / axes.get_position().height
    labelled: list[float] = []
    for level in sorted(levels, key=lambda row: -row.strength):
        if not low < level.price_krw < high:
            continue
        colour = style.SELL if level.kind is LevelKind.RESISTANCE else style.BUY
        axes.axhline(level.price_krw, color=colour, linewidth=0.8 + 1.4 * level.strength, alpha=0.55, zorder=2)
        if any(abs(level.price_krw - other) < room for other in labelled):
            continue
        labelled.append(level.price_krw)
        at_left = not _meets(part, level.price_krw, range(_LABEL_SESSIONS * len(part) // 100 + 1))
        axes.text(
            -0.6 if at_left else len(part) - 0.4,
            level.price_krw,
            f"{level.kind.value} {won(level.price_krw)} ({level.touches} touch{'es' if level.touches > 1 else ''})",
            fontsize=8.5,
            color=colour,
            ha="left" if at_left else "right",
            va="center",
            bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1.2},
            zorder=8,
        )


def _meets(part: PriceFrame, price_krw: float, rows: range) -> bool:
    """Return whether candles of some rows come near a price."""
    chosen = slice(rows.start, rows.stop)
    room = (float(part.high.max()) - float(part.low.min())) * _LABEL_ROOM
    return bool(((part.low[chosen] - room <= price_krw) & (part.high[chosen] + room >= price_krw)).any())
