"""Opinions of a person worked into the probabilities of a sample, by entropy pooling."""

from collections.abc import Mapping

import numpy as np

from daybook.contracts.scenario import Scenario
from daybook.scenario.arrays import FloatArray
from daybook.scenario.controls.choice import ControlChoice
from daybook.scenario.engine.sample import Sample
from daybook.scenario.entropy_pooling import pool, views_of


def view_returns(sample: Sample, level: int, choice: ControlChoice) -> dict[str, FloatArray]:
    """Return (S,) returns over the horizon of each target the scenario has a view on and the sample simulates."""
    targets = {view.target for view in sample.scenario.views}
    if not targets:
        return {}
    paths = sample.paths(level, choice)
    returns: dict[str, FloatArray] = {"market": paths.market - 1.0}
    returns |= dict(zip(sample.parameters.codes, paths.stocks.T - 1.0, strict=True))
    hedges = sample.parameters.hedges
    returns |= {hedge.code: paths.hedges[:, place] - 1.0 for place, hedge in enumerate(hedges)}
    return {target: np.ascontiguousarray(returns[target]) for target in sorted(targets) if target in returns}


def pooled(scenario: Scenario, returns: Mapping[str, FloatArray]) -> FloatArray | None:
    """Return the probabilities (S,) under which the scenario's views on returns hold; None where it has none.

    Raises:
        EntropyPoolingError: for views the scenarios cannot meet.
    """
    if not scenario.views:
        return None
    found = pool(views_of(scenario.views, returns), alpha=scenario.appetite.alpha)
    return np.ascontiguousarray(found.probabilities)


def viewed_probabilities(sample: Sample, level: int, choice: ControlChoice) -> FloatArray | None:
    """Return the probabilities of a sample under the scenario's views.

    Views are on returns as simulated at a level under ``choice`` (the controls in place), so that every plan is judged
    under the same probabilities.
    """
    return pooled(sample.scenario, view_returns(sample, level, choice))
