"""The weights of today: assumed ones, moved towards what the panel itself shows, with what validation says."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from daybook.advice.arrays import BoolArray, FloatArray
from daybook.advice.features.catalogue import available, ranked_values, raw_values
from daybook.advice.features.feature import Feature
from daybook.advice.information import InformationSummary
from daybook.advice.labels import ranked_labels
from daybook.advice.panel import Panel
from daybook.advice.ranks import percentiles
from daybook.advice.ridge import RidgeFit, fit_ridge, session_moments
from daybook.advice.walk_forward import walk_forward
from daybook.contracts.factors import FactorSettings, FactorWeight, ModelEvidence

VALIDATION_TRAINING_SESSIONS = 60
"""Labelled sessions before a short panel's own walk-forward begins; it validates, it does not choose anything."""


@dataclass(frozen=True, slots=True)
class FactorModel:
    """Weights and today's view of a panel's last session.

    ``ranks`` and ``known`` are symbols x features; ``edges`` the expected excess in units of own volatility, before
    cost and opinions; ``edge_errors`` its standard error; ``coverage`` the share of the evidence each symbol has;
    ``has_failed`` says that the panel's own walk-forward found the ranking wrong (see ``FactorSettings``);
    ``rank_slopes`` how much rank a step from the lowest to the highest place is, by feature.
    """

    symbols: tuple[str, ...]
    features: tuple[Feature, ...]
    prior: FloatArray
    fit: RidgeFit
    ranks: FloatArray
    percentiles: FloatArray
    known: BoolArray
    edges: FloatArray
    edge_errors: FloatArray
    coverage: FloatArray
    validation: InformationSummary | None
    evidence: ModelEvidence
    has_failed: bool
    rank_slopes: FloatArray
    prices_as_of: date


def prior_weights(features: tuple[Feature, ...], prior_edge: float) -> FloatArray:
    """Return what is assumed of each feature: the same size for all with evidence, 0 for the others."""
    return np.array([feature.prior_sign * prior_edge for feature in features], dtype=np.float64)


def fit_model(panel: Panel, settings: FactorSettings, features: tuple[Feature, ...] | None = None) -> FactorModel:
    """Fit the weights on all labelled sessions of ``panel`` and apply them to its last session."""
    used = available(panel) if features is None else features
    raw = raw_values(panel, used)
    ranked = ranked_values(raw, panel)
    labels = ranked_labels(panel, settings.horizon_sessions)
    prior = prior_weights(used, settings.prior_edge)
    every = np.ones(panel.shape[0], dtype=np.bool_)
    moments = session_moments(ranked, labels)
    fit = fit_ridge(moments.of(every), prior, settings.prior_deviation, settings.horizon_sessions)
    today = ranked[-1]
    known: BoolArray = np.isfinite(raw[:, -1, :]).T
    places = np.stack([percentiles(values[-1:], panel.member[-1:])[0] for values in raw], axis=1)
    importance = np.maximum(np.abs(prior), np.abs(fit.weights))
    covered = known @ importance / importance.sum() if importance.sum() > 0 else np.zeros(len(today))
    validation = _validate(ranked, labels, prior, settings)
    errors = np.sqrt(np.maximum(np.einsum("nk,kl,nl->n", today, fit.covariance, today), 0.0))
    windows = validation.windows if validation is not None else 0
    failed = (
        validation is not None
        and windows >= settings.min_walk_forward_windows
        and validation.t <= settings.max_walk_forward_t
    )
    evidence = ModelEvidence(
        sessions=panel.shape[0],
        symbols=int(panel.member[-1].sum()),
        labelled_sessions=int((moments.rows > 0).sum()),
        effective_rows=fit.effective_rows,
        fitted_share=fit.fitted_share,
        walk_forward_ic=_finite(validation.mean) if validation is not None else None,
        walk_forward_t=_finite(validation.t) if validation is not None else None,
        walk_forward_windows=windows,
        survivorship=panel.survivorship,
        weights=_weights(used, prior, fit, known, panel),
    )
    return FactorModel(
        symbols=panel.symbols,
        features=used,
        prior=prior,
        fit=fit,
        ranks=today,
        percentiles=places,
        known=known,
        edges=np.einsum("nk,k->n", today, fit.weights),
        edge_errors=errors,
        coverage=covered,
        validation=validation,
        evidence=evidence,
        has_failed=failed,
        rank_slopes=_slopes(known),
        prices_as_of=panel.days[-1],
    )


def _validate(
    ranked: FloatArray, labels: FloatArray, prior: FloatArray, settings: FactorSettings
) -> InformationSummary | None:
    training = min(settings.min_training_sessions, VALIDATION_TRAINING_SESSIONS)
    tested = walk_forward(ranked, labels, settings.model_copy(update={"min_training_sessions": training}), prior)
    return tested.summary if tested.summary.sessions else None


def _weights(
    features: tuple[Feature, ...], prior: FloatArray, fit: RidgeFit, known: BoolArray, panel: Panel
) -> tuple[FactorWeight, ...]:
    members = max(1, int(panel.member[-1].sum()))
    return tuple(
        FactorWeight(
            name=feature.name,
            label_ko=feature.label_ko,
            label_en=feature.label_en,
            prior=float(prior[number]),
            weight=float(fit.weights[number]),
            standard_error=float(np.sqrt(max(fit.covariance[number, number], 0.0))),
            coverage=float(known[:, number].sum()) / members,
        )
        for number, feature in enumerate(features)
    )


def _slopes(known: BoolArray) -> FloatArray:
    """Return (n - 1) over the deviation of the ranks 1 .. n, which is what the whole range of places is in ranks."""
    count = known.sum(axis=0).astype(np.float64)
    return np.where(count > 1, (count - 1) / np.sqrt(np.maximum(count**2 - 1, 1) / 12), 0.0)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
