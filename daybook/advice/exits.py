"""Which positions a tick proposes to sell: stop loss, take profit, time limit, lost rank, in this order.

A position is sold whole, or as far as shares can be sold and one order may go. No model has a say in it.
"""

from collections.abc import Collection, Iterable, Mapping

from daybook.advice.intents import intent_id
from daybook.advice.prices import sell_limit_krw
from daybook.contracts.advice import (
    Abstention,
    AbstentionCode,
    OrderReason,
    Position,
    Proposals,
    ProposedOrder,
    Recommendations,
    TickFacts,
)
from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.market import Quote
from daybook.contracts.orders import Purpose
from daybook.risk.arithmetic import exact


def exits(
    positions: Iterable[Position],
    quotes: Mapping[str, Quote],
    recommendations: Recommendations,
    settings: StrategySettings,
    limits: RiskLimits,
    facts: TickFacts,
    open_symbols: Collection[str] = (),
) -> list[ProposedOrder]:
    """Return the sells of a tick; see :func:`plan_exits`."""
    return list(plan_exits(positions, quotes, recommendations, settings, limits, facts, open_symbols).orders)


def plan_exits(
    positions: Iterable[Position],
    quotes: Mapping[str, Quote],
    recommendations: Recommendations,
    settings: StrategySettings,
    limits: RiskLimits,
    facts: TickFacts,
    open_symbols: Collection[str] = (),
) -> Proposals:
    """Return the sells of a tick, and every exit that is due but cannot be proposed now.

    ``open_symbols`` have an order at the broker; an open buy has to be cancelled before its symbol can be sold.
    """
    orders: list[ProposedOrder] = []
    blocked: list[Abstention] = []
    for position in positions:
        quote = quotes.get(position.symbol)
        due = _due(position, quote, recommendations, settings, facts)
        if due is None:
            continue
        result = _propose(position, quote, due, settings, limits, facts, open_symbols)
        if isinstance(result, ProposedOrder):
            orders.append(result)
        else:
            blocked.append(result)
    return Proposals(orders=tuple(orders), abstentions=tuple(blocked))


def _due(
    position: Position,
    quote: Quote | None,
    recommendations: Recommendations,
    settings: StrategySettings,
    facts: TickFacts,
) -> tuple[OrderReason, str] | None:
    """Return the first rule that wants the position sold, with its numbers in a sentence."""
    if position.shares == 0:
        return None
    price_krw = quote.price_krw if quote is not None else 0
    average_krw = position.average_price_krw
    if price_krw > 0 and average_krw > 0:
        gain = price_krw / average_krw - 1
        against_average = f"{price_krw:,} is {gain:+.2%} from the average {average_krw:,.0f}"
        if price_krw <= exact(average_krw) * (1 - exact(settings.stop_loss_ratio)):
            return OrderReason.STOP_LOSS, f"stop loss at -{settings.stop_loss_ratio:.1%}: {against_average}"
        target = settings.take_profit_ratio
        if target is not None and price_krw >= exact(average_krw) * (1 + exact(target)):
            return OrderReason.TAKE_PROFIT, f"take profit at +{target:.1%}: {against_average}"
    if position.held_sessions is not None and position.held_sessions >= settings.max_holding_sessions:
        text = f"time limit: held {position.held_sessions} sessions, the limit is {settings.max_holding_sessions}"
        return OrderReason.TIME_LIMIT, text
    row = recommendations.of(position.symbol) if facts.rebalance_due else None
    if row is None:
        return None
    if row.rank > settings.exit_rank:
        return (
            OrderReason.RANK_LOST,
            f"rank lost: {row.rank} of {len(recommendations.ranked)}, kept to {settings.exit_rank}",
        )
    if row.score <= settings.min_score:
        return OrderReason.RANK_LOST, f"score lost: {row.score:+.2f}, kept above {settings.min_score:g}"
    return None


def _propose(
    position: Position,
    quote: Quote | None,
    due: tuple[OrderReason, str],
    settings: StrategySettings,
    limits: RiskLimits,
    facts: TickFacts,
    open_symbols: Collection[str],
) -> ProposedOrder | Abstention:
    reason, text = due
    symbol = position.symbol
    shares = min(position.shares, position.sellable_shares, limits.max_order_shares)
    price_krw = sell_limit_krw(quote, settings, limits) if quote is not None else None
    if symbol in open_symbols:
        return Abstention(symbol=symbol, code=AbstentionCode.ORDER_OPEN, text=f"an order is open; due: {text}")
    if shares <= 0:
        return Abstention(symbol=symbol, code=AbstentionCode.NOTHING_SELLABLE, text=f"0 shares sellable; due: {text}")
    if quote is None or price_krw is None:
        return Abstention(symbol=symbol, code=AbstentionCode.NO_QUOTE, text=f"no usable price; due: {text}")
    if quote.is_halted:
        return Abstention(symbol=symbol, code=AbstentionCode.UNTRADABLE, text=f"halted by the exchange; due: {text}")
    return ProposedOrder(
        intent_id=intent_id(facts.account, facts.day, facts.tick_number, symbol, Side.SELL, Purpose.EXIT),
        symbol=symbol,
        side=Side.SELL,
        purpose=Purpose.EXIT,
        reason=reason,
        shares=shares,
        limit_price_krw=price_krw,
        reference_price_krw=quote.price_krw,
        rationale=f"{text}; sell {shares:,} of {position.shares:,} shares at {price_krw:,} or better",
    )
