"""What advice proposes from full knowledge, the risk check lets through."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.advice.entries import plan_entries
from daybook.advice.exits import exits
from daybook.advice.positions import positions_of
from daybook.contracts.advice import ProposedOrder
from daybook.contracts.base import Mode, TradingState
from daybook.contracts.market import Quote
from daybook.contracts.orders import OrderTicket
from daybook.contracts.risk import CheckContext, DayCounters, OpenOrder
from daybook.contracts.session import DayKind, Session
from daybook.risk.checks import check_order
from tests.advice.facts import (
    DAY,
    LIMITS,
    NOW,
    SETTINGS,
    account,
    holding,
    quote,
    recommendation,
    recommended,
    symbols,
    tick,
)

SESSION = Session(
    day=DAY,
    kind=DayKind.REGULAR,
    order_entry_from=NOW.replace(hour=8, minute=0),
    opening_auction_from=NOW.replace(hour=8, minute=30),
    opens=NOW.replace(hour=9, minute=0),
    closing_auction_from=NOW.replace(hour=15, minute=20),
    closes=NOW.replace(hour=15, minute=30),
)
NAMES = symbols(8)


def ticket_of(order: ProposedOrder) -> OrderTicket:
    return order.ticket(
        mode=Mode.PAPER,
        day=DAY,
        account="main",
        decision_id="tick-12",
        decided_at=NOW,
        valid_until=NOW + timedelta(minutes=10),
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(2_000, 900_000), st.floats(0.05, 2), st.integers(0, 2)), min_size=1, max_size=8),
    st.integers(1_000_000, 30_000_000),
    st.integers(0, 40),
    st.integers(0, 3_000_000),
    st.floats(0.1, 1),
)
def test_entries_when_checked_one_after_another_then_none_is_denied(
    market: list[tuple[int, float, int]], cash_krw: int, held_shares: int, bought_krw: int, multiplier: float
) -> None:
    held = holding("000999", shares=held_shares)
    equity_krw = cash_krw + held_shares * held.price_krw
    quotes: dict[str, Quote] = {held.symbol: quote(held.symbol, held.price_krw, sector="s0")}
    for name, (price_krw, _, group) in zip(NAMES, market, strict=False):
        quotes[name] = quote(name, price_krw, sector=f"s{group}")
    rows = recommended(
        *(recommendation(place, NAMES[place - 1], annual_volatility=row[1]) for place, row in enumerate(market, 1))
    )
    money = account(held, cash_krw=cash_krw)
    facts = tick(equity_krw=equity_krw, buys_today_krw=bought_krw)
    orders = plan_entries(money, quotes, (), rows, SETTINGS, LIMITS, multiplier, facts).orders
    sent: list[ProposedOrder] = []
    for order in orders:
        sector = quotes[order.symbol].sector
        earlier_krw = sum(row.notional_krw for row in sent)
        context = CheckContext(
            mode=Mode.PAPER,
            trading_state=TradingState.ACTIVE,
            reconciled=True,
            market_now=NOW,
            real_now=NOW,
            equity_krw=equity_krw,
            counters=DayCounters(orders=len(sent), buys_krw=bought_krw + earlier_krw),
            open_orders=tuple(
                OpenOrder(symbol=row.symbol, side=row.side, shares=row.shares, limit_price_krw=row.limit_price_krw)
                for row in sent
            ),
            session=SESSION,
            quote=quotes[order.symbol],
            account=money,
            allowed_symbols=tuple(NAMES),
            orderable_cash_krw=cash_krw - earlier_krw,
            average_turnover_krw=50_000_000_000,
            sector_exposure_krw=(held.shares * held.price_krw if sector == "s0" else 0)
            + sum(row.notional_krw for row in sent if quotes[row.symbol].sector == sector),
            sessions_listed=250,
        )
        assert check_order(ticket_of(order), context, LIMITS).may_send
        sent.append(order)


@given(
    st.integers(2_000, 900_000), st.integers(1, 20_000), st.sampled_from([TradingState.ACTIVE, TradingState.REDUCING])
)
def test_exit_when_checked_then_it_is_never_denied_even_while_reducing(
    price_krw: int, shares: int, state: TradingState
) -> None:
    money = account(holding(NAMES[0], shares, price_krw * 2), cash_krw=0)
    seen = quote(NAMES[0], price_krw, warning_level=3, vi_active=True)
    (order,) = exits(positions_of(money, {}), {NAMES[0]: seen}, recommended(), SETTINGS, LIMITS, tick())
    context = CheckContext(
        mode=Mode.PAPER,
        trading_state=state,
        reconciled=True,
        market_now=NOW,
        real_now=NOW,
        equity_krw=price_krw * shares,
        counters=DayCounters(orders=30, symbol_orders=6, buys_krw=10_000_000),
        session=SESSION,
        quote=seen,
        account=money,
        allowed_symbols=(),
    )
    assert check_order(ticket_of(order), context, LIMITS).may_send
