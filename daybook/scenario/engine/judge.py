"""Judge fixed plans on scenarios they were not made from, all on the same random numbers."""

from dataclasses import dataclass

import numpy as np

from daybook.scenario.arrays import FloatArray
from daybook.scenario.controls.choice import ControlChoice
from daybook.scenario.engine.direct_days import event_losses_krw, with_direct_losses
from daybook.scenario.engine.events import price_moving
from daybook.scenario.engine.figures import max_drawdown
from daybook.scenario.engine.sample import Sample, cash_daily_rate, wealth_of
from daybook.scenario.market.simulate import simulate_wealth


@dataclass(frozen=True)
class Judged:
    """Wealth of one plan in each scenario of a sample."""

    wealth_krw: FloatArray
    """(S,) at the horizon."""
    drawdowns: FloatArray
    """(S,) largest fall from a peak, a share of it."""
    days_krw: FloatArray
    """(S, H + 1) daily, after direct losses."""


def judge(sample: Sample, level: int, choice: ControlChoice, positions_krw: FloatArray) -> Judged:
    """Return what positions (N,) under a choice of controls come to in every scenario of a sample."""
    model = sample.wealth(level, choice)
    wealth = wealth_of(model, positions_krw)
    thinned = sample.thinned(level, choice)
    paths = simulate_wealth(
        sample.parameters,
        price_moving(thinned.active),
        sample.first,
        sample.count,
        sample.scenario.horizon_days,
        sample.key,
        sample.scenario.model,
        positions_krw,
        cash_daily_rate(sample.scenario),
        threads=sample.threads,
    )
    events = event_losses_krw(
        sample.events(level), thinned, sample.scenario, positions_krw, len(sample.parameters.codes)
    )
    days = with_direct_losses(paths.wealth_krw, wealth, model.fixed_krw, sample.events(level), thinned, events)
    return Judged(np.ascontiguousarray(wealth), max_drawdown(days), days)
