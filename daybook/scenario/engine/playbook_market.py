"""Actions A2 (raise cash) and A3 (hedge) on simulated days: triggered by the index, late, and waiting for a market.

Each day's close gives the market channel's level: the fall since the day before and the fall from the highest close
so far, against the same thresholds as the live desk's. What a level asks for is done at the first later close at
which the broker and the exchange are up for at least half the session; perfect execution is at the close itself.
Nothing is undone within the horizon, unlike on a live day, where a hedge is sold when the market's level falls again.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.response_codes import ActionCode
from daybook.contracts.scenario_result import PlaybookRow
from daybook.contracts.threat_settings import ResponseSettings, ThreatSettings
from daybook.risk.measures.standard_errors import mean
from daybook.scenario.arrays import FloatArray, Hedge, IntArray
from daybook.scenario.controls.choice import ControlChoice
from daybook.scenario.engine.estimates import contract, equal_or
from daybook.scenario.engine.events import price_moving
from daybook.scenario.engine.playbook_actions import row_of
from daybook.scenario.engine.sample import Sample, cash_daily_rate
from daybook.scenario.market.simulate import simulate_wealth
from daybook.scenario.threats.outages import OutageChannel, outage_windows

BoolArray = NDArray[np.bool_]

_HALF_SESSION = 0.5


@dataclass(frozen=True)
class Sleeves:
    """Daily values (S, H + 1) of the plan's parts, of the index and of one won in the first hedge."""

    stocks_krw: FloatArray
    hedges_krw: FloatArray
    index: FloatArray
    inverse: FloatArray | None
    cash_krw: float
    daily_rate: float


@dataclass(frozen=True)
class Rates:
    """Cost of a won sold of the plan's stocks, and bought and sold of the hedge; beta of the stocks held."""

    sell_stocks: float
    buy_hedge: float
    beta: float


def sleeves_of(sample: Sample, level: int, choice: ControlChoice, positions_krw: FloatArray) -> Sleeves:
    """Simulate the days of a plan's parts on the sample's own random numbers."""
    parameters = sample.parameters
    moving = price_moving(sample.thinned(level, choice).active)
    stocks = len(parameters.codes)
    # A hedge of leverage -1 moves as the index itself does.
    with_index = replace(parameters, hedges=(*parameters.hedges, Hedge("INDEX", -1.0, 1)))

    def days(positions: FloatArray) -> FloatArray:
        found = simulate_wealth(
            with_index,
            moving,
            sample.first,
            sample.count,
            sample.scenario.horizon_days,
            sample.key,
            sample.scenario.model,
            positions,
            cash_daily_rate(sample.scenario),
            threads=sample.threads,
        )
        return found.wealth_krw

    def only(place: int) -> FloatArray:
        alone = np.zeros(len(positions_krw) + 1)
        alone[place] = 1.0
        return days(alone)

    held = np.append(positions_krw, 0.0)
    held[-2:] = 0.0
    no_hedges = held.copy()
    no_hedges[stocks:] = 0.0
    stocks_krw = days(no_hedges)
    return Sleeves(
        stocks_krw=stocks_krw,
        hedges_krw=days(held - no_hedges) if held[stocks:].any() else np.zeros_like(stocks_krw),
        index=only(len(positions_krw) - 1),
        inverse=only(stocks) if parameters.hedges else None,
        cash_krw=float(positions_krw[-1]),
        daily_rate=cash_daily_rate(sample.scenario),
    )


def market_levels(index: FloatArray, settings: ThreatSettings) -> IntArray:
    """Return the market channel's level (S, H + 1) at each close; 0 on the first day."""
    fall = np.zeros_like(index)
    fall[:, 1:] = 1.0 - index[:, 1:] / index[:, :-1]
    drawdown = 1.0 - index / np.maximum.accumulate(index, axis=1)
    by_fall = np.searchsorted(np.array(settings.index_falls), fall, side="right")
    by_drawdown = np.searchsorted(np.array(settings.index_drawdowns), drawdown, side="right")
    return np.maximum(by_fall, by_drawdown)


def down_days(sample: Sample, level: int, choice: ControlChoice) -> BoolArray:
    """Return (S, H + 1) whether a session cannot be traded for half of it or more; row 0 is today."""
    scenario = sample.scenario
    windows = outage_windows(sample.events(level), sample.thinned(level, choice), scenario)
    rows = np.flatnonzero(windows.channel != OutageChannel.STOCK)
    down = np.zeros((sample.count, scenario.horizon_days + 1))
    number, start, end = windows.scenario[rows], windows.from_day[rows], windows.to_day[rows]
    for later in range(int(np.ceil(float((end - start).max(initial=0.0)))) + 1):
        day = start + later
        part = np.minimum(end, day + 1.0) - day
        held = (part > 0.0) & (day < scenario.horizon_days)
        np.maximum.at(down, (number[held], day[held].astype(np.int64) + 1), part[held])
    return np.asarray(down >= _HALF_SESSION)


@dataclass(frozen=True)
class _Outcome:
    gain_krw: FloatArray
    triggered: BoolArray
    blocked: BoolArray


