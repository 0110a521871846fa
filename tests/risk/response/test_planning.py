from typing import Any

import pytest

from daybook.contracts.base import Mode, Side, TradingState
from daybook.contracts.response import (
    THREAT_STATE_CODE,
    ActionDecision,
    DowngradeMode,
    Notice,
    OrdersWanted,
    RotateKeys,
    StateWanted,
    TightenLimits,
)
from daybook.contracts.response_codes import ActionCode, ActionState, Approver, GuardCode
from daybook.contracts.state import StateAction
from daybook.contracts.threat_settings import ResponseSettings
from daybook.risk.response.machine import decided, moved, opened
from daybook.risk.response.planning import execution_orders, plan_responses
from daybook.risk.response.sizing import beta_value_krw
from tests.risk.response.facts import (
    BROKEN,
    BROKER_DOWN,
    CRASH,
    HEDGE,
    PANIC,
    PRICES,
    SETTINGS,
    STRUCK,
    TAKEN_OVER,
    A,
    B,
    C,
    balance,
    facts,
    later,
    plan,
    quote,
    record,
    seen,
    shares_of,
)
from tests.risk.threat.facts import NOW, Desk, market, operations

A1, A2, A3, A4, A5 = (ActionCode(f"A{number}") for number in range(1, 6))
A6, A7, A8, A9 = (ActionCode(f"A{number}") for number in range(6, 10))


def blocks(proposal: Any) -> set[GuardCode]:
    return {block.code for block in proposal.blocked}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, set()),
        ({"market": market(index_change_ratio=-0.02)}, {A1}),
        (PANIC, {A1, A2, A3, A9}),
        (STRUCK, {A1, A2, A8, A9}),
        ({"operations": operations(token_failures=3)}, {A1, A8, A9}),
        (BROKEN, {A1, A4, A6, A8, A9}),
        (TAKEN_OVER, {A1, A4, A5, A6, A7, A8, A9}),
        ({"floor": 5}, {A1, A4, A9}),
    ],
)
def test_actions_when_a_level_is_reached_then_these_and_no_others(changes: dict[str, Any], codes: set[str]) -> None:
    assert set(plan(seen(**changes))) == codes


def test_actions_when_planned_twice_then_the_same_ids() -> None:
    assessment = seen(**PANIC)
    assert plan_responses(assessment, (), facts(), SETTINGS) == plan_responses(assessment, (), facts(), SETTINGS)


def test_actions_when_the_level_only_cools_down_then_nothing_new_but_the_notice_of_the_fall() -> None:
    desk = Desk()
    desk.look(**CRASH)
    assert plan(desk.look(10)) == {}
    desk.look(30 * 40)
    while desk.memory.level == 4:
        last = desk.look(30)
    proposals = plan(last)
    assert set(proposals) == {A1}
    assert "level 3" in proposals[A1].payload.text_en  # type: ignore[union-attr]


def test_raise_cash_when_the_market_panics_then_the_highest_beta_first_up_to_the_target() -> None:
    proposal = plan(seen(**PANIC))[A2]
    # 30 % of 10,000,000 less 1,000,000 in cash is 2,000,000; a day allows 2,500,000.
    assert shares_of(proposal) == {B: 40}
    assert (proposal.needs_approval, proposal.approver, proposal.dry_run) == (True, Approver.PERSON, False)
    assert isinstance(proposal.payload, OrdersWanted)
    order = proposal.payload.orders[0]
    assert (order.side, order.limit_price_krw) == (Side.SELL, 49_850)
    ticket = order.ticket(
        mode=Mode.PAPER, day=facts().day, account="main", action_id=proposal.action_id, decided_at=NOW, valid_until=NOW
    )
    assert (ticket.purpose, ticket.reason, ticket.decision_id) == ("exit", "threat_cash", proposal.action_id)


def test_raise_cash_when_more_is_wanted_than_a_day_allows_then_the_day_binds() -> None:
    proposal = plan(seen(**CRASH))[A2]
    assert shares_of(proposal) == {B: 50}
    assert isinstance(proposal.payload, OrdersWanted)
    assert proposal.payload.bound_by == "max_sell_day_ratio"


