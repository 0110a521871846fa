from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.advice.entries import entries, plan_entries
from daybook.contracts.account import AccountSnapshot
from daybook.contracts.advice import AbstentionCode, Proposals, Recommendations
from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.market import Quote, SecurityKind
from daybook.contracts.orders import Purpose
from tests.advice.facts import (
    LIMITS,
    SETTINGS,
    account,
    holding,
    quote,
    recommendation,
    recommended,
    symbols,
    tick,
)

NAMES = symbols(8)


def ranking(count: int = 8, **changes: Any) -> Recommendations:
    return recommended(*(recommendation(place, symbol, **changes) for place, symbol in enumerate(NAMES[:count], 1)))


def plan(
    rows: Recommendations | None = None,
    *,
    cash: AccountSnapshot | None = None,
    seen: dict[str, dict[str, Any]] | None = None,
    open_symbols: tuple[str, ...] = (),
    strategy: StrategySettings = SETTINGS,
    limits: RiskLimits = LIMITS,
    multiplier: float = 1.0,
    **facts: Any,
) -> Proposals:
    quotes: dict[str, Quote] = {symbol: quote(symbol, **(seen or {}).get(symbol, {})) for symbol in NAMES}
    return plan_entries(
        cash or account(), quotes, open_symbols, rows or ranking(), strategy, limits, multiplier, tick(**facts)
    )


def codes(result: Proposals) -> dict[str, AbstentionCode]:
    return {row.symbol: row.code for row in result.abstentions}


def test_entries_when_money_is_there_then_the_best_are_bought_within_the_daily_turnover() -> None:
    result = plan()
    assert [order.symbol for order in result.orders] == NAMES[:4]
    assert [order.shares for order in result.orders] == [14, 14, 14, 14]
    assert sum(order.notional_krw for order in result.orders) <= 3_000_000
    assert {order.side for order in result.orders} == {Side.BUY}
    assert {order.purpose for order in result.orders} == {Purpose.ENTRY}
    assert codes(result) == dict.fromkeys(NAMES[4:], AbstentionCode.NO_BUDGET)


def test_entry_when_proposed_then_it_tells_its_numbers() -> None:
    order = plan().orders[0]
    assert order.rationale == (
        "rank 1 of 8 (momentum, score +1.99): +10.0% over 20 sessions, volatility 40% a year; "
        "14 x 50,100 = 701,400 won, 7.0% of equity, bound by the risk budget"
    )
    assert order.intent_id.startswith(f"20260306-t012-{NAMES[0]}-buy-")
    assert (order.limit_price_krw, order.reference_price_krw) == (50_100, 50_000)


def test_entries_when_asked_as_a_list_then_the_plan_orders() -> None:
    quotes = {symbol: quote(symbol) for symbol in NAMES}
    found = entries(account(), quotes, (), ranking(), SETTINGS, LIMITS, 1.0, tick())
    assert tuple(found) == plan().orders


def test_entries_when_made_twice_then_equal() -> None:
    assert plan() == plan()


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        ({"is_halted": True}, AbstentionCode.UNTRADABLE),
        ({"is_administrative": True}, AbstentionCode.UNTRADABLE),
        ({"is_in_liquidation": True}, AbstentionCode.UNTRADABLE),
        ({"vi_active": True}, AbstentionCode.UNTRADABLE),
        ({"warning_level": 2}, AbstentionCode.UNTRADABLE),
        ({"kind": SecurityKind.ETN}, AbstentionCode.UNTRADABLE),
        ({"price_krw": 0}, AbstentionCode.NO_QUOTE),
        ({"upper_limit_krw": 0}, AbstentionCode.NO_QUOTE),
        ({"price_krw": 2_000_000}, AbstentionCode.NO_BUDGET),
    ],
)
def test_entry_when_the_quote_speaks_against_it_then_the_next_name_takes_its_slot(
    seen: dict[str, Any], code: AbstentionCode
) -> None:
    result = plan(seen={NAMES[0]: seen})
    assert codes(result)[NAMES[0]] is code
    assert [order.symbol for order in result.orders] == NAMES[1:5]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"score": 0.0}, AbstentionCode.LOW_SCORE),
        ({"average_turnover_krw": 2_999_999_999}, AbstentionCode.ILLIQUID),
        ({"rank": 16}, AbstentionCode.LOW_RANK),
        ({"only_by_news": True}, AbstentionCode.LOW_SCORE),
    ],
)
def test_entry_when_the_recommendation_is_weak_then_nothing_is_bought(
    changes: dict[str, Any], code: AbstentionCode
) -> None:
    row = recommendation(1, NAMES[0]).model_copy(update=changes)
    result = plan(recommended(row))
    assert (result.orders, codes(result)) == ((), {NAMES[0]: code})


