"""Charts of threats and assumptions: tornado, threat by control heat map, CVaR waterfall, stress table as bars."""

from matplotlib.colors import LinearSegmentedColormap

from daybook.contracts.scenario_result import PlanName, ScenarioResult
from daybook.scenario_report import canvas
from daybook.scenario_report.wording import evidence_tag, short_id

MOST_BARS = 12
_HEAT = LinearSegmentedColormap.from_list("reduction", ["#f4f6f8", "#b9d3c7", "#3f8f6b"])


def draw_tornado(result: ScenarioResult) -> bytes:
    """Return a PNG: how the objective moves from the low to the high end of each assumption, the widest on top."""
    bars = sorted(
        result.tornado,
        key=lambda bar: (-max(abs(bar.high_objective_krw - bar.low_objective_krw), 0), bar.assumption),
    )[:MOST_BARS]
    drawn = canvas.figure(1.3 + 0.34 * max(4, len(bars)))
    axes = canvas.axes_of(drawn, left=0.40, right=0.965)
    optimised = result.plan(PlanName.OPTIMISED)
    plan = optimised.figures.objective_krw if optimised else 0.0
    if not bars:
        canvas.note(axes, "no tornado in this run")
        return canvas.png(drawn)
    heights = list(range(len(bars) - 1, -1, -1))
    for field, colour, label in (
        ("low_objective_krw", canvas.BASE, "assumption low"),
        ("high_objective_krw", canvas.PLAN, "assumption high"),
    ):
        moves = [getattr(bar, field) - plan for bar in bars]
        axes.barh(heights, moves, height=0.62, color=colour, label=label, zorder=3, alpha=0.92)
    ends = [bar.low_objective_krw - plan for bar in bars] + [bar.high_objective_krw - plan for bar in bars]
    axes.set_xlim(*canvas.bars_room(ends))
    axes.set_ylim(-0.6, len(bars) - 0.4)
    axes.axvline(0, color=canvas.INK, linewidth=0.9, zorder=4)
    axes.set_yticks([])
    for height, bar in zip(heights, bars, strict=True):
        label = canvas.shortened(canvas.latin(bar.label_en, short_id(bar.assumption.removeprefix("rate:"))), 40)
        axes.annotate(
            f"{label} {evidence_tag(bar.evidence)}", (0, height), (-8, 4), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", va="center", fontsize=8.6, color=canvas.INK,
        )  # fmt: skip
        axes.annotate(
            f"{bar.low_value:g} to {bar.high_value:g}", (0, height), (-8, -6), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", va="center", fontsize=7.4, color=canvas.QUIET,
        )  # fmt: skip
    canvas.million_axis(axes, "x", 5)
    canvas.x_label(axes, "change of the objective, million won, the plan kept")
    canvas.legend(axes, 2)
    return canvas.png(drawn)


