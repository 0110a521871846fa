"""The chart of one traded symbol: 5-minute candles, volume, our fills and our limit prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from daybook.contracts.base import Side
from daybook.report import chart_style as style
from daybook.report.candles import CANDLE_MIN, Candle, FillMark, candles, fill_marks
from daybook.report.formats import MINUS, percent, price, won
from daybook.report.label_rows import Place, place_labels
from daybook.report.model import DayReport, OrderRow, SymbolBars

_HALF = timedelta(minutes=CANDLE_MIN / 2)
_MARGIN, _LEGEND_HEIGHT, _ROW_HEIGHT, _MARK_HEIGHT = 0.03, 0.075, 0.048, 0.06
"""Shares of the price pane's height."""
_MOST_ROWS = 4
_LETTER_SHARE = 9.2 / 1038
"""Width of a label's letter against the pane's."""
_SIDE_COLOURS = {Side.BUY: style.BUY, Side.SELL: style.SELL}


@dataclass(frozen=True, slots=True)
class _Strip:
    """The fills of one side and the places of their labels."""

    side: Side
    marks: Sequence[FillMark]
    places: Sequence[Place | None]

    @property
    def rows(self) -> int:
        return max((place.row + 1 for place in self.places if place is not None), default=0)


def draw_candles(report: DayReport, row: SymbolBars) -> bytes:
    """Return a symbol's chart; raises ``ValueError`` without any bar."""
    drawn_candles = candles(row.bars)
    if not drawn_candles:
        raise ValueError(f"there are no bars of {row.symbol} to draw")
    marks = fill_marks(fill for fill in report.fills if fill.symbol == row.symbol)
    orders = [order for order in report.orders if order.symbol == row.symbol and order.broker_number]
    drawn = style.figure()
    close = drawn_candles[-1].close_krw
    previous = row.previous_close_krw
    change = f"  {percent(close / previous - 1)} since the previous close" if previous else ""
    style.headline(
        drawn,
        f"{row.symbol}   {won(close)} KRW{change}",
        f"{report.day:%Y-%m-%d}, {report.mode.value}{', simulated' if report.is_simulated else ', real money'}; "
        f"{CANDLE_MIN}-minute candles (red up, blue down), market time KST",
    )
    lower = drawn.add_axes((0.045, 0.065, 0.865, 0.16))
    upper = drawn.add_axes((0.045, 0.265, 0.865, 0.605))
    for axes in (upper, lower):
        style.plain(axes)
        _time_axis(axes, report, drawn_candles)
    upper.tick_params(axis="x", labelbottom=False)
    _draw_prices(upper, drawn_candles)
    _draw_volume(lower, drawn_candles)
    strips = [_strip(upper, side, [mark for mark in marks if mark.side is side]) for side in Side]
    _scale(upper, drawn_candles, strips)
    _draw_previous_close(upper, previous)
    _draw_limits(upper, orders)
    for strip in strips:
        _draw_marks(upper, drawn_candles, strip)
    _draw_legend(upper, marks, bool(orders), previous)
    return style.png(drawn)


def _draw_prices(axes: Axes, rows: Sequence[Candle]) -> None:
    style.won_axis(axes, 8)
    for is_up, colour in ((True, style.UP), (False, style.DOWN)):
        chosen = [row for row in rows if row.is_up is is_up]
        x = style.x_values(row.starts_at + _HALF for row in chosen)
        axes.add_collection(
            LineCollection(
                [[(at, row.low_krw), (at, row.high_krw)] for at, row in zip(x, chosen, strict=True)],
                colors=colour,
                linewidths=1.1,
                zorder=3,
            )
        )
        axes.add_collection(
            PolyCollection(
                [_body(at, row) for at, row in zip(x, chosen, strict=True)],
                facecolors=colour,
                edgecolors=colour,
                linewidths=0.8,
                zorder=4,
            )
        )


def _body(at: float, row: Candle) -> list[tuple[float, float]]:
    half = CANDLE_MIN * 0.34
    return [
        (at - half, row.open_krw),
        (at + half, row.open_krw),
        (at + half, row.close_krw),
        (at - half, row.close_krw),
    ]


def _draw_volume(axes: Axes, rows: Sequence[Candle]) -> None:
    axes.bar(
        style.x_values(row.starts_at + _HALF for row in rows),
        [row.volume_shares for row in rows],
        width=CANDLE_MIN * 0.68,
        color=[style.UP if row.is_up else style.DOWN for row in rows],
        alpha=0.55,
        linewidth=0,
        zorder=3,
    )
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _shares(value)))
    axes.set_title("volume, shares", loc="left", fontsize=10, color=style.QUIET, pad=3)


def _shares(value: float) -> str:
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{unit}"
    return f"{value:g}"


def _strip(axes: Axes, side: Side, marks: Sequence[FillMark]) -> _Strip:
    first, last = axes.get_xlim()
    centres = [style.x_value(mark.at + _HALF) for mark in marks]
    widths = [(len(_mark_text(mark)) + 1) * _LETTER_SHARE * (last - first) for mark in marks]
    return _Strip(side, marks, place_labels(centres, widths, first, last, _MOST_ROWS))