def test_entry_when_there_is_no_quote_then_left_alone() -> None:
    result = plan_entries(account(), {}, (), ranking(1), SETTINGS, LIMITS, 1.0, tick())
    assert codes(result) == {NAMES[0]: AbstentionCode.NO_QUOTE}


def test_entries_when_a_name_was_sold_out_today_then_its_empty_row_takes_no_slot() -> None:
    one = SETTINGS.model_copy(update={"max_names": 1})
    assert [order.symbol for order in plan(cash=account(holding(NAMES[3], shares=0)), strategy=one).orders] == NAMES[:1]


@pytest.mark.parametrize(
    "settings",
    [{"min_order_notional_krw": 701_400}, {"min_order_notional_krw": 701_401}],
)
def test_entry_when_exactly_the_smallest_order_then_bought(settings: dict[str, int]) -> None:
    orders = plan(ranking(1), strategy=SETTINGS.model_copy(update=settings)).orders
    assert len(orders) == (1 if settings["min_order_notional_krw"] == 701_400 else 0)


def test_entry_when_exactly_liquid_enough_then_bought() -> None:
    assert len(plan(ranking(1, average_turnover_krw=3_000_000_000)).orders) == 1


def test_entries_when_names_are_held_open_or_excluded_then_left_alone_and_slots_are_taken() -> None:
    result = plan(
        cash=account(holding(NAMES[0]), holding("000999")), open_symbols=(NAMES[1],), excluded_symbols=(NAMES[2],)
    )
    assert codes(result)[NAMES[0]] is AbstentionCode.ALREADY_HELD
    assert codes(result)[NAMES[1]] is AbstentionCode.ORDER_OPEN
    assert codes(result)[NAMES[2]] is AbstentionCode.EXCLUDED
    assert [order.symbol for order in result.orders] == NAMES[3:5]
    assert codes(result)[NAMES[5]] is AbstentionCode.NO_SLOT


@pytest.mark.parametrize(
    ("facts", "count"),
    [
        ({"orders_today": 18}, 2),
        ({"orders_today": 20}, 0),
        ({"buys_today_krw": 3_000_000}, 0),
        ({"buys_today_krw": 2_298_600}, 1),
        ({"reserved_krw": 9_000_000}, 0),
        ({"multiplier": 0.0}, 0),
        ({"equity_krw": 0}, 0),
        ({"cash": account(cash_krw=1_000_000)}, 0),
        ({"cash": account(orderable_cash_krw=2_000_000)}, 1),
        ({"cash": account(settled_cash_krw=2_500_000)}, 2),
        ({"limits": LIMITS.model_copy(update={"max_names": 2})}, 2),
        ({"strategy": SETTINGS.model_copy(update={"max_names": 1})}, 1),
    ],
)
def test_entries_when_a_budget_runs_out_then_no_more_are_proposed(facts: dict[str, Any], count: int) -> None:
    assert len(plan(**facts).orders) == count


def test_entries_when_one_sector_holds_all_then_it_stops_at_the_sector_limit() -> None:
    same = {symbol: {"sector": "금융"} for symbol in NAMES}
    loose = LIMITS.model_copy(update={"max_daily_turnover_ratio": 1.0, "max_sector_ratio": 0.15})
    bought = plan(seen=same, limits=loose).orders
    assert 1_400_000 < sum(order.notional_krw for order in bought) <= 1_500_000
    held = plan(cash=account(holding(NAMES[7], shares=28)), seen=same, limits=loose).orders
    assert sum(order.notional_krw for order in held) <= 100_000


def test_sector_when_a_held_quote_fell_then_the_higher_price_counts_and_without_a_quote_the_broker_one() -> None:
    loose = LIMITS.model_copy(update={"max_sector_ratio": 0.15})
    held = account(holding(NAMES[7], shares=20))
    same: dict[str, dict[str, Any]] = {symbol: {"sector": "금융"} for symbol in NAMES}
    same[NAMES[7]] = {"sector": "금융", "price_krw": 20_000}
    assert sum(order.notional_krw for order in plan(cash=held, seen=same, limits=loose).orders) <= 500_000
    unnamed = {symbol: {"sector": ""} for symbol in NAMES}
    orders = plan(cash=account(holding("000999", shares=20)), seen=unnamed, limits=loose).orders
    assert sum(order.notional_krw for order in orders) <= 500_000


