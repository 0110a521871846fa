"""How many shares: what A2 sells and what A3 buys, within every limit. Nothing is sized on unknown figures.

A2 sells a breached holding first and whole, then the highest beta first until the cash target: never past the target,
never more than the day's share of equity. A3 buys inverse shares up to a share of the portfolio's beta:
leverage x hedge <= sum(beta_i x_i), so the portfolio is never net short.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction

from daybook.advice.prices import buy_limit_krw, sell_limit_krw
from daybook.contracts.account import AccountSnapshot, Holding
from daybook.contracts.base import Side, Won
from daybook.contracts.market import Quote
from daybook.contracts.orders import Purpose
from daybook.contracts.response import ActionRecord, Block, OrdersWanted, ResponseFacts, ThreatOrder
from daybook.contracts.response_codes import ActionCode, ActionState, GuardCode
from daybook.contracts.threat_settings import ResponseSettings
from daybook.risk.arithmetic import exact, part_of
from daybook.risk.response.names import intent_name

SOLD_STATES = frozenset(
    {
        ActionState.WAITING,
        ActionState.APPROVED,
        ActionState.EXECUTING,
        ActionState.DONE,
        ActionState.FAILED,
        ActionState.UNDONE,
    }
)
"""States in which an action's orders count against the day, whether or not they traded."""


@dataclass(frozen=True, slots=True)
class Sized:
    """Orders and what bound them, or the reason why there are none."""

    orders: tuple[ThreatOrder, ...] = ()
    limit_krw: int = 0
    bound_by: str = ""
    block: Block | None = None

    def wanted(self) -> OrdersWanted | None:
        """Return the orders as a payload; None when there are none."""
        if not self.orders:
            return None
        return OrdersWanted(orders=self.orders, limit_krw=max(0, self.limit_krw), bound_by=self.bound_by)


def _blocked(code: GuardCode, text: str) -> Sized:
    return Sized(block=Block(code=code, text=text))


def sold_today_krw(records: Iterable[ActionRecord], facts: ResponseFacts) -> Won:
    """Return the value of today's A2 orders, those still waiting included."""
    return sum(
        record.proposal.value_krw
        for record in records
        if record.code is ActionCode.RAISE_CASH
        and record.state in SOLD_STATES
        and record.proposal.market_at.date() == facts.day
    )


def size_sells(
    action_id: str,
    cash_target_ratio: float,
    breached: Collection[str],
    facts: ResponseFacts,
    settings: ResponseSettings,
    records: Iterable[ActionRecord],
) -> Sized:
    """Return the sells of A2: ``breached`` holdings whole, then towards ``cash_target_ratio`` of equity in cash."""
    balance = facts.balance
    held = _stocks(balance, settings)
    if balance is None or facts.equity_krw <= 0 or not held:
        return _blocked(GuardCode.NO_POSITIONS, "no position that could be sold")
    day_limit_krw = part_of(facts.equity_krw, settings.max_sell_day_ratio)
    room_krw = day_limit_krw - sold_today_krw(records, facts)
    need_krw = part_of(facts.equity_krw, cash_target_ratio) - balance.settled_cash_krw
    hit = [holding for holding in held if holding.symbol in breached]
    if need_krw <= 0 and not hit:
        return _blocked(
            GuardCode.ENOUGH_CASH, f"{balance.settled_cash_krw:,} won in cash, {cash_target_ratio:.0%} wanted"
        )
    if room_krw <= 0:
        return _blocked(GuardCode.DAILY_SELL_LIMIT, f"{int(day_limit_krw):,} won of sells are used up today")
    orders: list[ThreatOrder] = []
    ordered = sorted(held, key=lambda one: (one not in hit, -facts.betas.get(one.symbol, 1.0), one.symbol))
    for holding in ordered:
        is_hit = holding in hit
        most_krw = room_krw if is_hit else min(room_krw, need_krw)
        order = _sell(action_id, holding, most_krw, is_hit, facts, settings)
        if order is not None:
            orders.append(order)
            room_krw -= order.value_krw
            need_krw -= order.value_krw
    if not orders:
        return _blocked(GuardCode.NOTHING_TO_SELL, "no position can be sold now: no price, an open order, or too small")
    bound_by = "max_sell_day_ratio" if need_krw > room_krw else "cash_targets" if need_krw <= 0 else "what can be sold"
    return Sized(tuple(orders), int(day_limit_krw), bound_by)