def test_raise_cash_when_a_holding_is_struck_then_it_goes_first_and_nothing_else() -> None:
    proposal = plan(seen(**STRUCK), facts(shares={A: 80, B: 40, C: 10}))[A2]
    assert shares_of(proposal) == {B: 40}
    assert proposal.payload.orders[0].reason == "threat_breach"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("about", "code"),
    [
        (facts(cash_krw=9_000_000), GuardCode.ENOUGH_CASH),
        (facts(shares={}), GuardCode.NO_POSITIONS),
        (facts(balance=None), GuardCode.STALE_DATA),
        (facts(balance=balance({A: 10}, 0, later(-2))), GuardCode.STALE_DATA),
        (facts(quotes=()), GuardCode.NOTHING_TO_SELL),
        (facts(quotes=tuple(quote(symbol, later(-2)) for symbol in PRICES)), GuardCode.NOTHING_TO_SELL),
        (facts(quotes=tuple(quote(symbol, is_halted=True) for symbol in PRICES)), GuardCode.NOTHING_TO_SELL),
        (facts(open_symbols=(A, B, C)), GuardCode.NOTHING_TO_SELL),
        (facts(session=None), GuardCode.NOT_IN_SESSION),
        (facts(market_now=later(6 * 60)), GuardCode.NOT_IN_SESSION),
        (facts(trading_state=TradingState.HALTED), GuardCode.TRADING_HALTED),
    ],
)
def test_raise_cash_when_it_cannot_be_done_then_blocked_with_the_reason(about: Any, code: GuardCode) -> None:
    proposal = plan(seen(**PANIC), about)[A2]
    assert code in blocks(proposal)
    assert proposal.payload is None
    assert all(block.text for block in proposal.blocked)
    assert opened(proposal).state is ActionState.BLOCKED


def test_orders_when_the_broker_is_down_then_neither_cash_nor_hedge() -> None:
    proposals = plan(seen(**BROKER_DOWN))
    for code in (A2, A3):
        assert {GuardCode.CHANNEL_DOWN, GuardCode.TRADING_HALTED} <= blocks(proposals[code])


def test_orders_when_the_exchange_has_stopped_then_held_back() -> None:
    proposals = plan(seen(market=market(circuit_breaker_stage=1)))
    assert GuardCode.CHANNEL_DOWN in blocks(proposals[A2])
    assert {GuardCode.CHANNEL_DOWN, GuardCode.TRADING_REDUCING} <= blocks(proposals[A3])
    payload = proposals[A4].payload
    assert isinstance(payload, StateWanted)
    assert payload.request.action is StateAction.REDUCE


def test_hedge_when_the_market_panics_then_a_share_of_beta_within_the_order_limit() -> None:
    proposal = plan(seen(**PANIC))[A3]
    # beta 3.5 + 1.5 x 3.5 + 1.2 x 2 million = 11.15; 30 % is 3.3, but one order is at most 1,000,000 and cash binds.
    assert beta_value_krw(facts(), SETTINGS) == 11_150_000
    assert proposal.blocked[0].code is GuardCode.NO_ROOM
    rich = plan(seen(**PANIC), facts(cash_krw=4_000_000))[A3]
    assert shares_of(rich) == {HEDGE: 249}
    assert rich.payload.bound_by == "max_order_notional_krw"  # type: ignore[union-attr]


def test_hedge_when_beta_is_small_then_never_above_it() -> None:
    about = facts(shares={A: 2}, cash_krw=9_000_000)
    assert shares_of(plan(seen(**CRASH), about)[A3]) == {HEDGE: 17}
    held = facts(shares={A: 2, HEDGE: 17}, cash_krw=9_000_000)
    assert blocks(plan(seen(**CRASH), held)[A3]) == {GuardCode.NO_ROOM}


