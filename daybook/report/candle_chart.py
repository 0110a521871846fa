"""The chart of one traded symbol: 5-minute candles, volume, our fills and our limit prices."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import ScaledTranslation

from daybook.contracts.base import Side
from daybook.report import chart_style as style
from daybook.report.candles import CANDLE_MIN, Candle, FillMark, candles, fill_marks
from daybook.report.formats import MINUS, percent, price, won
from daybook.report.model import DayReport, OrderRow, SymbolBars

_HALF = timedelta(minutes=CANDLE_MIN / 2)
_LABEL_WIDTH = timedelta(minutes=55)
_MOST_LEVELS = 4
_SIDE_COLOURS = {Side.BUY: style.BUY, Side.SELL: style.SELL}


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
    _scale(upper, drawn_candles, marks)
    _draw_previous_close(upper, previous)
    _draw_limits(upper, orders)
    _draw_marks(upper, drawn_candles, marks)
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


def _scale(axes: Axes, rows: Sequence[Candle], marks: Sequence[FillMark]) -> None:
    """Frame candles and fills; limit prices and the previous close may lie outside and then are named, not drawn."""
    low = min(min(row.low_krw for row in rows), *(mark.price_krw for mark in marks), float("inf"))
    high = max(max(row.high_krw for row in rows), *(mark.price_krw for mark in marks), 0)
    span = max(high - low, high * 0.002, 2)
    middle = (low + high) / 2
    axes.set_ylim(middle - span * 0.62, middle + span * 0.68)


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


def _draw_marks(axes: Axes, rows: Sequence[Candle], marks: Sequence[FillMark]) -> None:
    """Mark fills outside their candle, a triangle growing with the shares, and the exact price on it as a dot."""
    most = max((mark.shares for mark in marks), default=1)
    edges = {row.starts_at: (row.low_krw, row.high_krw) for row in rows}
    for mark, level in zip(marks, label_levels(marks), strict=True):
        sign = -1 if mark.side is Side.BUY else 1
        low, high = edges.get(mark.at, (mark.price_krw, mark.price_krw))
        edge = min(low, mark.price_krw) if mark.side is Side.BUY else max(high, mark.price_krw)
        at, colour = style.x_value(mark.at + _HALF), _SIDE_COLOURS[mark.side]
        axes.plot([at], [mark.price_krw], "o", color=colour, markersize=6, markeredgecolor="white", zorder=7)
        axes.annotate(
            f"{'+' if mark.side is Side.BUY else MINUS}{mark.shares:,} @ {price(mark.price_krw)}",
            (at, edge),
            xytext=(0, sign * (32 + 17 * level)),
            textcoords="offset points",
            ha=_label_side(axes, at),
            va="center",
            fontsize=10,
            fontweight="bold",
            color=colour,
            bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 1.5},
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 4, "shrinkB": 14},
            zorder=8,
        )
        axes.scatter(
            [at],
            [edge],
            marker="^" if mark.side is Side.BUY else "v",
            s=70 + 130 * mark.shares / most,
            color=colour,
            edgecolors="white",
            linewidths=1.2,
            transform=axes.transData + ScaledTranslation(0, sign * 13 / 72, axes.figure.dpi_scale_trans),
            zorder=9,
        )


def label_levels(marks: Sequence[FillMark]) -> list[int]:
    """Return how many lines each mark's label is moved away, so that labels of neighbours stay readable."""
    taken: dict[Side, list[datetime]] = {Side.BUY: [], Side.SELL: []}
    levels = []
    for mark in marks:
        ends = taken[mark.side]
        level = next((n for n, until in enumerate(ends) if mark.at >= until), len(ends))
        level = min(level, _MOST_LEVELS)
        until = mark.at + _LABEL_WIDTH
        if level < len(ends):
            ends[level] = until
        else:
            ends.append(until)
        levels.append(level)
    return levels


def _label_side(axes: Axes, at: float) -> str:
    """Keep labels near an edge within the frame."""
    first, last = axes.get_xlim()
    place = (at - first) / (last - first)
    return "left" if place < 0.07 else "right" if place > 0.93 else "center"


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
