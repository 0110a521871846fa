"""Charts of a plan: where the money goes, the efficient frontier, and what other budgets would give."""

from matplotlib.patches import Rectangle

from daybook.contracts.scenario_result import PlanName, ScenarioResult
from daybook.scenario_report import canvas
from daybook.scenario_report.facts import MILLION_KRW
from daybook.scenario_report.squarify import squarify

_STOCK_COLOURS = ("#2f4b8f", "#4a68ab", "#6682bd", "#839bcd", "#9fb3da", "#bacae5")
_HEDGE, _CASH, _CONTROL, _FEE = "#b0752a", "#7fb8a4", "#c8503f", "#9aa3ad"
_LEAST_SHARE_NAMED = 0.012


def draw_allocation(result: ScenarioResult) -> bytes:
    """Return a PNG: the whole budget as a treemap, stocks by code, hedges, cash, controls and fees."""
    drawn = canvas.figure(4.0)
    axes = drawn.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, 1.9)
    axes.set_ylim(0, 1)
    axes.axis("off")
    held = sorted((row for row in result.allocation if row.amount_krw > 0), key=lambda row: (-row.amount_krw, row.code))
    sectors = list(dict.fromkeys(row.sector for row in held))
    parts = [
        (row.amount_krw, row.code, _STOCK_COLOURS[sectors.index(row.sector) % len(_STOCK_COLOURS)]) for row in held
    ]
    parts += [(row.amount_krw, f"hedge {row.code}", _HEDGE) for row in result.hedges if row.amount_krw > 0]
    others = ((result.cash_krw, "cash", _CASH), (result.protection.spend_krw, "controls", _CONTROL))
    parts += [part for part in (*others, (result.fees_krw, "fees", _FEE)) if part[0] > 0]
    parts.sort(key=lambda part: (-part[0], part[1]))
    boxes = squarify([float(amount) for amount, _, _ in parts], 0.0, 0.0, 1.9, 1.0)
    for (amount, label, colour), (x, y, width, height) in zip(parts, boxes, strict=True):
        axes.add_patch(Rectangle((x, y), width, height, facecolor=colour, edgecolor="white", linewidth=1.5))
        share = amount / result.budget_krw
        if share >= _LEAST_SHARE_NAMED and width > 0.11 and height > 0.07:
            big = width > 0.22 and height > 0.15
            text = f"{label}\n{share:.1%}" if height > 0.12 else label
            axes.text(
                x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=10.5 if big else 7.5,
                color=canvas.INK if colour in _STOCK_COLOURS[3:] or colour == _CASH else "white", linespacing=1.35,
            )  # fmt: skip
    return canvas.png(drawn)


def draw_frontier(result: ScenarioResult) -> bytes:
    """Return a PNG of the efficient frontier, out of sample, and where the plans of the run stand."""
    drawn = canvas.figure()
    axes = canvas.axes_of(drawn)
    points = sorted(result.frontier, key=lambda point: (point.cvar_krw, point.expected_wealth_krw))
    if not points:
        canvas.note(axes, "no frontier in this run")
        return canvas.png(drawn)
    axes.plot(
        [point.cvar_krw for point in points], [point.expected_wealth_krw - result.budget_krw for point in points],
        color=canvas.THIRD, linewidth=1.8, marker="o", markersize=4, label="frontier", zorder=3,
    )  # fmt: skip
    marks = (
        (PlanName.OPTIMISED, canvas.PLAN, "*", 15, "this plan"),
        (PlanName.CURRENT, canvas.BASE, "s", 7, "current holdings"),
        (PlanName.NOTHING, canvas.QUIET, "X", 8, "doing nothing"),
    )
    for name, colour, marker, size, label in marks:
        plan = result.plan(name)
        if plan is not None:
            gain = plan.figures.expected_wealth_krw.value - result.budget_krw
            axes.plot(
                [plan.figures.cvar_krw.value], [gain], marker, color=colour, markersize=size, label=label,
                zorder=5, linestyle="none",
            )  # fmt: skip
    canvas.million_axis(axes, "x")
    canvas.million_axis(axes, "y")
    canvas.x_label(axes, "CVaR, million won; on the right: expected gain, million won")
    canvas.legend(axes, 4)
    return canvas.png(drawn)


def draw_budget_curve(result: ScenarioResult) -> bytes:
    """Return a PNG: what the best plan of each budget makes beyond the budget, with two standard errors.

    The marker at the plan's budget says what one more million won gains.
    """
    drawn = canvas.figure()
    axes = canvas.axes_of(drawn)
    points = sorted(result.budget_curve, key=lambda point: point.budget_krw)
    if not points:
        canvas.note(axes, "no budget curve in this run")
        return canvas.png(drawn)
    budgets = [float(point.budget_krw) for point in points]
    gains = [point.objective_krw.value - point.budget_krw for point in points]
    room = [2 * point.objective_krw.standard_error for point in points]
    axes.errorbar(
        budgets, gains, yerr=room, color=canvas.PLAN, linewidth=1.8, marker="o", markersize=5, capsize=3,
        elinewidth=1.1, label="best plan less its budget, 2 s.e.", zorder=3,
    )  # fmt: skip
    here = next((index for index, point in enumerate(points) if point.budget_krw == result.budget_krw), None)
    best = next((row for row in result.next_million if row.use == "best"), None)
    if here is not None and best is not None:
        words = f"next 1M: {canvas.million(best.gain_krw.value)}M" if best.measurable else "next 1M: not measurable"
        axes.plot(
            [budgets[here]], [gains[here]], "D", color=canvas.BAD, markersize=9, zorder=5, linestyle="none", label=words
        )
        axes.annotate(
            words, (budgets[here] + MILLION_KRW, gains[here]), (8, -16), textcoords="offset points", fontsize=9.5,
            color=canvas.BAD, fontweight="bold",
        )  # fmt: skip
    for budget, gain, point in zip(budgets, gains, points, strict=True):
        axes.annotate(
            f"{len(point.controls)} controls", (budget, gain), (0, 10), textcoords="offset points", fontsize=8,
            color=canvas.QUIET, ha="center",
        )  # fmt: skip
    axes.margins(x=0.07, y=0.2)
    canvas.million_axis(axes, "x")
    canvas.million_axis(axes, "y")
    canvas.x_label(axes, "budget, million won; on the right: objective less budget, million won")
    canvas.legend(axes, 2)
    return canvas.png(drawn)
