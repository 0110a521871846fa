"""Opinions of a person worked into the probabilities of a sample, by entropy pooling."""

import numpy as np

from daybook.scenario.arrays import FloatArray
from daybook.scenario.controls.choice import ControlChoice
from daybook.scenario.engine.sample import Sample
from daybook.scenario.entropy_pooling import pool, views_of


def viewed_probabilities(sample: Sample, level: int, choice: ControlChoice) -> FloatArray | None:
    """Return the probabilities (S,) under which the scenario's views hold; None where it has none.

    Views are on returns over the horizon, as simulated at a level under ``choice`` (the controls in place), so that
    every plan is judged under the same probabilities.

    Raises:
        EntropyPoolingError: for views the scenarios cannot meet.
    """
    scenario, parameters = sample.scenario, sample.parameters
    if not scenario.views:
        return None
    paths = sample.paths(sample.thinned(level, choice).active)
    returns: dict[str, FloatArray] = {"market": paths.market - 1.0}
    returns |= dict(zip(parameters.codes, paths.stocks.T - 1.0, strict=True))
    returns |= {hedge.code: paths.hedges[:, place] - 1.0 for place, hedge in enumerate(parameters.hedges)}
    found = pool(views_of(scenario.views, returns), scenarios=sample.count, alpha=scenario.appetite.alpha)
    return np.ascontiguousarray(found.probabilities)
