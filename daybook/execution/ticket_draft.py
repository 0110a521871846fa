"""Drafts of orders a person asked for: price, shares, cost and what the rules say. Nothing is sent or written.

Price: a limit price is moved to the KRX grid in the person's favour (a buy down, a sell up) and never moved into the
day's limits: outside them the check denies it. Without a price a buy takes the best ask and a sell the best bid, so
that it can execute at once and at no worse price than what was seen; without an order book, the last price.
Shares: an amount buys or sells as many whole shares as it covers at the price; costs come on top.
"""

from dataclasses import dataclass
from decimal import Decimal

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Side, Won
from daybook.contracts.drafts import DryCheck, TicketDraft
from daybook.contracts.market import Quote
from daybook.contracts.orders import OrderKind
from daybook.execution.desk import ExecutionDesk
from daybook.execution.dry_check import DryChecker, OrderTerms
from daybook.krx.fees import order_costs
from daybook.krx.ticks import Rounding, round_to_tick
from daybook.skills.errors import NoData, ToolRefused
from daybook.skills.trading.order import OrderWish
from daybook.skills.trading.risk import MOST_SHARES


@dataclass(frozen=True, slots=True)
class _Price:
    """``limit_krw`` is 0 for a market order; ``value_krw`` is what its value is counted at."""

    limit_krw: Won
    value_krw: Won
    rule: str


class TicketDrafter:
    """Implements ``daybook.skills.trading.order.TicketDrafts`` for one desk.

    Args:
        desk: the desk.
        checker: asks the rules without a trace.
        commission_rate: the broker's, as a share of the value.
    """

    def __init__(self, desk: ExecutionDesk, checker: DryChecker, commission_rate: Decimal) -> None:
        self._desk = desk
        self._checker = checker
        self._commission_rate = commission_rate

    def draft(self, wish: OrderWish) -> TicketDraft:
        """Return the draft of an order.

        Raises:
            NoData: no share of the symbol can be sold, or the broker knows no price of it.
            ToolRefused: the amount covers no share, or more than an order can hold.
            SourceUnavailable: the broker or the books cannot be asked.
        """
        look = self._checker.look(wish.symbol)
        quote = look.quote
        price = _price(wish, quote)
        shares = _shares(wish, price, look.account)
        terms = OrderTerms(wish.symbol, wish.side, shares, wish.kind, price.limit_krw)
        result = self._checker.check(terms, look)
        notional_krw = shares * price.value_krw
        today = self._checker.market_now().date()
        costs = order_costs(wish.side, quote.market, quote.kind, notional_krw, today, self._commission_rate)
        signed_krw = -notional_krw if wish.side is Side.BUY else notional_krw
        return TicketDraft(
            symbol=wish.symbol,
            side=wish.side,
            kind=wish.kind,
            shares=shares,
            limit_price_krw=price.limit_krw,
            price_rule=price.rule,
            last_price_krw=quote.price_krw,
            ask_krw=quote.ask_krw,
            bid_krw=quote.bid_krw,
            lower_limit_krw=quote.lower_limit_krw,
            upper_limit_krw=quote.upper_limit_krw,
            notional_krw=notional_krw,
            commission_krw=costs.commission_krw,
            tax_krw=costs.tax_krw,
            cash_change_krw=signed_krw - costs.total_krw,
            check=DryCheck.of(result),
            drafted_at=self._desk.real_now(),
        )


def _price(wish: OrderWish, quote: Quote) -> _Price:
    if wish.kind is OrderKind.MARKET:
        return _Price(0, quote.price_krw, "market order; value estimated at the last price")
    is_buy = wish.side is Side.BUY
    direction = Rounding.DOWN if is_buy else Rounding.UP
    if wish.limit_price_krw is not None:
        on_grid_krw = round_to_tick(wish.limit_price_krw, quote.kind, direction)
        rule = "as given"
        if on_grid_krw != wish.limit_price_krw:
            rule = f"{wish.limit_price_krw:,} won is between two ticks; moved {direction.value} to the next"
        return _Price(on_grid_krw, on_grid_krw, rule)
    best_krw = quote.ask_krw if is_buy else quote.bid_krw
    if best_krw:
        return _Price(best_krw, best_krw, "best ask" if is_buy else "best bid")
    on_grid_krw = round_to_tick(quote.price_krw, quote.kind, direction)
    return _Price(on_grid_krw, on_grid_krw, "last price; the book has no offer on that side")


def _shares(wish: OrderWish, price: _Price, account: AccountSnapshot) -> int:
    if wish.shares is not None:
        return wish.shares
    shares = _counted(wish, price, account)
    if shares > MOST_SHARES:
        raise ToolRefused(f"{shares:,} shares are more than one order can hold ({MOST_SHARES:,})")
    return shares


def _counted(wish: OrderWish, price: _Price, account: AccountSnapshot) -> int:
    if wish.all_shares:
        holding = account.holding(wish.symbol)
        sellable = min(holding.shares, holding.sellable_shares) if holding else 0
        if not sellable:
            held = holding.shares if holding else 0
            raise NoData(f"no share of {wish.symbol} can be sold now: {held} held, 0 sellable")
        return sellable
    amount_krw = wish.amount_krw or 0
    shares = amount_krw // price.value_krw
    if not shares:
        raise ToolRefused(f"{amount_krw:,} won is less than one share of {wish.symbol} at {price.value_krw:,} won")
    return shares
