"""No order that passes breaks a limit that is computed here again, in another way, with decimals."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Side, TradingState
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderKind, OrderTicket
from daybook.contracts.risk import CheckContext, DayCounters
from daybook.risk.checks import check_before_post, check_order
from tests.risk.facts import (
    BOUGHT,
    EQUITY_KRW,
    HELD,
    NOW,
    account,
    before,
    buy,
    context,
    holding,
    open_order,
    quote,
    sell,
)

ratios = st.integers(0, 1_000).map(lambda permille: permille / 1_000)
small_counts = st.integers(0, 12)
TICKS = {9_000: 10, 30_000: 50, 70_000: 100, 150_000: 100, 400_000: 500}
STRESSES = [
    "last",
    "kind",
    "offset",
    "off_tick",
    "shares",
    "validity",
    "held",
    "sellable",
    "others",
    "open",
    "equity",
    "state",
    "spread",
    "age",
    "settled",
    "orderable",
    "orders",
    "symbol_orders",
    "buys",
    "reserved",
    "sector",
    "turnover",
    "now",
]

limit_values: dict[str, st.SearchStrategy[Any]] = {
    "max_order_notional_krw": st.integers(0, 3_000_000),
    "max_order_equity_ratio": ratios,
    "max_order_shares": st.integers(1, 100),
    "max_position_ratio": ratios,
    "max_sector_ratio": ratios,
    "max_names": st.integers(0, 4),
    "min_cash_ratio": ratios,
    "max_daily_turnover_ratio": ratios,
    "max_daily_orders": small_counts,
    "max_symbol_orders": small_counts,
    "exit_order_reserve": small_counts,
    "symbol_exit_order_reserve": small_counts,
    "price_collar_buy_above": ratios,
    "price_collar_buy_below": ratios,
    "price_collar_sell_above": ratios,
    "price_collar_sell_below": ratios,
    "max_spread_ratio": ratios,
    "max_order_turnover_ratio": ratios,
    "quote_max_age_s": st.integers(0, 10),
    "allow_market_buys": st.booleans(),
    "allow_market_sells": st.booleans(),
}


@st.composite
def some_limits(draw: st.DrawFn) -> RiskLimits:
    """Draw limits of which a few are not the defaults."""
    changed = draw(st.sets(st.sampled_from(sorted(limit_values)), max_size=3))
    return RiskLimits(**{name: draw(limit_values[name]) for name in sorted(changed)})


@st.composite
def situations(draw: st.DrawFn) -> tuple[OrderTicket, CheckContext]:
    """Draw an order and a desk that pass in most respects, so that single limits decide."""
    stressed = draw(st.sets(st.sampled_from(sorted(STRESSES)), max_size=3))

    def pick(fact: str, usual: Any, unusual: st.SearchStrategy[Any]) -> Any:
        return draw(unusual) if fact in stressed else usual

    side = draw(st.sampled_from(Side))
    symbol = BOUGHT if side is Side.BUY else HELD
    last_krw = pick("last", 30_000, st.sampled_from(sorted(TICKS)))
    tick_krw = TICKS[last_krw]
    kind = pick("kind", OrderKind.LIMIT, st.just(OrderKind.MARKET))
    price_krw = last_krw + pick("offset", 0, st.integers(-60, 60)) * tick_krw + pick("off_tick", 0, st.just(7))
    ticket: dict[str, Any] = {
        "side": side,
        "kind": kind,
        "symbol": symbol,
        "shares": pick("shares", 10, st.integers(1, 60)),
        "limit_price_krw": price_krw if kind is OrderKind.LIMIT else 0,
        "reference_price_krw": last_krw,
        "valid_until": NOW + timedelta(minutes=pick("validity", 600, st.integers(-60, 400))),
    }
    held = pick("held", 10, st.integers(0, 60))
    holdings = [holding(symbol, held, last_krw, sellable=pick("sellable", held, st.integers(0, held)))]
    holdings += [holding(f"00020{number}", 1, 10_000) for number in range(pick("others", 1, st.integers(0, 9)))]
    open_rows = st.lists(st.sampled_from(["000100", "000200", "000300"]), max_size=2, unique=True)
    rows = [open_order(other, draw(st.sampled_from(Side)), shares=3) for other in pick("open", [], open_rows)]
    facts = context(
        equity_krw=pick("equity", EQUITY_KRW, st.integers(1_000_000, 20_000_000)),
        trading_state=pick("state", TradingState.ACTIVE, st.just(TradingState.REDUCING)),
        quote=quote(
            symbol=symbol,
            price_krw=last_krw,
            upper_limit_krw=last_krw + 20 * tick_krw,
            lower_limit_krw=last_krw - 20 * tick_krw,
            ask_krw=last_krw + pick("spread", 1, st.integers(0, 12)) * tick_krw,
            bid_krw=last_krw,
            observed_at=before(pick("age", 1, st.integers(0, 8))),
        ),
        account=account(
            holdings=tuple(holdings),
            settled_cash_krw=pick("settled", 9_000_000, st.integers(0, 3_000_000)),
            orderable_cash_krw=pick("orderable", 9_000_000, st.integers(0, 1_500_000)),
        ),
        counters=DayCounters(
            orders=pick("orders", 0, st.integers(0, 25)),
            symbol_orders=pick("symbol_orders", 0, st.integers(0, 6)),
            buys_krw=pick("buys", 0, st.integers(0, 3_500_000)),
        ),
        open_orders=tuple(rows),
        reserved_krw=pick("reserved", 0, st.just(500_000)),
        sector_exposure_krw=pick("sector", 0, st.integers(2_000_000, 4_000_000)),
        average_turnover_krw=pick(
            "turnover", 90_000_000_000, st.sampled_from([None, 1_000_000_000, 3_000_000_000, 10_000_000])
        ),
        market_now=NOW + timedelta(minutes=pick("now", 0, st.integers(-120, 300))),
    )
    return (buy if side is Side.BUY else sell)(**ticket), facts


def violations(ticket: OrderTicket, facts: CheckContext, limits: RiskLimits) -> list[str]:
    """Recompute every number an order is held against."""
    found = [*common_violations(ticket, facts, limits)]
    found += (
        buy_violations(ticket, facts, limits) if ticket.side is Side.BUY else sell_violations(ticket, facts, limits)
    )
    return found


def common_violations(ticket: OrderTicket, facts: CheckContext, limits: RiskLimits) -> list[str]:
    seen = facts.quote
    assert seen is not None
    bad = []
    if facts.market_now >= ticket.valid_until:
        bad.append("expired")
    if (facts.real_now - seen.observed_at).total_seconds() > limits.quote_max_age_s:
        bad.append("stale")
    if not 1 <= ticket.shares <= limits.max_order_shares:
        bad.append("shares")
    if ticket.kind is OrderKind.LIMIT:
        price, last = Decimal(ticket.limit_price_krw), Decimal(seen.price_krw)
        below, above = (
            (limits.price_collar_buy_below, limits.price_collar_buy_above)
            if ticket.side is Side.BUY
            else (limits.price_collar_sell_below, limits.price_collar_sell_above)
        )
        if price > last + last * decimal(above) or price < last - last * decimal(below):
            bad.append("collar")
        if not seen.lower_limit_krw <= ticket.limit_price_krw <= seen.upper_limit_krw:
            bad.append("daily limits")
        if ticket.limit_price_krw % tick_at(ticket.limit_price_krw):
            bad.append("grid")
    return bad


def buy_violations(ticket: OrderTicket, facts: CheckContext, limits: RiskLimits) -> list[str]:
    seen, money = facts.quote, facts.account
    assert seen is not None
    unit = seen.upper_limit_krw if ticket.kind is OrderKind.MARKET else ticket.limit_price_krw
    value = Decimal(unit * ticket.shares)
    equity = Decimal(facts.equity_krw)
    cost = value + value * decimal(limits.commission_reserve_ratio)
    open_buys = sum(row.shares * row.limit_price_krw for row in facts.open_orders if row.side is Side.BUY)
    held = sum(row.shares for row in money.holdings if row.symbol == ticket.symbol) * seen.price_krw
    spread = Decimal((seen.ask_krw or 0) - (seen.bid_krw or 0)) / (
        Decimal((seen.ask_krw or 0) + (seen.bid_krw or 0)) / 2
    )
    minutes = facts.market_now.hour * 60 + facts.market_now.minute
    checks = {
        "market": ticket.kind is OrderKind.MARKET and not limits.allow_market_buys,
        "state": facts.trading_state is not TradingState.ACTIVE,
        "hours": not 9 * 60 + 5 <= minutes < 15 * 60 + 15,
        "notional": value > limits.max_order_notional_krw or value > equity * decimal(limits.max_order_equity_ratio),
        "position": held + value > equity * decimal(limits.max_position_ratio),
        "sector": facts.sector_exposure_krw + value > equity * decimal(limits.max_sector_ratio),
        "names": names(ticket, money, facts) > limits.max_names,
        "cash": cost > money.orderable_cash_krw - facts.reserved_krw,
        "floor": money.settled_cash_krw - open_buys - facts.reserved_krw - cost
        < equity * decimal(limits.min_cash_ratio),
        "turnover": facts.counters.buys_krw + value > equity * decimal(limits.max_daily_turnover_ratio),
        "orders": facts.counters.orders >= limits.max_daily_orders,
        "symbol orders": facts.counters.symbol_orders >= limits.max_symbol_orders,
        "liquid": (facts.average_turnover_krw or 0) < limits.min_average_turnover_krw,
        "share of turnover": value > (facts.average_turnover_krw or 0) * decimal(limits.max_order_turnover_ratio),
        "spread": spread > decimal(limits.max_spread_ratio),
    }
    return [name for name, broken in checks.items() if broken]


def sell_violations(ticket: OrderTicket, facts: CheckContext, limits: RiskLimits) -> list[str]:
    sellable = sum(row.sellable_shares for row in facts.account.holdings if row.symbol == ticket.symbol)
    minutes = facts.market_now.hour * 60 + facts.market_now.minute
    checks = {
        "market": ticket.kind is OrderKind.MARKET and not limits.allow_market_sells,
        "hours": not 9 * 60 <= minutes < 15 * 60 + 19,
        "sellable": ticket.shares > sellable,
        "orders": facts.counters.orders >= limits.max_daily_orders + limits.exit_order_reserve,
        "symbol orders": facts.counters.symbol_orders >= limits.max_symbol_orders + limits.symbol_exit_order_reserve,
    }
    return [name for name, broken in checks.items() if broken]


def names(ticket: OrderTicket, money: AccountSnapshot, facts: CheckContext) -> int:
    held = [row.symbol for row in money.holdings if row.shares]
    buying = [row.symbol for row in facts.open_orders if row.side is Side.BUY]
    return len({*held, *buying, ticket.symbol})


def decimal(ratio: float) -> Decimal:
    return Decimal(repr(ratio))


def tick_at(price_krw: int) -> int:
    for below, tick in ((2_000, 1), (5_000, 5), (20_000, 10), (50_000, 50), (200_000, 100), (500_000, 500)):
        if price_krw < below:
            return tick
    return 1_000


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(situations(), some_limits())
def test_order_when_it_passes_then_no_recomputed_limit_is_broken_and_the_reverse(
    situation: tuple[OrderTicket, CheckContext], limits: RiskLimits
) -> None:
    ticket, facts = situation
    result = check_order(ticket, facts, limits)
    assert (not result.denials) == (not violations(ticket, facts, limits)), (result, violations(ticket, facts, limits))


@settings(max_examples=100, deadline=None)
@given(situations(), some_limits())
def test_post_when_it_denies_then_the_full_check_denies_too(
    situation: tuple[OrderTicket, CheckContext], limits: RiskLimits
) -> None:
    ticket, facts = situation
    assert set(check_before_post(ticket, facts, limits).codes) <= set(check_order(ticket, facts, limits).codes)
