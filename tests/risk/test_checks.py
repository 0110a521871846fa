from typing import Any

import pytest

from daybook.contracts.base import Mode, TradingState
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext, CheckResult, DayCounters, PostContext
from daybook.risk.checks import check_before_post, check_order
from daybook.risk.rules.registry import APPROVAL_CODES, ORDER_PATH_CODES, POST_RULES, RULES
from tests.risk.facts import (
    BOUGHT,
    EQUITY_KRW,
    HELD,
    LIMITS,
    NOW,
    account,
    buy,
    context,
    open_order,
    quote,
    sell,
    sell_context,
)


def post_context(**changes: Any) -> PostContext:
    values: dict[str, Any] = {
        "mode": Mode.PAPER,
        "trading_state": TradingState.ACTIVE,
        "reconciled": True,
        "market_now": NOW,
        "real_now": NOW,
        "equity_krw": EQUITY_KRW,
    }
    return PostContext(**{**values, **changes})


def test_check_order_when_nothing_is_wrong_then_it_may_be_sent() -> None:
    assert check_order(buy(), context(), LIMITS) == CheckResult()
    assert check_order(sell(), sell_context(), LIMITS).may_send


def test_check_order_when_many_things_are_wrong_then_all_are_reported() -> None:
    facts = context(
        trading_state=TradingState.HALTED,
        reconciled=False,
        locked_symbols=(BOUGHT,),
        quote=None,
        average_turnover_krw=None,
        account=account(settled_cash_krw=0, orderable_cash_krw=0),
    )
    result = check_order(buy(mode=Mode.MOCK, decision_id=""), facts, LIMITS)
    assert set(result.codes) == {
        DenialCode.MODE_MISMATCH,
        DenialCode.TRADING_HALTED,
        DenialCode.NOT_RECONCILED,
        DenialCode.SYMBOL_LOCKED,
        DenialCode.STALE_PRICE,
        DenialCode.LIQUIDITY,
        DenialCode.CASH_FLOOR,
        DenialCode.CASH,
        DenialCode.UNGROUNDED,
    }
    assert result.is_denied
    assert not result.may_send


def test_denial_when_a_limit_is_broken_then_it_tells_limit_and_value() -> None:
    (denial,) = check_order(buy(shares=15), context(), LIMITS).denials
    assert (denial.code, denial.limit, denial.value) == (DenialCode.ORDER_NOTIONAL, 1_000_000, 1_051_500)
    assert denial.text == "1,051,500 won is above 1,000,000 won for one order"


@pytest.mark.parametrize(
    ("ticket", "facts", "text", "limit"),
    [
        ({"limit_price_krw": 71_500}, {}, "71,500 won is 2.14 % from the last price 70,000", 71_400),
        ({"limit_price_krw": 66_400}, {}, "66,400 won is -5.14 % from the last price 70,000", 66_500),
        (
            {},
            {"sector_exposure_krw": 3_000_000},
            "sector 전기·전자 would be 3,701,000 won, 3,500,000 won are allowed",
            3_500_000,
        ),
        (
            {},
            {"sector_exposure_krw": 3_000_000, "quote": quote(sector="")},
            "sector without a name would be 3,701,000 won, 3,500,000 won are allowed",
            3_500_000,
        ),
    ],
)
def test_denial_when_told_then_text_and_limit_are_those_of_the_side_that_broke(
    ticket: dict[str, Any], facts: dict[str, Any], text: str, limit: int
) -> None:
    (denial,) = check_order(buy(**ticket), context(**facts), LIMITS).denials
    assert (denial.text, denial.limit, type(denial.limit)) == (text, limit, int)


