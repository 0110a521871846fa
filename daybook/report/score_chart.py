"""Charts of the risk score: a gauge with what contributes, and how well probabilities kept their word."""

from collections.abc import Sequence
from math import cos, pi, sin

from matplotlib.axes import Axes
from matplotlib.patches import Wedge
from matplotlib.ticker import FuncFormatter, MaxNLocator

from daybook.contracts.scenario import EvidenceKind
from daybook.contracts.scores import (
    BAND_LABELS,
    PROBABILITY_KNOTS,
    SCORE_KNOTS,
    Preferred,
    ReliabilityBin,
    RiskBand,
    RiskScore,
    ScoreContribution,
    ScoreValidation,
)
from daybook.report import chart_style as style
from daybook.report.formats import UNKNOWN

MODEL, BASELINE = style.EQUITY, style.INDEX
BAND_COLOURS = {
    RiskBand.VERY_LOW: "#7fb8a4",
    RiskBand.LOW: "#b9d3a2",
    RiskBand.MODERATE: "#efd889",
    RiskBand.HIGH: "#eba86f",
    RiskBand.VERY_HIGH: "#d9705f",
}
_EXPERT = "#9fb0d3"
_BETTER = {
    Preferred.MODEL: "the score is better",
    Preferred.BASELINE: "volatility alone is better",
    Preferred.TIE: "no proven difference",
}
_MOST_SMALL = 6


def draw_score(score: RiskScore) -> bytes:
    """Return a PNG: the score and its baseline on a gauge, and every metric's points beside it."""
    drawn = style.figure()
    subject = score.subject if score.subject.isascii() else score.kind.value
    day = f"as of {score.as_of:%Y-%m-%d}, " if score.as_of else ""
    style.headline(
        drawn,
        f"{subject}   risk score {score.score:.0f} of 100, {BAND_LABELS[score.band][1]}",
        f"{day}{score.probability:.0%} chance of a 20-day drawdown of 10 % or more; "
        f"confidence {score.confidence:.0%}; reference {score.reference_version}",
    )
    _draw_gauge(drawn.add_axes((0.025, 0.13, 0.375, 0.70)), score)
    _draw_contributions(drawn.add_axes((0.635, 0.115, 0.29, 0.715)), score)
    return style.png(drawn)


def draw_calibration(validations: Sequence[ScoreValidation]) -> bytes:
    """Return a PNG of reliability diagrams: the first set large, up to six others small beside it.

    Raises ValueError when there are none, or more than fit.
    """
    if not 1 <= len(validations) <= 1 + _MOST_SMALL:
        raise ValueError(f"a calibration chart shows 1 to {1 + _MOST_SMALL} sets, not {len(validations)}")
    first, others = validations[0], validations[1:]
    drawn = style.figure()
    style.headline(
        drawn,
        "Did the probabilities keep their word?",
        "20-day drawdown of 10 % or more: forecast against what happened, in ten bins of equal count",
    )
    large = drawn.add_axes((0.055, 0.085, 0.40 if others else 0.87, 0.645))
    _draw_reliability(large, first, is_large=True)
    large.set_xlabel("forecast probability", fontsize=10, color=style.QUIET)
    large.legend(
        loc="lower right",
        frameon=False,
        fontsize=10,
        labelcolor=style.INK,
        handlelength=1.8,
        bbox_to_anchor=(1.0, 0.02),
    )
    for at, row in enumerate(others):
        column, line = at % 2, at // 2
        _draw_reliability(
            drawn.add_axes((0.535 + column * 0.225, 0.655 - line * 0.285, 0.175, 0.155)), row, is_large=False
        )
    return style.png(drawn)


def _draw_gauge(axes: Axes, score: RiskScore) -> None:
    axes.set_aspect("equal")
    axes.set_xlim(-1.25, 1.25)
    axes.set_ylim(-0.75, 1.25)
    axes.axis("off")
    for at, band in enumerate(RiskBand):
        low, high = SCORE_KNOTS[at], SCORE_KNOTS[at + 1]
        axes.add_patch(
            Wedge(
                (0, 0), 1.0, _degrees(high), _degrees(low), width=0.27,
                facecolor=BAND_COLOURS[band], edgecolor="white", linewidth=2,
            )
        )  # fmt: skip
    for points, probability in zip(SCORE_KNOTS, PROBABILITY_KNOTS, strict=True):
        x, y = _on_arc(points, 1.12)
        axes.text(x, y, f"{probability:.0%}", ha="center", va="center", fontsize=9.5, color=style.QUIET)
    if score.lowest_score < score.score:
        axes.add_patch(
            Wedge((0, 0), 0.70, _degrees(score.score), _degrees(score.lowest_score), width=0.035, color=_EXPERT)
        )
    if score.baseline is not None:
        _draw_hand(axes, score.baseline.score, 0.62, BASELINE, 2.2)
    _draw_hand(axes, score.score, 0.86, style.INK, 3.2)
    axes.plot([0], [0], "o", color=style.INK, markersize=11, zorder=6)
    axes.text(0, -0.27, f"{score.score:.0f}", ha="center", va="center", fontsize=34, fontweight="bold", color=style.INK)
    lines = [_baseline_words(score)]
    if score.lowest_score < score.score:
        lines.append(f"{len(score.missing)} metrics missing, counted at their worst; at best {score.lowest_score:.0f}")
    axes.text(0, -0.47, "\n".join(lines), ha="center", va="top", fontsize=10, color=style.QUIET, linespacing=1.6)