def raise_cash(
    sleeves: Sleeves, levels: IntArray, down: BoolArray | None, rates: Rates, settings: ResponseSettings
) -> _Outcome:
    """Sell stocks until cash is the level's share of equity, some of it each day; ``down`` None: at once, always."""
    count, closes = sleeves.index.shape
    kept, cash = np.ones(count), np.zeros(count)
    wanted, asked = np.zeros(count), np.zeros(count)
    triggered = np.zeros(count, dtype=np.bool_)
    blocked = np.zeros(count, dtype=np.bool_)
    targets = np.array(settings.cash_targets)
    growth = 1.0 + sleeves.daily_rate
    own_cash = sleeves.cash_krw
    for day in range(1, closes):
        cash *= growth
        own_cash *= growth
        now = np.maximum(wanted, targets[levels[:, day]])
        if down is None:
            asked = now
        stocks = kept * sleeves.stocks_krw[:, day]
        equity = stocks + sleeves.hedges_krw[:, day] + own_cash + cash
        short = np.minimum(asked * equity - own_cash - cash, settings.max_sell_day_ratio * equity)
        sold = np.clip(np.minimum(short, stocks), 0.0, None)
        sold = np.where(sold >= settings.min_sell_krw, sold, 0.0)
        triggered |= sold > 0.0
        if down is not None:
            blocked |= (sold > 0.0) & down[:, day]
            sold = np.where(down[:, day], 0.0, sold)
        kept *= 1.0 - np.divide(sold, stocks, out=np.zeros(count), where=stocks > 0.0)
        cash += sold * (1.0 - rates.sell_stocks)
        asked = wanted = now
    return _Outcome(cash - (1.0 - kept) * sleeves.stocks_krw[:, -1], triggered, blocked)


def hedge(
    sleeves: Sleeves,
    levels: IntArray,
    down: BoolArray | None,
    rates: Rates,
    settings: ResponseSettings,
    leverage: float,
) -> _Outcome:
    """Buy the inverse fund for the level's share of the plan's beta, once, with cash there is."""
    count, closes = sleeves.index.shape
    gain = np.zeros(count)
    triggered = np.zeros(count, dtype=np.bool_)
    blocked = np.zeros(count, dtype=np.bool_)
    done = np.zeros(count, dtype=np.bool_)
    ratios = np.array(settings.hedge_ratios)
    asked = np.zeros(count)
    inverse = sleeves.inverse
    if inverse is None:
        return _Outcome(gain, triggered, blocked)
    cash = sleeves.cash_krw
    for day in range(1, closes):
        cash *= 1.0 + sleeves.daily_rate
        now = np.maximum(asked, ratios[levels[:, day]])
        if down is None:
            asked = now
        stocks, hedges = sleeves.stocks_krw[:, day], sleeves.hedges_krw[:, day]
        equity = stocks + hedges + cash
        room = np.minimum(settings.max_hedge_ratio * equity - hedges, cash / (1.0 + rates.buy_hedge))
        bought = np.clip(np.minimum(asked * rates.beta * stocks / leverage - hedges, room), 0.0, None)
        due = (bought > 0.0) & ~done & (inverse[:, day] > 0.0)
        triggered |= due
        if down is not None:
            blocked |= due & down[:, day]
            due &= ~down[:, day]
        later = inverse[:, -1] * (1.0 - rates.buy_hedge) / np.where(due, inverse[:, day], 1.0)
        interest = (1.0 + sleeves.daily_rate) ** (closes - 1 - day)
        gain += np.where(due, bought * (later - (1.0 + rates.buy_hedge) * interest), 0.0)
        done |= due
        asked = now
    return _Outcome(gain, triggered, blocked)


def _row(code: ActionCode, sample: Sample, real: _Outcome, perfect: _Outcome) -> PlaybookRow:
    weights = equal_or(sample.probabilities, sample.count)
    return row_of(
        code,
        sample.scenario,
        float(weights[real.triggered].sum()),
        float(weights[real.blocked].sum()),
        contract(mean(real.gain_krw, sample.probabilities)),
        float((weights * perfect.gain_krw).sum()),
    )


def market_rows(
    sample: Sample, level: int, choice: ControlChoice, positions_krw: FloatArray, rates: Rates
) -> tuple[PlaybookRow, ...]:
    """Return the rows of A2 and, where there is a hedge to buy, A3. A negative value is a cost in expectation."""
    sleeves = sleeves_of(sample, level, choice, positions_krw)
    levels = market_levels(sleeves.index, ThreatSettings())
    down = down_days(sample, level, choice)
    settings = ResponseSettings()
    late, ideal = (raise_cash(sleeves, levels, closed, rates, settings) for closed in (down, None))
    rows = [_row(ActionCode.RAISE_CASH, sample, late, ideal)]
    if sample.parameters.hedges:
        leverage = sample.parameters.hedges[0].leverage
        late, ideal = (hedge(sleeves, levels, closed, rates, settings, leverage) for closed in (down, None))
        rows.append(_row(ActionCode.HEDGE, sample, late, ideal))
    return tuple(rows)
