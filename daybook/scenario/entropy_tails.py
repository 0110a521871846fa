"""CVaR views of entropy pooling, met by linear constraints on the excess over thresholds."""

from collections.abc import Sequence

import numpy as np

from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import FloatArray
from daybook.scenario.entropy_dual import Constraint, Met, relative_entropy, solve_dual
from daybook.scenario.entropy_views import EntropyPoolingError, Relation, View

_CVAR_TOLERANCE = 1e-6
_MAX_THRESHOLDS = 60
_MAX_ROUNDS = 6
_ENTROPY_GAIN = 1e-9


def meet(prior: FloatArray, constraints: Sequence[Constraint], name: str) -> Met:
    """Return the probabilities that meet the constraints; raise ``EntropyPoolingError`` with the name where none do."""
    found = solve_dual(prior, constraints)
    if found is None:
        raise EntropyPoolingError(
            name, "no probabilities meet all views together", "drop one or bring them nearer to what is simulated"
        )
    return found


def meet_tails(
    prior: FloatArray,
    constraints: list[Constraint],
    raised: Sequence[View],
    lowered: Sequence[View],
    probabilities: FloatArray,
    alpha: float,
) -> FloatArray:
    """Return the probabilities nearest to the prior under linear constraints, some CVaRs raised and some lowered.

    ``probabilities`` are those under the linear constraints alone. A lowered CVaR costs least at one threshold, looked
    for with the thresholds of the others held, in turn until none is better elsewhere.

    Raises:
        EntropyPoolingError: where no probabilities are found.
    """
    if not lowered:
        return _raise_tails(prior, constraints, raised, probabilities, alpha)
    cuts: dict[int, Constraint] = {}
    least = np.inf
    for _ in range(_MAX_ROUNDS):
        for place, view in enumerate(lowered):
            others = [cut for other, cut in cuts.items() if other != place]
            entropy, found, cuts[place] = _lower_tail(prior, [*constraints, *others], raised, view, alpha)
        if len(lowered) == 1 or entropy >= least - _ENTROPY_GAIN:
            break
        least = entropy
    return found


def _lower_tail(
    prior: FloatArray, constraints: list[Constraint], raised: Sequence[View], view: View, alpha: float
) -> tuple[float, FloatArray, Constraint]:
    """Return the relative entropy, the probabilities and the cut of the threshold at which lowering costs least."""
    best: tuple[float, FloatArray, Constraint] | None = None
    tried: set[float] = set()
    losses = np.sort(-view.values)
    candidates = np.unique(losses[(losses < view.value)][-max(2, int(losses.size * (1 - alpha) * 4)) :])
    low, high = 0, candidates.size - 1
    while high >= low:
        for at in sorted({round(low + (high - low) * part / 8) for part in range(9)}):
            threshold = float(candidates[at])
            if threshold in tried:
                continue
            tried.add(threshold)
            cut = _threshold(view, threshold, "<=", alpha)
            try:
                found = _raise_tails(prior, [*constraints, cut], raised, None, alpha)
            except EntropyPoolingError:
                continue
            entropy = relative_entropy(found, prior)
            if best is None or entropy < best[0]:
                best = (entropy, found, cut)
                centre = at
        if best is None or high - low <= 8:
            break
        step = max(1, (high - low) // 8)
        low, high = max(0, centre - step), min(candidates.size - 1, centre + step)
    if best is None:
        raise EntropyPoolingError(
            f"{view.name}.value",
            f"no probabilities give a CVaR of {view.value:g}",
            "move it nearer to what is simulated",
        )
    return best


def _raise_tails(
    prior: FloatArray,
    constraints: list[Constraint],
    raised: Sequence[View],
    probabilities: FloatArray | None,
    alpha: float,
) -> FloatArray:
    """Return probabilities under which each view's CVaR is at least its value, by cutting thresholds."""
    cuts: list[Constraint] = []
    found = meet(prior, constraints, "views").probabilities if probabilities is None else probabilities
    for _ in range(_MAX_THRESHOLDS):
        broken = False
        for view in raised:
            now = tail(-view.values, alpha, found)
            if now.cvar < view.value - _CVAR_TOLERANCE * max(abs(view.value), float(view.values.std())):
                cuts.append(_threshold(view, now.var, ">=", alpha))
                broken = True
        if not broken:
            return found
        met = meet(prior, [*constraints, *cuts], raised[0].name)
        found = met.probabilities
        cuts = [cut for cut, binding in zip(cuts, met.binding[len(constraints) :], strict=True) if binding]
    raise EntropyPoolingError(raised[0].name, "no probabilities were found that give this CVaR", "move it nearer")


def _threshold(view: View, threshold: float, relation: Relation, alpha: float) -> Constraint:
    """Return E[(L - a)+] related to (c - a)(1 - alpha)."""
    excess = np.maximum(-view.values - threshold, 0.0)
    return Constraint(excess, relation, (view.value - threshold) * (1 - alpha))