@pytest.mark.parametrize(
    ("about", "code"),
    [
        (facts(cash_krw=4_000_000, betas={}), GuardCode.NO_BETA),
        (facts(cash_krw=4_000_000, betas={A: float("nan")}), GuardCode.NO_BETA),
        (facts(cash_krw=4_000_000, quotes=()), GuardCode.NO_QUOTE),
        (facts(cash_krw=4_000_000, open_symbols=(HEDGE,)), GuardCode.ORDER_OPEN),
        (facts(cash_krw=4_000_000, trading_state=TradingState.REDUCING), GuardCode.TRADING_REDUCING),
        (facts(shares={}), GuardCode.NO_POSITIONS),
    ],
)
def test_hedge_when_it_cannot_be_done_then_blocked_with_the_reason(about: Any, code: GuardCode) -> None:
    assert code in blocks(plan(seen(**PANIC), about)[A3])


def test_stop_when_operations_break_then_a_halt_and_without_asking() -> None:
    proposal = plan(seen(**BROKEN))[A4]
    assert isinstance(proposal.payload, StateWanted)
    request = proposal.payload.request
    assert (request.action, request.code, request.by) == (StateAction.HALT, THREAT_STATE_CODE, "playbook")
    assert opened(proposal).state is ActionState.APPROVED


def test_stop_when_a_person_sets_five_then_reduce() -> None:
    payload = plan(seen(floor=5))[A4].payload
    assert isinstance(payload, StateWanted)
    assert payload.request.action is StateAction.REDUCE


def test_stop_when_a_reduction_stands_and_operations_break_then_a_halt() -> None:
    first = moved(moved(record(A4, seen(floor=5)), ActionState.EXECUTING, NOW).record, ActionState.DONE, NOW).record
    again = plan(seen(floor=5), records=(first,))[A4]
    assert blocks(again) == {GuardCode.ALREADY_DONE}
    assert not again.is_worth_recording
    worse = plan(seen(floor=5, **BROKEN), records=(first,))[A4]
    assert not worse.blocked


def test_account_incident_when_live_then_every_action_asks_but_stop_tell_and_record() -> None:
    proposals = plan(seen(**TAKEN_OVER), facts(mode=Mode.LIVE))
    assert {code for code, one in proposals.items() if one.needs_approval} == {A5, A6, A8}
    assert not any(one.dry_run for one in proposals.values())
    downgrade = proposals[A6].payload
    assert isinstance(downgrade, DowngradeMode)
    assert [request.action for request in downgrade.requests] == [StateAction.DISARM, StateAction.HALT]
    assert isinstance(proposals[A5].payload, RotateKeys)
    checklist = proposals[A7].payload
    assert isinstance(checklist, Notice)
    assert checklist.steps_ko
    assert proposals[A8].approver is Approver.TWO_STEP


def test_account_incident_when_paper_then_keys_and_mode_are_dry_runs() -> None:
    proposals = plan(seen(**TAKEN_OVER))
    assert {code for code, one in proposals.items() if one.dry_run} == {A5, A6}
    assert opened(proposals[A5]).state is ActionState.DRY_RUN


def test_settings_when_unattended_then_paper_does_not_ask_and_live_does() -> None:
    settings = ResponseSettings(unattended=(A2, A3, A8))
    on_paper = plan(seen(**PANIC), settings=settings)[A2]
    assert (on_paper.needs_approval, opened(on_paper).state) == (False, ActionState.APPROVED)
    assert plan(seen(**PANIC), facts(mode=Mode.LIVE), settings=settings)[A2].needs_approval
    assert plan(seen(**STRUCK), settings=settings)[A8].needs_approval


def test_settings_when_dry_run_then_written_down_only() -> None:
    proposal = plan(seen(**PANIC), settings=ResponseSettings(dry_run=(A2,)))[A2]
    assert opened(proposal).state is ActionState.DRY_RUN


def test_action_when_open_then_not_proposed_again() -> None:
    waiting = record(A2, seen(**PANIC))
    assert waiting.state is ActionState.WAITING
    again = plan(seen(**PANIC), facts(later(1)), (waiting,))[A2]
    assert GuardCode.ALREADY_OPEN in blocks(again)
    assert not again.is_worth_recording


