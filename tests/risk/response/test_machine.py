from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.response import ActionDecision, ActionRecord
from daybook.contracts.response_codes import ActionCode, ActionState, TransitionRefusal
from daybook.risk.response.machine import (
    MOST_RECORDS,
    MOVES,
    decided,
    expired,
    moved,
    next_expiry,
    opened,
    order_ended,
    with_records,
)
from tests.risk.response.facts import BROKEN, PANIC, SETTINGS, facts, plan, record, seen
from tests.risk.threat.facts import NOW

WAITING = record(ActionCode.RAISE_CASH, seen(**PANIC))
TWO_STEP = record(ActionCode.TIGHTEN_LIMITS, seen(**BROKEN))


def word(on: ActionRecord, *, granted: bool = True, by: str = "kim") -> ActionDecision:
    return ActionDecision(action_id=on.action_id, granted=granted, by=by, at=NOW)


@pytest.mark.parametrize(("start", "to"), list(product(ActionState, ActionState)))
def test_move_when_tried_then_only_those_of_the_table(start: ActionState, to: ActionState) -> None:
    at = WAITING.model_copy(update={"state": start})
    answer = moved(at, to, NOW, "text")
    if to in MOVES[start]:
        assert (answer.is_accepted, answer.record.state) == (True, to)
    else:
        assert answer.refusal is TransitionRefusal.ILLEGAL_MOVE
        assert answer.record == at


def test_table_when_looked_at_then_closed_and_without_rings() -> None:
    assert set(MOVES) == set(ActionState)
    ended = {state for state, after in MOVES.items() if not after}
    assert all(state.is_final for state in ended)
    seen_states: set[ActionState] = set()
    frontier = {ActionState.PROPOSED}
    for _ in ActionState:
        seen_states |= frontier
        frontier = {after for state in frontier for after in MOVES[state]}
        assert not frontier & {ActionState.PROPOSED}
    assert seen_states == set(ActionState)
    assert not frontier


def test_decision_when_a_person_says_yes_then_approved_by_name() -> None:
    answer = decided(WAITING, word(WAITING), SETTINGS, NOW)
    assert (answer.record.state, answer.record.text) == (ActionState.APPROVED, "approved by kim")
    again = decided(answer.record, word(WAITING), SETTINGS, NOW)
    assert again.refusal is TransitionRefusal.NOT_WAITING


def test_decision_when_too_late_then_refused_and_expired() -> None:
    late = NOW + timedelta(seconds=SETTINGS.approval_valid_s + 1)
    assert decided(WAITING, word(WAITING), SETTINGS, late).refusal is TransitionRefusal.OUT_OF_TIME
    assert expired(WAITING, late).record.state is ActionState.EXPIRED
    assert expired(WAITING, NOW).refusal is TransitionRefusal.NOT_YET_DUE
    assert next_expiry([WAITING]) == NOW + timedelta(seconds=600)
    assert next_expiry([]) is None


def test_decision_when_on_another_action_then_refused() -> None:
    assert decided(WAITING, word(TWO_STEP), SETTINGS, NOW).refusal is TransitionRefusal.WRONG_ACTION


def test_two_step_when_two_people_agree_then_approved_at_once() -> None:
    first = decided(TWO_STEP, word(TWO_STEP), SETTINGS, NOW)
    assert (first.is_accepted, first.record.state) == (True, ActionState.WAITING)
    assert decided(first.record, word(TWO_STEP, by="lee"), SETTINGS, NOW).record.state is ActionState.APPROVED


def test_two_step_when_one_person_agrees_twice_then_only_after_a_pause() -> None:
    first = decided(TWO_STEP, word(TWO_STEP), SETTINGS, NOW).record
    early = decided(first, word(TWO_STEP), SETTINGS, NOW + timedelta(seconds=14))
    assert early.refusal is TransitionRefusal.SECOND_STEP_TOO_EARLY
    late = decided(first, word(TWO_STEP), SETTINGS, NOW + timedelta(seconds=15))
    assert late.record.state is ActionState.APPROVED
    no = decided(first, word(TWO_STEP, granted=False), SETTINGS, NOW)
    assert no.record.state is ActionState.REJECTED


def test_orders_when_the_last_ends_then_the_action_is_done_or_failed() -> None:
    running = moved(
        WAITING.model_copy(update={"state": ActionState.APPROVED}), ActionState.EXECUTING, NOW, intent_ids=("x", "y")
    ).record
    half = order_ended(running, "x", 5, NOW)
    assert (half.state, half.in_flight) == (ActionState.EXECUTING, ("y",))
    assert order_ended(half, "x", 9, NOW) == half
    assert order_ended(half, "z", 9, NOW) == half
    assert order_ended(half, "y", 0, NOW).state is ActionState.DONE
    assert order_ended(order_ended(running, "x", 0, NOW), "y", 0, NOW).state is ActionState.FAILED


def test_records_when_there_are_many_then_open_and_done_ones_stay() -> None:
    blocked = opened(plan(seen(**PANIC), facts(session=None))[ActionCode.RAISE_CASH])
    assert blocked.state is ActionState.BLOCKED
    many = [
        blocked.model_copy(update={"proposal": blocked.proposal.model_copy(update={"action_id": f"b{number}"})})
        for number in range(MOST_RECORDS * 2)
    ]
    kept = with_records([WAITING, *many], [TWO_STEP])
    assert len(kept) == MOST_RECORDS
    assert {WAITING.action_id, TWO_STEP.action_id} <= {one.action_id for one in kept}
    assert kept[-2].action_id == f"b{MOST_RECORDS * 2 - 1}"


@given(st.lists(st.sampled_from(list(ActionState)), max_size=20))
def test_moves_when_random_then_a_final_state_is_never_left(tried: list[ActionState]) -> None:
    at = ActionRecord(proposal=WAITING.proposal, changed_at=NOW)
    for to in tried:
        after = moved(at, to, NOW).record
        if at.state.is_final and at.state is not ActionState.FAILED:
            assert after == at
        at = after
    assert ActionRecord.model_validate_json(at.model_dump_json()) == at