def test_denial_when_its_limit_is_a_fraction_of_a_won_then_it_is_a_float() -> None:
    facts = context(equity_krw=10_000_001)
    (denial,) = check_order(buy(), facts, LIMITS.model_copy(update={"max_order_equity_ratio": 0.01})).denials
    assert denial.limit == pytest.approx(100_000.01)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"mode": Mode.MOCK}, DenialCode.MODE_MISMATCH),
        ({"trading_state": TradingState.HALTED}, DenialCode.TRADING_HALTED),
        ({"trading_state": TradingState.REDUCING}, DenialCode.TRADING_REDUCING),
        ({"reconciled": False}, DenialCode.NOT_RECONCILED),
        ({"locked_symbols": (BOUGHT,)}, DenialCode.SYMBOL_LOCKED),
        ({"market_now": buy().valid_until}, DenialCode.TICKET_EXPIRED),
        ({"equity_krw": 1_000_000, "counters": DayCounters()}, DenialCode.ORDER_NOTIONAL),
        ({"counters": DayCounters(orders=20)}, DenialCode.DAILY_ORDERS),
        ({"counters": DayCounters(symbol_orders=4)}, DenialCode.SYMBOL_ORDERS),
        ({"counters": DayCounters(buys_krw=3_000_000)}, DenialCode.DAILY_TURNOVER),
        ({"open_orders": (open_order(),)}, DenialCode.DUPLICATE_ORDER),
        ({"recent_submits_at": (NOW,) * 12}, DenialCode.RATE),
        ({"approval_reasons": (DenialCode.FAT_FINGER,)}, DenialCode.APPROVAL_MISSING),
    ],
)
def test_check_before_post_when_the_database_says_no_then_denied(facts: dict[str, Any], code: DenialCode) -> None:
    assert check_before_post(buy(), post_context(), LIMITS).may_send
    assert code in check_before_post(buy(), post_context(**facts), LIMITS).codes


def test_check_before_post_when_live_then_it_must_be_armed_and_approved() -> None:
    facts = post_context(mode=Mode.LIVE)
    codes = check_before_post(buy(mode=Mode.LIVE), facts, LIMITS).codes
    assert codes == (DenialCode.MODE_NOT_ARMED, DenialCode.APPROVAL_MISSING)


def test_check_before_post_when_given_all_facts_then_it_agrees_with_the_database_facts() -> None:
    full: CheckContext = context(trading_state=TradingState.REDUCING, counters=DayCounters(orders=30))
    light = PostContext(**{name: getattr(full, name) for name in PostContext.model_fields})
    assert check_before_post(buy(), full, LIMITS) == check_before_post(buy(), light, LIMITS)


def test_check_before_post_when_reducing_then_a_sell_passes() -> None:
    assert check_before_post(sell(), post_context(trading_state=TradingState.REDUCING), LIMITS).may_send


def test_registry_when_listed_then_every_code_has_exactly_one_kind_of_producer() -> None:
    by_rules = {rule.code for rule in RULES}
    kinds = [by_rules, set(APPROVAL_CODES), set(ORDER_PATH_CODES)]
    assert set.union(*kinds) == set(DenialCode)
    assert sum(len(kind) for kind in kinds) == len(DenialCode)


def test_registry_when_listed_then_post_rules_are_a_subset_and_functions_are_used_once() -> None:
    assert RULES[: len(POST_RULES)] == POST_RULES
    functions = [rule.find for rule in RULES]
    assert len(functions) == len(set(functions))
    assert all(rule.summary and len(rule.summary) < 80 for rule in RULES)


@pytest.mark.parametrize("fact", ["quote", "sessions_listed", "average_turnover_krw"])
def test_buy_when_a_needed_fact_is_unknown_then_denied(fact: str) -> None:
    assert check_order(buy(), context(**{fact: None}), LIMITS).is_denied


def test_context_when_sent_as_json_then_it_comes_back_equal() -> None:
    facts = context(open_orders=(open_order(),), locked_symbols=(HELD, BOUGHT))
    assert CheckContext.model_validate_json(facts.model_dump_json()) == facts
    result = check_order(buy(shares=20), context(), LIMITS)
    assert CheckResult.model_validate_json(result.model_dump_json()) == result