def test_cash_when_it_covers_shares_but_not_commission_then_one_share_less_and_less_for_the_next() -> None:
    floor_krw = 1_000_000
    (order,) = plan(ranking(1), cash=account(orderable_cash_krw=floor_krw + 14 * 50_100)).orders
    assert order.shares == 13
    (order,) = plan(ranking(1), cash=account(orderable_cash_krw=floor_krw + 14 * 50_100 + 351)).orders
    assert order.shares == 14
    two = plan(ranking(2), cash=account(orderable_cash_krw=floor_krw + 2 * 14 * 50_100 + 701)).orders
    assert [row.shares for row in two] == [14, 13]


def test_size_when_the_threat_rises_then_every_order_shrinks() -> None:
    shares = [[order.shares for order in plan(ranking(3), multiplier=part).orders] for part in (1.0, 0.75, 0.5, 0.25)]
    assert shares == [[14, 14, 14], [11, 11, 11], [7, 7, 7], [3, 3, 3]]
    calm = [order.shares for order in plan(ranking(3, annual_volatility=0.05), multiplier=1.0).orders]
    tense = [order.shares for order in plan(ranking(3, annual_volatility=0.05), multiplier=0.5).orders]
    assert (calm, tense) == ([19, 19, 19], [9, 9, 9])


def test_size_when_volatility_doubles_then_the_order_halves() -> None:
    (calm,) = plan(ranking(1, annual_volatility=0.4)).orders
    (wild,) = plan(ranking(1, annual_volatility=0.8)).orders
    assert (calm.shares, wild.shares) == (14, 7)


def test_size_when_less_than_half_is_affordable_then_the_buy_waits() -> None:
    half = plan(ranking(1), buys_today_krw=3_000_000 - 8 * 50_100)
    assert codes(half) == {}
    less = plan(ranking(1), buys_today_krw=3_000_000 - 8 * 50_100 + 1)
    assert codes(less) == {NAMES[0]: AbstentionCode.NO_BUDGET}


def test_size_when_below_the_smallest_order_then_not_bought() -> None:
    result = plan(ranking(1), multiplier=0.07, seen={NAMES[0]: {"price_krw": 60_000}})
    assert codes(result) == {NAMES[0]: AbstentionCode.NO_BUDGET}
    result = plan(ranking(1), seen={NAMES[0]: {"price_krw": 1_000}}, multiplier=0.05)
    assert codes(result) == {NAMES[0]: AbstentionCode.TOO_SMALL}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1_000, 900_000), st.floats(0.02, 3)), min_size=1, max_size=8),
    st.integers(0, 50_000_000),
    st.integers(0, 50_000_000),
    st.floats(0, 1),
    st.integers(0, 3_000_000),
    st.integers(1, 20),
)
def test_entries_when_made_of_anything_then_no_cap_is_exceeded(
    market: list[tuple[int, float]], equity_krw: int, cash_krw: int, multiplier: float, bought_krw: int, slots: int
) -> None:
    rows = recommended(
        *(recommendation(place, NAMES[place - 1], annual_volatility=row[1]) for place, row in enumerate(market, 1))
    )
    seen = {
        NAMES[place]: {"price_krw": row[0], "sector": "a" if place % 2 else "b"} for place, row in enumerate(market)
    }
    strategy = SETTINGS.model_copy(update={"max_names": slots})
    facts: dict[str, Any] = {"equity_krw": equity_krw, "buys_today_krw": bought_krw}
    orders = plan(
        rows, cash=account(cash_krw=cash_krw), seen=seen, strategy=strategy, multiplier=multiplier, **facts
    ).orders
    spent = sum(order.notional_krw for order in orders)
    if orders:
        assert spent + spent * 5 // 10_000 <= cash_krw - equity_krw / 10
        assert spent + bought_krw <= equity_krw * 3 / 10
        for sector in "ab":
            in_sector = sum(order.notional_krw for order in orders if seen[order.symbol]["sector"] == sector)
            assert in_sector <= equity_krw * 35 / 100
    assert len(orders) <= min(slots, LIMITS.max_names)
    for order in orders:
        volatility = next(row.annual_volatility for row in rows.ranked if row.symbol == order.symbol)
        weight = min(0.15 / slots / volatility, 0.10, 0.12)
        assert order.notional_krw <= equity_krw * weight * multiplier * (1 + 1e-9)
        assert order.notional_krw <= 1_000_000 * multiplier
        assert order.shares <= LIMITS.max_order_shares
        assert order.notional_krw >= strategy.min_order_notional_krw
