"""Circuit breakers: what stops the desk from buying, or from trading at all.

Losses, falls and counts trip when they reach their threshold; ages and clock differences when they exceed it.
A breaker never trips on an unknown fact: that a day starts without facts is the business of reconciliation.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from daybook.contracts.base import TradingState, Won
from daybook.contracts.limits import RiskLimits
from daybook.contracts.reasons import BreakerCode
from daybook.contracts.risk import BreakerInputs, BreakerTrip
from daybook.risk.arithmetic import exact, percent

_STRICTNESS = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


@dataclass(frozen=True, slots=True)
class Breaker:
    """One breaker: its code, what it does in a sentence, and its function."""

    code: BreakerCode
    summary: str
    evaluate: Callable[[BreakerInputs, RiskLimits], BreakerTrip | None]


def evaluate_breakers(inputs: BreakerInputs, limits: RiskLimits) -> tuple[BreakerTrip, ...]:
    """Return every tripped breaker, at most one trip of each, in the order of :data:`BREAKERS`."""
    trips = (breaker.evaluate(inputs, limits) for breaker in BREAKERS)
    return tuple(trip for trip in trips if trip is not None)


def strictest(trips: Iterable[BreakerTrip]) -> TradingState:
    """Return the strictest state the trips demand; ``ACTIVE`` when there are none."""
    return max((trip.state for trip in trips), key=_STRICTNESS.__getitem__, default=TradingState.ACTIVE)


def stricter(one: TradingState, other: TradingState) -> TradingState:
    """Return the stricter of two states."""
    return max(one, other, key=_STRICTNESS.__getitem__)


def loss_ratio(equity_krw: Won | None, base_krw: Won | None, flow_krw: Won = 0) -> Fraction | None:
    """Return the loss since a base, net of deposits and withdrawals; negative for a gain, None when unknown.

    loss = (base + flow - equity) / (base + flow), as if the flow had come at the start.
    """
    if equity_krw is None or base_krw is None or base_krw + flow_krw <= 0:
        return None
    start_krw = base_krw + flow_krw
    return Fraction(start_krw - equity_krw, start_krw)


def _daily_loss(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    loss = loss_ratio(inputs.equity_krw, inputs.previous_close_equity_krw, inputs.flow_today_krw)
    return _loss_trip(
        BreakerCode.DAILY_LOSS, "today", loss, limits.daily_loss_reduce_ratio, limits.daily_loss_halt_ratio
    )


def _weekly_loss(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    loss = loss_ratio(inputs.equity_krw, inputs.week_start_equity_krw, inputs.flow_week_krw)
    return _loss_trip(BreakerCode.WEEKLY_LOSS, "this week", loss, limits.weekly_loss_reduce_ratio, None)


def _drawdown(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    loss = loss_ratio(inputs.equity_krw, inputs.high_water_mark_krw)
    return _loss_trip(
        BreakerCode.DRAWDOWN,
        "from the high-water mark",
        loss,
        limits.drawdown_reduce_ratio,
        limits.drawdown_halt_ratio,
    )


def _loss_trip(
    code: BreakerCode, since: str, loss: Fraction | None, reduce_ratio: float, halt_ratio: float | None
) -> BreakerTrip | None:
    """Return the trip of a loss. A loss stays for a person to judge: prices that recover do not undo it."""
    if loss is None:
        return None
    text = f"{percent(loss)} lost {since}"
    if halt_ratio is not None and loss >= exact(halt_ratio):
        state = TradingState.HALTED
    elif loss >= exact(reduce_ratio):
        state = TradingState.REDUCING
    else:
        return None
    return BreakerTrip(code=code, state=state, cancel_buys=True, text=text, needs_human=True)


def _stop_outs(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    """Pause buying while the latest stop-out is recent and its window holds too many."""
    ages = sorted(age for age in inputs.stop_out_ages_sessions if age >= 0)
    if not ages or ages[0] > limits.stop_outs_pause_sessions:
        return None
    count = sum(1 for age in ages if age < ages[0] + limits.stop_outs_window_sessions)
    if count < limits.stop_outs_max:
        return None
    text = f"{count} stop-outs in {limits.stop_outs_window_sessions} sessions"
    return BreakerTrip(code=BreakerCode.STOP_OUTS, state=TradingState.REDUCING, cancel_buys=True, text=text)


def _broker_rejects(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    if inputs.broker_rejects_in_row < limits.broker_rejects_max:
        return None
    text = f"the broker refused {inputs.broker_rejects_in_row} orders in a row"
    return BreakerTrip(
        code=BreakerCode.BROKER_REJECTS, state=TradingState.HALTED, cancel_buys=True, text=text, needs_human=True
    )


def _unknown_outcome(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    age_s = inputs.oldest_unknown_s
    if age_s is None or age_s <= limits.unknown_outcome_max_s:
        return None
    text = f"an order's outcome has been unknown for {age_s:.0f} s"
    return BreakerTrip(code=BreakerCode.UNKNOWN_OUTCOME, state=TradingState.HALTED, cancel_buys=True, text=text)


def _reconciliation_break(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    """Lock the symbols that differ; cash stops buying, a position nobody can explain stops everything."""
    if inputs.unexplained_polls < limits.reconciliation_polls:
        return None
    if inputs.unexplained_position:
        state, what = TradingState.HALTED, "an unexplained position"
    elif inputs.unexplained_cash:
        state, what = TradingState.REDUCING, "unexplained cash"
    elif inputs.unexplained_symbols:
        state, what = TradingState.ACTIVE, "unexplained orders or shares"
    else:
        return None
    symbols = tuple(sorted(set(inputs.unexplained_symbols)))
    names = f" in {', '.join(symbols)}" if symbols else ""
    return BreakerTrip(
        code=BreakerCode.RECONCILIATION_BREAK,
        state=state,
        cancel_buys=state is not TradingState.ACTIVE,
        text=f"{what}{names} after {inputs.unexplained_polls} polls",
        lock_symbols=symbols,
        needs_human=state is TradingState.HALTED,
    )


def _market_data(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    age_s = inputs.market_data_age_s
    if not inputs.in_session or age_s is None or age_s <= limits.market_data_reduce_s:
        return None
    state = TradingState.HALTED if age_s > limits.market_data_halt_s else TradingState.REDUCING
    text = f"no market data for {age_s:.0f} s"
    return BreakerTrip(code=BreakerCode.MARKET_DATA, state=state, cancel_buys=True, text=text)


def _index_fall(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    change = inputs.index_change_ratio
    fall = None if change is None else -exact(change)
    if inputs.market_circuit_breaker or (fall is not None and fall >= exact(limits.index_fall_halt_ratio)):
        state = TradingState.HALTED
    elif fall is not None and fall >= exact(limits.index_fall_reduce_ratio):
        state = TradingState.REDUCING
    else:
        return None
    text = "KOSPI unknown" if change is None else f"KOSPI at {percent(change)}"
    if inputs.market_circuit_breaker:
        text = f"the exchange stopped the market; {text}"
    return BreakerTrip(code=BreakerCode.INDEX_FALL, state=state, cancel_buys=True, text=text)


def _clock_skew(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    skew_s = inputs.clock_skew_s
    if skew_s is None or abs(skew_s) <= limits.clock_skew_max_s:
        return None
    text = f"the clock is {skew_s:+.2f} s off network time"
    return BreakerTrip(code=BreakerCode.CLOCK_SKEW, state=TradingState.REDUCING, cancel_buys=False, text=text)


def _worker_silent(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    silent_s = inputs.worker_silent_s
    if not inputs.in_session or silent_s is None or silent_s <= limits.worker_silent_max_s:
        return None
    text = f"a worker has been silent for {silent_s:.0f} s"
    return BreakerTrip(code=BreakerCode.WORKER_SILENT, state=TradingState.REDUCING, cancel_buys=False, text=text)


def _kill_switch(inputs: BreakerInputs, limits: RiskLimits) -> BreakerTrip | None:
    if not inputs.kill_switch:
        return None
    return BreakerTrip(
        code=BreakerCode.KILL_SWITCH,
        state=TradingState.HALTED,
        cancel_buys=True,
        text="a person stopped the desk",
        needs_human=True,
    )


BREAKERS: tuple[Breaker, ...] = (
    Breaker(BreakerCode.KILL_SWITCH, "a person stopped the desk: halt, until resumed in two steps", _kill_switch),
    Breaker(
        BreakerCode.DAILY_LOSS, "loss since the previous close, open positions included: reduce, halt", _daily_loss
    ),
    Breaker(BreakerCode.WEEKLY_LOSS, "loss since the last week's close: reduce", _weekly_loss),
    Breaker(BreakerCode.DRAWDOWN, "loss from the high-water mark: reduce, halt", _drawdown),
    Breaker(BreakerCode.STOP_OUTS, "too many stop-outs: reduce until the pause is over", _stop_outs),
    Breaker(BreakerCode.BROKER_REJECTS, "the broker refuses order after order: halt", _broker_rejects),
    Breaker(BreakerCode.UNKNOWN_OUTCOME, "an order's outcome stays unknown: halt until it is known", _unknown_outcome),
    Breaker(
        BreakerCode.RECONCILIATION_BREAK,
        "difference to the broker: lock the symbol; reduce for cash, halt for a position",
        _reconciliation_break,
    ),
    Breaker(BreakerCode.MARKET_DATA, "market data stale in session: reduce, halt, until it is back", _market_data),
    Breaker(BreakerCode.INDEX_FALL, "KOSPI falls, or the exchange stops the market: reduce, halt", _index_fall),
    Breaker(BreakerCode.CLOCK_SKEW, "clock off network time: reduce", _clock_skew),
    Breaker(BreakerCode.WORKER_SILENT, "a worker silent in session: reduce", _worker_silent),
)
