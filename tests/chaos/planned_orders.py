"""A seeded plan of orders: symbols, sides, sizes and kinds are the seed's; prices are the market's at the time."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from daybook.contracts.base import Mode, Side
from daybook.contracts.orders import OrderKind, OrderTicket, Purpose
from tests.chaos.desk_under_test import DAY, LIMITS, DeskUnderTest
from tests.chaos.market_view import MarketView

FOREIGN_SYMBOL = "069500"
"""A listed symbol that is in no plan's universe."""


class Style(StrEnum):
    """What an order is meant to meet."""

    MARKETABLE = "marketable"
    RESTING = "resting"
    LARGER_THAN_THE_BOOK = "larger than the book"
    MARKET_ORDER = "market order"
    UNTIL_THE_CLOSE = "until the close"
    ASKED_TWICE = "asked twice"
    OFF_TICK = "off tick"
    TOO_LARGE = "too large"
    OVERSOLD = "oversold"
    FOREIGN = "foreign symbol"


_WEIGHTS = {
    Style.MARKETABLE: 38,
    Style.RESTING: 20,
    Style.LARGER_THAN_THE_BOOK: 16,
    Style.MARKET_ORDER: 8,
    Style.ASKED_TWICE: 4,
    Style.OFF_TICK: 3,
    Style.TOO_LARGE: 3,
    Style.OVERSOLD: 3,
    Style.FOREIGN: 2,
}
DENIED_STYLES = frozenset({Style.OFF_TICK, Style.TOO_LARGE, Style.OVERSOLD, Style.FOREIGN})
"""Styles that the risk rules must refuse."""


@dataclass(frozen=True)
class PlannedOrder:
    """One order of a plan. ``starts_s`` is real seconds after the plan's start, ``life`` from 0 to 1."""

    number: int
    starts_s: float
    symbol: str
    wants_sell: bool
    style: Style
    notional_krw: int
    life: float
    price_step: float


def plan_orders(
    seed: int,
    count: int,
    symbols: Sequence[str],
    *,
    lasts_s: float,
    burst: int,
    until_close: int = 0,
    styles: Sequence[Style] = (),
) -> list[PlannedOrder]:
    """Return a plan of ``count`` orders that start in bursts of ``burst`` over ``lasts_s`` real seconds.

    The last ``until_close`` of them rest until the session's close ends them.
    """
    source = random.Random(seed)
    names = list(styles or _WEIGHTS)
    weights = [_WEIGHTS[style] for style in names]
    deck = _endless(symbols, source)
    bursts = max(1, -(-count // burst))
    return [
        PlannedOrder(
            number=number,
            starts_s=(number // burst) * lasts_s / bursts + source.uniform(0, 2),
            symbol=next(deck),
            wants_sell=source.uniform(0, 1) < 0.45,
            style=_style(number >= count - until_close, source.choices(names, weights)[0]),
            notional_krw=int(10 ** source.uniform(5.8, 7.2)),
            life=source.uniform(0, 1),
            price_step=source.uniform(0.001, 0.006),
        )
        for number in range(count)
    ]


def _style(is_last: bool, drawn: Style) -> Style:
    return Style.UNTIL_THE_CLOSE if is_last else drawn


def _endless(symbols: Sequence[str], source: random.Random) -> Iterator[str]:
    while True:
        yield from source.sample(list(symbols), len(symbols))


def ticket_of(
    order: PlannedOrder, desk: DeskUnderTest, market: MarketView, sellable_shares: int, lives_s: tuple[float, float]
) -> OrderTicket:
    """Return the ticket of a planned order at today's prices; a sell of nothing becomes a buy.

    ``lives_s`` is between which real seconds a ticket is valid; resting ones live a third of that.
    """
    symbol = FOREIGN_SYMBOL if order.style is Style.FOREIGN else order.symbol
    sells = order.style is Style.OVERSOLD or (
        order.style not in (Style.TOO_LARGE, Style.FOREIGN) and order.wants_sell and sellable_shares > 0
    )
    side = Side.SELL if sells else Side.BUY
    last_krw = market.last_krw(symbol)
    shares = max(1, order.notional_krw // last_krw)
    towards = -1 if sells else 1
    price_krw = market.price_krw(symbol, 1 + towards * order.price_step * 4)
    kind = OrderKind.LIMIT
    life_s = lives_s[0] + order.life * (lives_s[1] - lives_s[0])
    if order.style is Style.RESTING:
        life_s /= 3
        price_krw = market.price_krw(symbol, 1 - towards * order.price_step)
    elif order.style is Style.LARGER_THAN_THE_BOOK:
        life_s /= 2
        book = market.book(symbol)
        levels = (book.bids if sells else book.asks)[:2]
        if levels:
            price_krw = levels[-1].price_krw
            affordable = LIMITS.max_order_notional_krw // price_krw - 1
            shares = min(2 * sum(level.shares for level in levels), affordable, LIMITS.max_order_shares)
    elif order.style is Style.MARKET_ORDER and sells:
        kind, price_krw = OrderKind.MARKET, 0
    elif order.style is Style.UNTIL_THE_CLOSE:
        price_krw = market.price_krw(symbol, 1 - towards * 0.06)
    elif order.style is Style.OFF_TICK:
        price_krw += 1
    elif order.style is Style.TOO_LARGE:
        shares = LIMITS.max_order_notional_krw // last_krw + 1000
    if sells:
        shares = sellable_shares + 10 if order.style is Style.OVERSOLD else max(1, min(shares, sellable_shares))
    ends = desk.market_now + timedelta(seconds=life_s * desk.speed)
    if order.style is Style.UNTIL_THE_CLOSE:
        ends = datetime.combine(DAY, datetime.min.time(), desk.market_now.tzinfo) + timedelta(hours=15, minutes=45)
    return OrderTicket(
        intent_id=f"chaos-{desk.seed}-{order.number:04d}",
        decision_id=f"chaos-{desk.seed}",
        mode=Mode.PAPER,
        day=DAY,
        symbol=symbol,
        side=side,
        shares=min(shares, 10_000_000),
        kind=kind,
        limit_price_krw=price_krw,
        reference_price_krw=last_krw,
        purpose=Purpose.EXIT if sells else Purpose.ENTRY,
        rationale=order.style.value,
        decided_at=datetime.now(UTC),
        valid_until=ends,
    )
