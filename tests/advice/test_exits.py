from typing import Any

import pytest

from daybook.advice.exits import exits, plan_exits
from daybook.advice.positions import positions_of
from daybook.contracts.advice import AbstentionCode, OrderReason, Position, ProposedOrder
from daybook.contracts.base import Mode, Side
from daybook.contracts.orders import Purpose
from tests.advice.facts import (
    DAY,
    LIMITS,
    NOW,
    SETTINGS,
    account,
    holding,
    position,
    quote,
    recommendation,
    recommended,
    tick,
)

STOPPED: dict[str, Any] = {"price_krw": 46_500}


def sells(
    held: Position, rank: int = 3, score: float = 1.0, rebalance_due: bool = True, **seen: Any
) -> list[ProposedOrder]:
    ranking = recommended(recommendation(rank, held.symbol, score=score))
    quotes = {held.symbol: quote(held.symbol, **seen)}
    return exits([held], quotes, ranking, SETTINGS, LIMITS, tick(rebalance_due=rebalance_due))


def blocked(held: Position, open_symbols: tuple[str, ...] = (), **seen: Any) -> AbstentionCode:
    quotes = {held.symbol: quote(held.symbol, **seen)}
    plan = plan_exits([held], quotes, recommended(), SETTINGS, LIMITS, tick(), open_symbols)
    assert plan.orders == ()
    (abstention,) = plan.abstentions
    assert "due" in abstention.text
    return abstention.code


@pytest.mark.parametrize(
    ("held", "facts", "reason"),
    [
        (position(), {"price_krw": 46_500}, OrderReason.STOP_LOSS),
        (position(held_sessions=20), {}, OrderReason.TIME_LIMIT),
        (position(), {"rank": 16}, OrderReason.RANK_LOST),
        (position(), {"score": 0.0}, OrderReason.RANK_LOST),
        (position(held_sessions=20), {"price_krw": 40_000, "rank": 16}, OrderReason.STOP_LOSS),
        (position(held_sessions=20), {"rank": 16}, OrderReason.TIME_LIMIT),
    ],
)
def test_exit_when_a_rule_is_met_then_the_first_one_sells_the_position(
    held: Position, facts: dict[str, Any], reason: OrderReason
) -> None:
    (order,) = sells(held, **facts)
    assert (order.reason, order.side, order.purpose, order.shares) == (reason, Side.SELL, Purpose.EXIT, 10)


@pytest.mark.parametrize(
    ("held", "facts"),
    [
        (position(), {"price_krw": 46_550}),
        (position(held_sessions=19), {}),
        (position(held_sessions=None), {}),
        (position(), {"rank": 15}),
        (position(), {"score": 0.01}),
        (position(), {"rank": 16, "score": -1.0, "rebalance_due": False}),
        (position(), {"price_krw": 500_000}),
        (position(shares=0, sellable_shares=0), STOPPED),
        (position(average_price_krw=0.0), STOPPED),
    ],
)
def test_exit_when_no_rule_is_met_then_the_position_is_kept(held: Position, facts: dict[str, Any]) -> None:
    assert sells(held, **facts) == []


def test_exit_when_the_symbol_is_not_ranked_then_absence_is_no_reason_to_sell() -> None:
    ranking = recommended(recommendation(1, "000999"))
    plan = plan_exits([position()], {"000100": quote("000100")}, ranking, SETTINGS, LIMITS, tick(rebalance_due=True))
    assert (plan.orders, plan.abstentions) == ((), ())


def test_take_profit_when_set_then_it_sells_at_the_gain() -> None:
    settings = SETTINGS.model_copy(update={"take_profit_ratio": 0.1})
    for price_krw, reasons in ((54_900, []), (55_000, [OrderReason.TAKE_PROFIT])):
        quotes = {"000100": quote("000100", price_krw)}
        orders = exits([position()], quotes, recommended(), settings, LIMITS, tick())
        assert [order.reason for order in orders] == reasons


def test_exit_when_proposed_then_it_tells_its_numbers_and_makes_a_ticket() -> None:
    (order,) = sells(position(), price_krw=46_000, bid_krw=45_950)
    assert order.rationale == (
        "stop loss at -7.0%: 46,000 is -8.00% from the average 50,000; sell 10 of 10 shares at 45,800 or better"
    )
    assert order.intent_id.startswith("20260306-t012-000100-sell-")
    ticket = order.ticket(
        mode=Mode.PAPER, day=DAY, account="main", decision_id="tick-12", decided_at=NOW, valid_until=NOW
    )
    assert (ticket.symbol, ticket.shares, ticket.limit_price_krw) == ("000100", 10, 45_800)
    assert (ticket.reference_price_krw, ticket.rationale) == (46_000, order.rationale)


def test_exit_when_not_all_can_be_sold_at_once_then_as_much_as_one_order_may() -> None:
    (order,) = sells(position(shares=30, sellable_shares=20), **STOPPED)
    assert order.shares == 20
    (order,) = sells(position(shares=25_000, sellable_shares=25_000), **STOPPED)
    assert order.shares == LIMITS.max_order_shares


def test_exit_when_due_but_impossible_now_then_it_says_why() -> None:
    assert blocked(position(), ("000100",), **STOPPED) is AbstentionCode.ORDER_OPEN
    assert blocked(position(sellable_shares=0), **STOPPED) is AbstentionCode.NOTHING_SELLABLE
    assert blocked(position(), is_halted=True, **STOPPED) is AbstentionCode.UNTRADABLE
    assert blocked(position(held_sessions=30), price_krw=0) is AbstentionCode.NO_QUOTE


def test_exit_when_there_is_no_quote_then_the_time_limit_is_still_told() -> None:
    plan = plan_exits([position(held_sessions=30)], {}, recommended(), SETTINGS, LIMITS, tick())
    assert [row.code for row in plan.abstentions] == [AbstentionCode.NO_QUOTE]


def test_positions_when_read_from_the_account_then_sold_out_rows_are_left_out() -> None:
    rows = positions_of(account(holding("000100"), holding("000200", shares=0), holding("000300")), {"000100": 4})
    assert [(row.symbol, row.held_sessions) for row in rows] == [("000100", 4), ("000300", None)]
    assert rows[0].average_price_krw == 50_000