def draw_heat_map(result: ScenarioResult) -> bytes:
    """Return a PNG: how much of each threat's expected loss each control takes away at full strength, alone."""
    touched = {cell.threat for cell in result.reduction}
    threats = [row for row in result.by_threat if row.id in touched]
    controls = [row for row in result.controls if any(cell.control == row.id for cell in result.reduction)]
    drawn = canvas.figure(1.0 + 0.36 * max(3, len(threats)))
    axes = canvas.axes_of(drawn, left=0.34, right=0.985, top_in=0.1)
    if not threats or not controls:
        canvas.note(axes, "no reductions in this run")
        return canvas.png(drawn)
    cells = {(cell.threat, cell.control): cell.reduction for cell in result.reduction}
    grid = [[max(0.0, cells.get((row.id, column.id), 0.0)) for column in controls] for row in threats]
    axes.imshow(grid, cmap=_HEAT, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    axes.grid(visible=False)
    for at, row in enumerate(threats):
        for across, column in enumerate(controls):
            share = cells.get((row.id, column.id))
            if share is not None:
                colour = "white" if share > 0.65 else canvas.INK
                axes.text(across, at, f"{share * 100:.0f}", ha="center", va="center", fontsize=9, color=colour)
    axes.yaxis.tick_left()
    names = [f"{canvas.shortened(canvas.latin(row.name_en, ''), 30)}  {short_id(row.id)}".strip() for row in threats]
    axes.set_yticks(range(len(threats)), names, fontsize=8.6)
    labels = [f"{short_id(row.id)}{'*' if row.step else ''}" for row in controls]
    axes.set_xticks(range(len(controls)), labels, fontsize=9)
    for edge in range(1, len(controls)):
        axes.axvline(edge - 0.5, color="white", linewidth=1.5)
    for edge in range(1, len(threats)):
        axes.axhline(edge - 0.5, color="white", linewidth=1.5)
    canvas.x_label(axes, "% of the expected loss taken away; * in the plan; empty: no effect")
    return canvas.png(drawn)


def draw_waterfall(result: ScenarioResult) -> bytes:
    """Return a PNG: the plan's CVaR built up from the market's noise and each threat's Euler share."""
    rows = sorted(result.by_threat, key=lambda row: (-row.cvar_contribution_krw, row.id))
    total = result.noise_cvar_contribution_krw + sum(row.cvar_contribution_krw for row in rows)
    shown = [row for row in rows if abs(row.cvar_contribution_krw) >= max(0.002 * abs(total), 1.0)]
    rest = sum(row.cvar_contribution_krw for row in rows if row not in shown)
    steps = [("market itself", result.noise_cvar_contribution_krw)]
    steps += [
        (f"{canvas.shortened(canvas.latin(row.name_en, ''), 28)} {short_id(row.id)}".strip(), row.cvar_contribution_krw)
        for row in shown
    ]
    steps += [("other threats", rest)] if abs(rest) >= 1 else []
    drawn = canvas.figure(1.2 + 0.32 * (len(steps) + 1))
    axes = canvas.axes_of(drawn, left=0.34, right=0.965, top_in=0.1)
    at = 0.0
    ends = [0.0, total]
    for place, (label, amount) in enumerate([*steps, ("CVaR", total)]):
        height = len(steps) - place
        is_total = place == len(steps)
        left = 0.0 if is_total else at
        colour = canvas.PLAN if is_total else canvas.BAD if amount > 0 else canvas.GOOD
        axes.barh([height], [amount], left=left, height=0.6, color=colour, zorder=3)
        axes.annotate(
            label, (0, height), (-8, 0), xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
            va="center", fontsize=9, color=canvas.INK, fontweight="bold" if is_total else "normal",
        )  # fmt: skip
        axes.annotate(
            canvas.million(amount), (max(left, left + amount), height), (4, 0), textcoords="offset points", ha="left",
            va="center", fontsize=8.8, color=canvas.INK,
        )  # fmt: skip
        at += 0.0 if is_total else amount
        ends.append(at)
    axes.set_xlim(*canvas.bars_room(ends))
    axes.set_ylim(-0.6, len(steps) + 0.6)
    axes.axvline(0, color=canvas.INK, linewidth=0.9, zorder=4)
    axes.set_yticks([])
    canvas.million_axis(axes, "x", 5)
    canvas.x_label(axes, "contribution to CVaR, million won")
    return canvas.png(drawn)


def draw_stress(result: ScenarioResult) -> bytes:
    """Return a PNG: the plan's loss in each replayed day or crisis, beside the loss without the plan."""
    rows = sorted(result.stress, key=lambda row: (row.market_return, row.name))[:MOST_BARS]
    drawn = canvas.figure(1.2 + 0.40 * max(3, len(rows)))
    axes = canvas.axes_of(drawn, left=0.36, right=0.965)
    if not rows:
        canvas.note(axes, "no replays in this run")
        return canvas.png(drawn)
    heights = list(range(len(rows) - 1, -1, -1))
    lifted = [height + 0.19 for height in heights]
    lowered = [height - 0.19 for height in heights]
    axes.barh(lifted, [row.loss_krw for row in rows], height=0.36, color=canvas.PLAN, label="this plan", zorder=3)
    axes.barh(
        lowered,
        [row.loss_without_plan_krw for row in rows],
        height=0.36,
        color=canvas.BASE,
        label="without it",
        zorder=3,
    )
    for height, row in zip(heights, rows, strict=True):
        label = canvas.shortened(canvas.latin(row.label_en, canvas.latin(row.name, "replay")), 40)
        axes.annotate(
            label, (0, height), (-8, 4), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", va="center", fontsize=8.6, color=canvas.INK,
        )  # fmt: skip
        axes.annotate(
            f"KOSPI {row.market_return * 100:.1f} %".replace("-", "\u2212"), (0, height), (-8, -6),
            xycoords=("axes fraction", "data"), textcoords="offset points", ha="right", va="center", fontsize=7.4,
            color=canvas.QUIET,
        )  # fmt: skip
    axes.set_xlim(*canvas.bars_room([float(v) for row in rows for v in (row.loss_krw, row.loss_without_plan_krw)]))
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.axvline(0, color=canvas.INK, linewidth=0.9, zorder=4)
    axes.set_yticks([])
    canvas.million_axis(axes, "x", 5)
    canvas.x_label(axes, "loss, million won (negative: gain)")
    canvas.legend(axes, 2)
    return canvas.png(drawn)
