"""Judging a score on years it has not seen, beside the volatility-only baseline.

Each year is forecast by a fit on the rows whose outcome was known before the year began (an expanding window, purged
of rows whose 20 sessions reach into it). Quantiles, weights and both calibrations are made anew for each year.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from daybook.contracts.scores import Preferred, ScoreKind, ScoreValidation
from daybook.risk.score.errors import ScoreFitError
from daybook.risk.score.fit import FittedParts, fit_parts
from daybook.risk.score.sample import FitSample
from daybook.risk.score.skill import reliability, skill
from daybook.scenario.arrays import FloatArray, IntArray

BOOTSTRAPS = 1_000
SEED = 20_260_101


@dataclass(frozen=True)
class Forecasts:
    """Probabilities of model and baseline, and what happened; (N,) each."""

    model: FloatArray
    baseline: FloatArray
    outcomes: FloatArray
    days: IntArray


def walk_forward(training: FitSample, tests: Sequence[FitSample], years: Sequence[int]) -> tuple[Forecasts, ...]:
    """Return forecasts of the ``years`` for each of ``tests``, from fits on ``training`` before each year.

    Raises ScoreFitError when a year has too little before it, or nothing was tested.
    """
    pieces: list[list[Forecasts]] = [[] for _ in tests]
    for year in years:
        begins, ends = date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()
        parts = fit_parts(training.rows(training.known_from < begins))
        for found, test in zip(pieces, tests, strict=True):
            chosen = (test.days >= begins) & (test.days < ends)
            if chosen.any():
                found.append(forecasts(parts, test.rows(chosen)))
    if not all(pieces):
        raise ScoreFitError("a set has no row in the years asked for")
    return tuple(_joined(found) for found in pieces)


def forecasts(parts: FittedParts, sample: FitSample) -> Forecasts:
    """Return what a fit says of rows, and what happened."""
    return Forecasts(parts.model(sample), parts.volatility_only(sample), sample.outcomes, sample.days)


def validation(name: str, title_ko: str, title_en: str, kind: ScoreKind, found: Forecasts) -> ScoreValidation:
    """Return the skill of model and baseline, and which is better beyond two standard errors of the difference."""
    model, baseline = skill(found.model, found.outcomes), skill(found.baseline, found.outcomes)
    difference = model.brier_skill - baseline.brier_skill
    error = skill_difference_error(found)
    preferred = Preferred.TIE
    if abs(difference) > 2 * error:
        preferred = Preferred.MODEL if difference > 0 else Preferred.BASELINE
    return ScoreValidation(
        name=name,
        title_ko=title_ko,
        title_en=title_en,
        kind=kind,
        first_day=date.fromordinal(int(found.days.min())),
        last_day=date.fromordinal(int(found.days.max())),
        rows=len(found.outcomes),
        base_rate=float(found.outcomes.mean()),
        model=model,
        baseline=baseline,
        skill_difference=difference,
        skill_difference_error=error,
        preferred=preferred,
        model_bins=reliability(found.model, found.outcomes),
        baseline_bins=reliability(found.baseline, found.outcomes),
    )


def skill_difference_error(found: Forecasts) -> float:
    """Return the bootstrap standard error of the difference in Brier skill, drawing whole calendar years.

    Rows of one year share their crises, so years are what is independent, if anything is. 0 with one year.
    """
    years = np.array([date.fromordinal(day).year for day in found.days.tolist()])
    groups = [np.flatnonzero(years == year) for year in np.unique(years)]
    if len(groups) < 2:
        return 0.0
    rows = np.array([len(group) for group in groups], dtype=np.float64)
    events = np.array([found.outcomes[group].sum() for group in groups])
    gains = (found.baseline - found.outcomes) ** 2 - (found.model - found.outcomes) ** 2
    gained = np.array([gains[group].sum() for group in groups])
    draws = np.random.default_rng(SEED).integers(0, len(groups), size=(BOOTSTRAPS, len(groups)))
    total, rate = rows[draws].sum(axis=1), events[draws].sum(axis=1) / rows[draws].sum(axis=1)
    mixed = (rate > 0) & (rate < 1)
    differences = (gained[draws].sum(axis=1) / total)[mixed] / (rate * (1 - rate))[mixed]
    return float(differences.std(ddof=1)) if len(differences) > 1 else 0.0


def _joined(found: Sequence[Forecasts]) -> Forecasts:
    return Forecasts(
        np.concatenate([part.model for part in found]),
        np.concatenate([part.baseline for part in found]),
        np.concatenate([part.outcomes for part in found]),
        np.concatenate([part.days for part in found]),
    )