def _scale(axes: Axes, rows: Sequence[Candle], strips: Sequence[_Strip]) -> None:
    """Frame candles and fills between the strips of labels.

    Limit prices and the previous close may lie outside: the table names them, and the candles stay readable.
    """
    prices = [mark.price_krw for strip in strips for mark in strip.marks]
    low = min(*(row.low_krw for row in rows), *prices, float("inf"))
    high = max(*(row.high_krw for row in rows), *prices, 0)
    if high - low < max(high * 0.002, 2):
        middle, half = (low + high) / 2, max(high * 0.002, 2) / 2
        low, high = middle - half, middle + half
    room = {strip.side: _MARGIN + (_ROW_HEIGHT * strip.rows + _MARK_HEIGHT if strip.marks else 0) for strip in strips}
    below, above = room[Side.BUY], room[Side.SELL] + _LEGEND_HEIGHT
    height = (high - low) / (1 - below - above)
    axes.set_ylim(low - height * below, high + height * above)


def _draw_previous_close(axes: Axes, previous_krw: int | None) -> None:
    low, high = axes.get_ylim()
    if previous_krw is not None and low <= previous_krw <= high:
        axes.axhline(previous_krw, color=style.QUIET, linewidth=1.1, linestyle=(0, (5, 4)), zorder=2)


def _draw_limits(axes: Axes, orders: Sequence[OrderRow]) -> None:
    """Draw each sent order's limit as a line over its life, within the frame."""
    low, high = axes.get_ylim()
    first, last = axes.get_xlim()
    for order in orders:
        if not low <= order.limit_price_krw <= high:
            continue
        begins = max(style.x_value(order.at), first)
        ends = min(style.x_value(order.ended_at), last) if order.ended_at else last
        axes.hlines(
            order.limit_price_krw,
            begins,
            max(ends, begins + CANDLE_MIN),
            color=_SIDE_COLOURS[order.side],
            linewidth=1.8,
            linestyle=(0, (1.2, 1.2)),
            zorder=5,
        )


def _draw_marks(axes: Axes, rows: Sequence[Candle], strip: _Strip) -> None:
    """Mark fills: a dot at the exact price, a triangle outside the candle growing with the shares, and its label.

    Labels stand in rows at the pane's edge, buys below and sells above, tied to their triangle by a thin line.
    """
    buys = strip.side is Side.BUY
    sign, colour = (-1, style.BUY) if buys else (1, style.SELL)
    most = max((mark.shares for mark in strip.marks), default=1)
    edges = {row.starts_at: (row.low_krw, row.high_krw) for row in rows}
    for mark, place in zip(strip.marks, strip.places, strict=True):
        low, high = edges.get(mark.at, (mark.price_krw, mark.price_krw))
        edge = min(low, mark.price_krw) if buys else max(high, mark.price_krw)
        at = style.x_value(mark.at + _HALF)
        axes.plot([at], [mark.price_krw], "o", color=colour, markersize=6, markeredgecolor="white", zorder=7)
        axes.scatter(
            [at],
            [edge],
            marker="^" if buys else "v",
            s=60 + 130 * mark.shares / most,
            color=colour,
            edgecolors="white",
            linewidths=1.2,
            transform=axes.transData + ScaledTranslation(0, sign * 13 / 72, axes.figure.dpi_scale_trans),
            zorder=9,
        )
        if place is None:
            continue
        height = _MARGIN + _ROW_HEIGHT * (place.row + 0.5)
        axes.annotate(
            _mark_text(mark),
            (at, edge),
            xytext=(place.centre, height if buys else 1 - _LEGEND_HEIGHT - height),
            textcoords=axes.get_xaxis_transform(),
            ha="center",
            va="center",
            fontsize=10,
            fontweight="bold",
            color=colour,
            bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5},
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "alpha": 0.6, "shrinkB": 16},
            zorder=8,
        )


def _mark_text(mark: FillMark) -> str:
    return f"{'+' if mark.side is Side.BUY else MINUS}{mark.shares:,} @ {price(mark.price_krw)}"


def _draw_legend(axes: Axes, marks: Sequence[FillMark], has_orders: bool, previous_krw: int | None) -> None:
    if previous_krw is not None:
        label = f"previous close {won(previous_krw)}"
        axes.plot([], [], color=style.QUIET, linewidth=1.1, linestyle=(0, (5, 4)), label=label)
    for side, marker in ((Side.BUY, "^"), (Side.SELL, "v")):
        if any(mark.side is side for mark in marks):
            label = f"{side.value} filled"
            axes.plot([], [], marker, color=_SIDE_COLOURS[side], markersize=9, label=label)
    if has_orders:
        axes.plot([], [], color=style.INK, linewidth=1.8, linestyle=(0, (1.2, 1.2)), label="limit price while working")
    if axes.get_legend_handles_labels()[0]:
        style.legend(axes, columns=4)


def _time_axis(axes: Axes, report: DayReport, rows: Sequence[Candle]) -> None:
    times = [rows[0].starts_at, rows[-1].starts_at + timedelta(minutes=CANDLE_MIN)]
    times += [moment for moment in (report.session.opens, report.session.closes) if moment is not None]
    style.market_time_axis(axes, min(times), max(times))