def _baseline_words(score: RiskScore) -> str:
    verdict = f"in validation: {_BETTER[score.preferred]}"
    if score.baseline is None:
        return f"volatility alone: {UNKNOWN} (too few prices); {verdict}"
    return f"volatility alone: {score.baseline.score:.0f} ({score.baseline.probability:.0%}), the ochre hand\n{verdict}"


def _draw_hand(axes: Axes, points: float, length: float, colour: str, width: float) -> None:
    x, y = _on_arc(points, length)
    axes.plot([0, x], [0, y], color=colour, linewidth=width, solid_capstyle="round", zorder=5)


def _degrees(points: float) -> float:
    return 180.0 - 1.8 * points


def _on_arc(points: float, radius: float) -> tuple[float, float]:
    angle = pi * _degrees(points) / 180.0
    return radius * cos(angle), radius * sin(angle)


def _draw_contributions(axes: Axes, score: RiskScore) -> None:
    rows = score.contributions
    style.plain(axes)
    axes.grid(visible=False, axis="y")
    axes.spines["bottom"].set_visible(False)
    heights = range(len(rows) - 1, -1, -1)
    axes.barh(
        list(heights),
        [row.points for row in rows],
        height=0.58,
        color=[MODEL if row.evidence is EvidenceKind.DATA else _EXPERT for row in rows],
        hatch=["////" if row.missing else "" for row in rows],
        edgecolor="white",
        linewidth=0,
        zorder=3,
    )
    most = max((row.points for row in rows), default=0.0) or 1.0
    axes.set_xlim(0, most * 1.16)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    for height, row in zip(heights, rows, strict=True):
        axes.text(row.points + most * 0.02, height, f"{row.points:.1f}", va="center", fontsize=10, color=style.INK)
        edge = -most * 0.04
        axes.text(edge, height + 0.13, row.label_en, va="center", ha="right", fontsize=10, color=style.INK)
        axes.text(edge, height - 0.19, _standing(row), va="center", ha="right", fontsize=8.8, color=style.QUIET)
    axes.set_title(
        f"points by metric, {score.score:.1f} in all; dark: fitted weight, light: expert weight",
        loc="right", fontsize=10, color=style.QUIET, pad=8,
    )  # fmt: skip


def _standing(row: ScoreContribution) -> str:
    if row.missing:
        return "missing: counted at its worst"
    return f"{_value(row)}, riskier than {row.percentile:.0%} of the reference"


def _value(row: ScoreContribution) -> str:
    if row.value is None:
        return "no end"
    if row.unit == "ratio":
        return f"{row.value:.1%}" if abs(row.value) >= 0.001 else f"{row.value:.2g}"
    if row.unit == "days":
        return f"{row.value:,.1f} days" if row.value >= 0.1 else "under 0.1 days"
    return f"{row.value:.2f}"


def _draw_reliability(axes: Axes, row: ScoreValidation, *, is_large: bool) -> None:
    style.plain(axes)
    ends = [*row.model_bins, *row.baseline_bins]
    top = min(1.0, max([0.1, *(point.predicted for point in ends), *(point.observed for point in ends)]) * 1.08)
    axes.plot([0, top], [0, top], color=style.QUIET, linewidth=1.0, linestyle=(0, (5, 4)), zorder=2)
    for bins, colour, label in (
        (row.baseline_bins, BASELINE, "volatility alone"),
        (row.model_bins, MODEL, "risk score"),
    ):
        _draw_bins(axes, bins, colour, label, is_large=is_large)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=6 if is_large else 3, steps=[1, 2, 2.5, 5, 10]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}"))
    size = 11.5 if is_large else 9.5
    axes.set_title("", pad=0)
    note = _large_note(row) if is_large else _small_note(row)
    axes.annotate(
        row.title_en, (0, 1), (0, 53 if is_large else 19), xycoords="axes fraction", textcoords="offset points",
        fontsize=size, fontweight="bold", color=style.INK,
    )  # fmt: skip
    axes.annotate(
        note, (0, 1), (0, 6), xycoords="axes fraction", textcoords="offset points",
        fontsize=9.2 if is_large else 8.4, color=style.QUIET, linespacing=1.45,
    )  # fmt: skip


def _large_note(row: ScoreValidation) -> str:
    model, base = row.model, row.baseline
    return (
        f"{row.first_day.year}-{row.last_day.year}, {row.rows:,} rows, base rate {row.base_rate:.1%}\n"
        f"AUC {model.auc:.3f} / {base.auc:.3f}   Brier skill {model.brier_skill:+.3f} / {base.brier_skill:+.3f}"
        f"   ECE {model.calibration_error:.3f} / {base.calibration_error:.3f}\n"
        f"(risk score / volatility alone) verdict: {_BETTER[row.preferred]}"
    )


def _small_note(row: ScoreValidation) -> str:
    model, base = row.model, row.baseline
    return f"AUC {model.auc:.2f} / {base.auc:.2f}   ECE {model.calibration_error:.3f} / {base.calibration_error:.3f}"


def _draw_bins(axes: Axes, bins: Sequence[ReliabilityBin], colour: str, label: str, *, is_large: bool) -> None:
    axes.plot(
        [point.predicted for point in bins],
        [point.observed for point in bins],
        marker="o",
        markersize=6 if is_large else 3.5,
        linewidth=1.8 if is_large else 1.2,
        color=colour,
        label=label,
        zorder=4,
    )
