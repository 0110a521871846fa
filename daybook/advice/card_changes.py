"""What would change a call: a factor's place, its cost, the points that are missing, or more history."""

from daybook.advice.assessment import Assessment
from daybook.advice.factor_model import FactorModel
from daybook.contracts.factors import POINTS_PER_EDGE, CallChange, ChangeKind, EvidenceCode

MOST_CHANGES = 3


def changes_of(row: Assessment, model: FactorModel, column: int) -> tuple[CallChange, ...]:
    """Return up to three single changes, each of which, all else equal, would change the call."""
    if any(code is not EvidenceCode.BELOW_COST for code in row.doubts):
        return _history(model, column)
    cost_edge = row.cost_ratio / row.expectation.deviation
    missing_edge = cost_edge - abs(row.gross_edge)
    wanted = missing_edge if row.net_edge == 0 else -abs(row.net_edge)
    direction = 1.0 if row.gross_edge > 0 else -1.0
    found = _places(wanted * direction, model, column)
    if row.net_edge == 0:
        found.append(CallChange(kind=ChangeKind.COST_FALLS, value=abs(row.expected_excess_ratio)))
    found.append(CallChange(kind=ChangeKind.POINTS, value=POINTS_PER_EDGE * wanted * direction))
    return tuple(found[:MOST_CHANGES])


def _places(wanted_edge: float, model: FactorModel, column: int) -> list[CallChange]:
    """Return the places of single factors that move the edge by ``wanted_edge``, the nearest first."""
    found: list[tuple[float, CallChange]] = []
    for number, feature in enumerate(model.features):
        weight = float(model.fit.weights[number])
        if not model.known[column, number] or abs(weight) < 1e-9:
            continue
        slope = float(model.rank_slopes[number])
        if slope <= 0:
            continue
        now = float(model.percentiles[column, number])
        place = now + wanted_edge / weight / slope
        if not 0 <= place <= 1:
            continue
        kind = ChangeKind.DRIVER_RISES if place > now else ChangeKind.DRIVER_FALLS
        change = CallChange(kind=kind, value=place, label_ko=feature.label_ko, label_en=feature.label_en)
        found.append((abs(place - now), change))
    found.sort(key=lambda item: (item[0], item[1].label_en))
    return [change for _, change in found[: MOST_CHANGES - 1]]


def _history(model: FactorModel, column: int) -> tuple[CallChange, ...]:
    """Return the history the most important factor the symbol lacks would need."""
    lacking = [
        (-max(abs(float(model.prior[number])), abs(float(model.fit.weights[number]))), feature.min_sessions, feature)
        for number, feature in enumerate(model.features)
        if not model.known[column, number]
    ]
    if not lacking:
        return ()
    _, sessions, feature = min(lacking, key=lambda item: item[:2])
    change = CallChange(
        kind=ChangeKind.MORE_HISTORY, value=sessions, label_ko=feature.label_ko, label_en=feature.label_en
    )
    return (change,)
