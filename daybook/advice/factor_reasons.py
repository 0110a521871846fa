"""The reasons of a factor recommendation or abstention, in the short English of ``Recommendation.reasons``."""

from daybook.advice.assessment import Assessment
from daybook.advice.factor_model import FactorModel
from daybook.contracts.factors import POINTS_PER_EDGE, EvidenceCode, FactorSettings, ModelEvidence

DRIVERS_SHOWN = 3
_SHOWN_POINTS = 0.05


def recommendation_reasons(
    row: Assessment, place: int, count: int, model: FactorModel, settings: FactorSettings
) -> tuple[str, ...]:
    """Return what is expected, the points, the main drivers, and what stands behind the weights."""
    return (
        expected(row, settings),
        f"{row.points:.1f} points, place {place} of {count}; above 50 is worth its cost",
        *_drivers(row, model),
        standing(model.evidence),
    )


def abstention_text(row: Assessment, evidence: ModelEvidence, settings: FactorSettings) -> str:
    """Return why the evidence is insufficient, in one line."""
    why = {
        EvidenceCode.BELOW_COST: "not more than acting on it costs",
        EvidenceCode.FEW_SYMBOLS: f"fewer than {settings.min_symbols} symbols to rank",
        EvidenceCode.LOW_COVERAGE: f"only {row.expectation.coverage:.0%} of the evidence is there",
        EvidenceCode.FAILED_VALIDATION: f"the ranking failed its own test, {standing(evidence)}",
    }
    return f"insufficient evidence: {expected(row, settings)}; " + ", ".join(why[code] for code in row.doubts)


def expected(row: Assessment, settings: FactorSettings) -> str:
    """Return the expectation and its cost in words."""
    return (
        f"expected excess {row.expected_excess_ratio:+.2%} in {settings.horizon_sessions} sessions, "
        f"cost {row.cost_ratio:.2%}"
    )


def standing(evidence: ModelEvidence) -> str:
    """Return how much of the weights is fitted, and how the panel's own walk-forward went."""
    text = f"weights {evidence.fitted_share:.0%} fitted on {evidence.labelled_sessions} sessions"
    if evidence.walk_forward_ic is None:
        return f"{text}, the rest assumed; not validated yet"
    t = "" if evidence.walk_forward_t is None else f" (t {evidence.walk_forward_t:+.1f})"
    return f"{text}; walk-forward rank correlation {evidence.walk_forward_ic:+.3f}{t}"


def _drivers(row: Assessment, model: FactorModel) -> tuple[str, ...]:
    column = model.symbols.index(row.expectation.symbol)
    points = [float(value) * POINTS_PER_EDGE for value in model.ranks[column] * model.fit.weights]
    largest = sorted(range(len(points)), key=lambda number: (-abs(points[number]), number))[:DRIVERS_SHOWN]
    return tuple(
        f"{model.features[number].label_en} {points[number]:+.1f} points"
        for number in largest
        if abs(points[number]) >= _SHOWN_POINTS
    )
