"""Charts of a plan's losses: histogram with VaR and CVaR, exceedance curve, fan of wealth. Values in million won."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from daybook.contracts.scenario_result import LossFigures, PlanFigures, PlanName, ScenarioResult
from daybook.report import chart_style as style
from daybook.scenario_report import canvas
from daybook.scenario_report.template import base_plan_name
from daybook.scenario_report.wording import EN, PLAN_NAMES

_LEAST_PROBABILITY = 1e-4


def _pair(result: ScenarioResult) -> list[tuple[PlanFigures, str]]:
    """Return the base plan and the optimised one with their colours, those that are there."""
    base = base_plan_name(result)
    wanted = [(base, canvas.BASE), (PlanName.OPTIMISED, canvas.PLAN)]
    plans = [(result.plan(name) if name else None, colour) for name, colour in wanted]
    return [(plan, colour) for plan, colour in plans if plan is not None]


def draw_histogram(result: ScenarioResult) -> bytes:
    """Return a PNG of the losses of base plan and optimised plan, one above the other, with their VaR and CVaR.

    Each has its own bins and its own height, for a careful plan's losses are far closer together.
    """
    pair = [(plan, colour) for plan, colour in _pair(result) if plan.figures.histogram_counts]
    drawn = canvas.figure(1.1 + 1.9 * max(1, len(pair)))
    if not pair:
        canvas.note(canvas.axes_of(drawn), "no histogram in this run")
        return canvas.png(drawn)
    left, right = _range_of([plan.figures for plan, _ in pair])
    height = 0.83 / len(pair)
    for at, (plan, colour) in enumerate(pair):
        axes = drawn.add_axes((0.03, 0.14 + (len(pair) - 1 - at) * height, 0.87, height * 0.80))
        style.plain(axes)
        _draw_losses(axes, plan, colour)
        axes.set_xlim(left, right)
        canvas.percent_axis(axes, "y", 3)
        canvas.million_axis(axes, "x")
        if at + 1 < len(pair):
            axes.tick_params(labelbottom=False)
        else:
            canvas.x_label(axes, "loss at the end of the horizon, million won (negative: gain)")
    return canvas.png(drawn)


def _draw_losses(axes: Axes, plan: PlanFigures, colour: str) -> None:
    figures = plan.figures
    total = sum(figures.histogram_counts) or 1
    shares = [count / total for count in figures.histogram_counts]
    axes.stairs(shares, figures.histogram_edges_krw, fill=True, color=colour, alpha=0.35, zorder=2)
    axes.stairs(shares, figures.histogram_edges_krw, color=colour, linewidth=1.2, zorder=3)
    axes.set_title(PLAN_NAMES[plan.name][EN], loc="left", fontsize=9.5, color=canvas.INK, pad=4)
    top = max(shares) * 1.12
    axes.set_ylim(0, top)
    lines = (("VaR", figures.var_krw.value, (0, (2, 2)), 0.84), ("CVaR", figures.cvar_krw.value, "-", 0.62))
    for label, value, dash, level in lines:
        axes.axvline(value, color=colour, linewidth=1.5, linestyle=dash, zorder=4)
        axes.annotate(
            f"{label} {canvas.million(value)}", (value, top * level), (5, 0), textcoords="offset points", fontsize=9,
            color=colour, fontweight="bold", zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
        )  # fmt: skip


def _range_of(figures: Sequence[LossFigures]) -> tuple[float, float]:
    """Return the range that shows every histogram whole, with room for the names of the lines on the right."""
    low = min(row.histogram_edges_krw[0] for row in figures)
    high = max([*(row.histogram_edges_krw[-1] for row in figures), *(row.cvar_krw.value for row in figures)])
    room = (high - low) or 1.0
    return low - 0.02 * room, high + 0.14 * room


def draw_exceedance(result: ScenarioResult) -> bytes:
    """Return a PNG of the probability that the loss is above an amount, on a logarithmic scale."""
    drawn = canvas.figure()
    axes = canvas.axes_of(drawn)
    pair = [(plan, colour) for plan, colour in _pair(result) if plan.figures.exceedance]
    if not pair:
        canvas.note(axes, "no exceedance curve in this run")
        return canvas.png(drawn)
    for plan, colour in pair:
        points = [(loss, chance) for loss, chance in plan.figures.exceedance if chance > 0]
        axes.plot(
            [loss for loss, _ in points], [chance for _, chance in points], color=colour, linewidth=2,
            label=PLAN_NAMES[plan.name][EN], drawstyle="default", zorder=4,
        )  # fmt: skip
    axes.set_yscale("log")
    axes.set_ylim(_LEAST_PROBABILITY, 1.4)
    axes.set_yticks([1, 0.1, 0.01, 0.001, 0.0001], ["100 %", "10 %", "1 %", "0.1 %", "0.01 %"])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.axvline(0, color=canvas.QUIET, linewidth=0.9, zorder=1)
    canvas.million_axis(axes, "x")
    canvas.x_label(axes, "loss above, million won; on the right: its probability")
    canvas.legend(axes)
    return canvas.png(drawn)


def draw_fan(result: ScenarioResult, floor_krw: float) -> bytes:
    """Return a PNG of wealth day by day: the middle, 25 to 75 % and 5 to 95 %, above the floor of ruin."""
    drawn = canvas.figure()
    axes = canvas.axes_of(drawn)
    plan = result.plan(PlanName.OPTIMISED)
    if plan is None or not plan.figures.fan:
        canvas.note(axes, "no paths in this run")
        return canvas.png(drawn)
    days, low, lower, middle, upper, high = (list(column) for column in zip(*plan.figures.fan, strict=True))
    axes.fill_between(days, low, high, color=canvas.PLAN, alpha=0.14, linewidth=0, label="5-95 %")
    axes.fill_between(days, lower, upper, color=canvas.PLAN, alpha=0.28, linewidth=0, label="25-75 %")
    axes.plot(days, middle, color=canvas.PLAN, linewidth=2, label="median")
    base_name = base_plan_name(result)
    base = result.plan(base_name) if base_name else None
    if base_name and base is not None and base.figures.fan:
        axes.plot(
            [row[0] for row in base.figures.fan], [row[1] for row in base.figures.fan], color=canvas.BASE,
            linewidth=1.5, linestyle=(0, (5, 2)), label=f"5 %, {PLAN_NAMES[base_name][EN]}",
        )  # fmt: skip
    axes.axhline(floor_krw, color=canvas.BAD, linewidth=1.6, label=f"ruin floor {canvas.million(floor_krw)}")
    bottom, top = axes.get_ylim()
    axes.set_ylim(min(bottom, floor_krw - 0.04 * (top - floor_krw)), top)
    axes.set_xlim(0, days[-1])
    canvas.million_axis(axes, "y")
    canvas.x_label(axes, "trading days from now; on the right: wealth, million won")
    canvas.legend(axes, 5)
    return canvas.png(drawn)