def _sell(
    action_id: str,
    holding: Holding,
    most_krw: Fraction,
    is_hit: bool,
    facts: ResponseFacts,
    settings: ResponseSettings,
) -> ThreatOrder | None:
    quote = _fresh_quote(holding.symbol, facts, settings)
    if quote is None or quote.is_halted or holding.symbol in facts.open_symbols:
        return None
    price_krw = sell_limit_krw(quote, facts.strategy, facts.limits)
    if price_krw is None:
        return None
    unit_krw = max(price_krw, quote.price_krw)
    sellable = min(holding.shares, holding.sellable_shares, facts.limits.max_order_shares)
    shares = min(sellable, max(0, int(most_krw // unit_krw)))
    if shares <= 0 or (shares * unit_krw < settings.min_sell_krw and shares < sellable):
        return None
    why = "breached holding" if is_hit else "raise cash"
    return ThreatOrder(
        intent_id=intent_name(action_id, holding.symbol, Side.SELL),
        symbol=holding.symbol,
        side=Side.SELL,
        purpose=Purpose.EXIT,
        reason="threat_breach" if is_hit else "threat_cash",
        shares=shares,
        limit_price_krw=price_krw,
        reference_price_krw=quote.price_krw,
        rationale=f"{action_id} {why}: sell {shares:,} of {holding.shares:,} shares at {price_krw:,} or better",
    )


def beta_value_krw(facts: ResponseFacts, settings: ResponseSettings) -> Fraction:
    """Return sum(beta_i x_i) over the stocks with a known price and beta, in won; the rest counts as nothing."""
    total = Fraction(0)
    for holding in _stocks(facts.balance, settings):
        beta, price_krw = facts.betas.get(holding.symbol), _price_krw(holding, facts)
        if beta is not None and abs(beta) < float("inf"):
            total += exact(float(beta)) * holding.shares * price_krw
    return total


def size_hedge(action_id: str, hedge_ratio: float, facts: ResponseFacts, settings: ResponseSettings) -> Sized:
    """Return the buy of A3: inverse shares towards ``hedge_ratio`` of the portfolio's beta, within every limit."""
    balance, symbol = facts.balance, settings.hedge_symbol
    if balance is None or facts.equity_krw <= 0 or not _stocks(balance, settings):
        return _blocked(GuardCode.NO_POSITIONS, "no position to hedge")
    beta_krw = beta_value_krw(facts, settings)
    if beta_krw <= 0:
        return _blocked(GuardCode.NO_BETA, "the positions have no known beta above 0")
    quote = _fresh_quote(symbol, facts, settings)
    price_krw = buy_limit_krw(quote, facts.strategy, facts.limits) if quote is not None else None
    if quote is None or price_krw is None or quote.is_halted:
        return _blocked(GuardCode.NO_QUOTE, f"no usable price of {symbol}")
    if symbol in facts.open_symbols:
        return _blocked(GuardCode.ORDER_OPEN, f"an order in {symbol} is open")
    rooms = _rooms(beta_krw, hedge_ratio, balance, quote, facts, settings)
    bound_by, room_krw = min(rooms.items(), key=lambda entry: entry[1])
    unit_krw = max(price_krw, quote.price_krw)
    shares = min(int(max(Fraction(0), room_krw) // unit_krw), facts.limits.max_order_shares)
    if shares <= 0:
        return _blocked(GuardCode.NO_ROOM, f"not one share of {symbol} within the {bound_by}")
    order = ThreatOrder(
        intent_id=intent_name(action_id, symbol, Side.BUY),
        symbol=symbol,
        side=Side.BUY,
        purpose=Purpose.ENTRY,
        reason="threat_hedge",
        shares=shares,
        limit_price_krw=price_krw,
        reference_price_krw=quote.price_krw,
        rationale=f"{action_id} hedge: {shares:,} x {price_krw:,} won against a beta of {int(beta_krw):,} won, "
        f"bound by the {bound_by}",
    )
    return Sized((order,), int(room_krw), bound_by)


def _rooms(
    beta_krw: Fraction,
    hedge_ratio: float,
    balance: AccountSnapshot,
    quote: Quote,
    facts: ResponseFacts,
    settings: ResponseSettings,
) -> dict[str, Fraction]:
    """Return what each limit still allows in won; the names are those of the settings and limits."""
    held = balance.holding(settings.hedge_symbol)
    held_krw = held.shares * max(held.price_krw, quote.price_krw) if held is not None else 0
    limits, equity_krw = facts.limits, facts.equity_krw
    full_krw = beta_krw / exact(settings.hedge_leverage)
    cash_krw = min(balance.orderable_cash_krw, balance.settled_cash_krw) - facts.reserved_krw
    free_krw = (cash_krw - part_of(equity_krw, limits.min_cash_ratio)) / (1 + exact(limits.commission_reserve_ratio))
    return {
        "hedge_ratios": full_krw * min(exact(hedge_ratio), Fraction(1)) - held_krw,
        "max_hedge_ratio": part_of(equity_krw, settings.max_hedge_ratio) - held_krw,
        "max_position_ratio": part_of(equity_krw, limits.max_position_ratio) - held_krw,
        "max_order_notional_krw": Fraction(limits.max_order_notional_krw),
        "max_order_equity_ratio": part_of(equity_krw, limits.max_order_equity_ratio),
        "max_daily_turnover_ratio": part_of(equity_krw, limits.max_daily_turnover_ratio) - facts.buys_today_krw,
        "cash above min_cash_ratio": Fraction(free_krw),
    }


def size_unhedge(
    action_id: str, attempt: int, most_shares: int, facts: ResponseFacts, settings: ResponseSettings
) -> Sized:
    """Return the sell that ends a hedge: at most the shares the action still holds, and what can be sold of them."""
    symbol = settings.hedge_symbol
    holding = facts.balance.holding(symbol) if facts.balance is not None else None
    if holding is None or holding.shares <= 0:
        return _blocked(GuardCode.NO_POSITIONS, f"no {symbol} is held")
    quote = _fresh_quote(symbol, facts, settings)
    price_krw = sell_limit_krw(quote, facts.strategy, facts.limits) if quote is not None else None
    if quote is None or price_krw is None or quote.is_halted:
        return _blocked(GuardCode.NO_QUOTE, f"no usable price of {symbol}")
    if symbol in facts.open_symbols:
        return _blocked(GuardCode.ORDER_OPEN, f"an order in {symbol} is open")
    shares = min(most_shares, holding.shares, holding.sellable_shares, facts.limits.max_order_shares)
    if shares <= 0:
        return _blocked(GuardCode.NOTHING_TO_SELL, f"0 shares of {symbol} can be sold")
    order = ThreatOrder(
        intent_id=intent_name(f"{action_id}-undo{attempt}", symbol, Side.SELL),
        symbol=symbol,
        side=Side.SELL,
        purpose=Purpose.EXIT,
        reason="threat_unhedge",
        shares=shares,
        limit_price_krw=price_krw,
        reference_price_krw=quote.price_krw,
        rationale=f"{action_id} is over: sell {shares:,} of {holding.shares:,} shares of the hedge at {price_krw:,}",
    )
    return Sized((order,), order.value_krw, "shares the action bought")


def _stocks(balance: AccountSnapshot | None, settings: ResponseSettings) -> list[Holding]:
    """Return the holdings that are not the hedge."""
    if balance is None:
        return []
    return [one for one in balance.holdings if one.shares > 0 and one.symbol != settings.hedge_symbol]


def _fresh_quote(symbol: str, facts: ResponseFacts, settings: ResponseSettings) -> Quote | None:
    """Return the quote of a symbol unless it is too old to size an order by."""
    quote = facts.quote(symbol)
    if quote is None or (facts.now - quote.observed_at).total_seconds() > settings.max_data_age_s:
        return None
    return quote


def _price_krw(holding: Holding, facts: ResponseFacts) -> Won:
    """Return the lower of balance and quote price: a beta is rather too small than too big."""
    quote = facts.quote(holding.symbol)
    prices = [price for price in (holding.price_krw, quote.price_krw if quote is not None else 0) if price > 0]
    return min(prices, default=0)