def test_action_when_expired_then_cools_down_and_comes_again_under_another_id() -> None:
    over = moved(record(A2, seen(**PANIC)), ActionState.EXPIRED, later(10)).record
    early = plan(seen(**PANIC), facts(later(29)), (over,))[A2]
    assert blocks(early) == {GuardCode.COOLING_DOWN}
    assert early.action_id == plan(seen(**PANIC), facts(later(28)), (over,))[A2].action_id
    late = plan(seen(**PANIC), facts(later(30)), (over,))[A2]
    assert not late.blocked
    assert late.action_id != over.action_id
    assert shares_of(late) == {B: 40}


def test_action_when_rejected_then_asked_again_only_when_worse() -> None:
    waiting = record(A2, seen(**PANIC))
    no = ActionDecision(action_id=waiting.action_id, granted=False, by="kim", at=NOW)
    rejected = decided(waiting, no, SETTINGS, NOW).record
    assert blocks(plan(seen(**PANIC), facts(later(60)), (rejected,))[A2]) == {GuardCode.REJECTED_BY_PERSON}
    assert not plan(seen(**CRASH), facts(later(60)), (rejected,))[A2].blocked


def test_raise_cash_when_done_once_then_the_day_counts_it() -> None:
    first = record(A2, seen(**CRASH))
    done = first.model_copy(update={"state": ActionState.DONE})
    assert blocks(plan(seen(**CRASH), facts(later(60)), (done,))[A2]) == {GuardCode.DAILY_SELL_LIMIT}


def test_notice_when_nothing_changes_then_said_once() -> None:
    desk = Desk()
    bad: dict[str, Any] = {"market": market(index_change_ratio=-0.03)}
    said = record(A1, desk.look(**bad)).model_copy(update={"state": ActionState.DONE})
    again = plan(desk.look(10, **bad), facts(later(10)), (said,))[A1]
    assert not again.is_worth_recording
    more = plan(desk.look(1, **bad, operations=operations(broker_latency_s=1)), facts(later(11)), (said,))[A1]
    assert not more.blocked
    assert "KOSPI at -3.0%" in more.payload.text_en  # type: ignore[union-attr]


def test_execution_when_approved_then_fresh_prices_and_never_more_shares() -> None:
    approved = record(A2, seen(**PANIC)).model_copy(update={"state": ActionState.APPROVED})
    cheaper = tuple(quote(symbol, later(5), price_krw=int(PRICES[symbol] * 0.98), bid_krw=None) for symbol in PRICES)
    about = facts(later(5), quotes=cheaper)
    wanted, blocked = execution_orders(approved, seen(**PANIC), about, SETTINGS, (approved,))
    assert blocked == ()
    assert wanted is not None
    order = wanted.orders[0]
    assert (order.symbol, order.shares, order.reference_price_krw) == (B, 40, 49_000)
    assert order.limit_price_krw < 49_000
    fewer, _ = execution_orders(approved, seen(**PANIC), facts(later(5), cash_krw=2_500_000), SETTINGS)
    assert fewer is not None
    assert sum(one.shares for one in fewer.orders) < 40


def test_execution_when_the_cause_or_the_market_is_gone_then_no_orders() -> None:
    approved = record(A2, seen(**PANIC)).model_copy(update={"state": ActionState.APPROVED})
    assert execution_orders(approved, seen(), facts(), SETTINGS)[0] is None
    halted = facts(trading_state=TradingState.HALTED)
    wanted, blocked = execution_orders(approved, seen(**PANIC), halted, SETTINGS, (approved,))
    assert wanted is None
    assert [block.code for block in blocked] == [GuardCode.TRADING_HALTED]


def test_tighten_when_operations_fail_then_scaled_limits_in_two_steps() -> None:
    proposal = plan(seen(operations=operations(token_failures=3)))[A8]
    assert isinstance(proposal.payload, TightenLimits)
    assert (proposal.payload.scale, proposal.approver) == (0.5, Approver.TWO_STEP)
