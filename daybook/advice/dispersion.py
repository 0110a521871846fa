"""How far the found information scatters when training and test stretches are chosen otherwise: CPCV paths."""

from dataclasses import dataclass

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.combinatorial_folds import CombinatorialFolds
from daybook.advice.errors import AdviceError
from daybook.advice.information import session_ics
from daybook.advice.ridge import fit_ridge, session_moments
from daybook.contracts.factors import FactorSettings


@dataclass(frozen=True, slots=True)
class Dispersion:
    """The mean rank correlation of each path through time, their mean and their standard deviation."""

    path_ics: tuple[float, ...]
    mean: float
    deviation: float
    splits: int


def path_dispersion(
    features: FloatArray,
    labels: FloatArray,
    settings: FactorSettings,
    prior: FloatArray | None = None,
    *,
    folds: int = 10,
    test_folds: int = 2,
) -> Dispersion:
    """Return the information along every path of combinatorial purged cross-validation.

    Training sessions whose label reaches into a tested stretch, or which a tested label reaches into, are purged, and
    the embargo of ``settings`` is dropped after it. Raises ``AdviceError`` for too few labelled sessions.
    """
    labelled = np.flatnonzero(np.isfinite(labels).any(axis=1))
    if labelled.size == 0:
        raise AdviceError("no session has a known label: a longer panel is needed")
    used = slice(int(labelled[0]), int(labelled[-1]) + 1)
    x, y = features[used], labels[used]
    assumed = np.zeros(x.shape[2]) if prior is None else prior
    purge = max(settings.purge_sessions, settings.horizon_sessions + 1)
    plan = CombinatorialFolds(folds, test_folds, purge, settings.embargo_sessions)
    try:
        splits = plan.splits(len(x))
    except ValueError as error:
        raise AdviceError(f"{len(x)} labelled sessions are too few for {folds} folds: {error}") from error
    moments = session_moments(x, y)
    weights = []
    for split in splits:
        chosen = np.zeros(len(x), dtype=np.bool_)
        chosen[list(split.train)] = True
        fit = fit_ridge(moments.of(chosen), assumed, settings.prior_deviation, settings.horizon_sessions)
        weights.append(fit.weights)
    bounds = plan.bounds(len(x))
    tested = {
        (split.number, fold): session_ics(np.einsum("tnk,k->tn", x[first:stop], weights[split.number]), y[first:stop])
        for split in splits
        for fold, (first, stop) in ((fold, bounds[fold]) for fold in split.test_folds)
    }
    ics = []
    for path in plan.paths():
        whole = np.concatenate([tested[(split, fold)] for fold, split in enumerate(path)])
        ics.append(float(np.nanmean(whole)))
    return Dispersion(tuple(ics), float(np.mean(ics)), float(np.std(ics, ddof=1)), len(splits))
