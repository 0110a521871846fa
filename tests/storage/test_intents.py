import pytest

from daybook.contracts.base import Side
from daybook.contracts.orders import FINAL_STATES, IntentState
from daybook.storage import AuditLog, IntentConflict, IntentStore, RecordNotFound
from tests.storage.facts import AT, DAY, HYNIX, later, order_id, ticket

UNFINISHED = [state for state in IntentState if not state.is_final]


@pytest.fixture
def intents(database) -> IntentStore:
    return IntentStore(database)


def test_intent_when_recorded_twice_then_the_first_record_stands(intents):
    first = intents.record(ticket(), AT)
    again = intents.record(ticket(), later(9))
    assert (first.is_new, first.state, first.duplicate_of) == (True, IntentState.RECORDED, None)
    assert (again.is_new, again.state) == (False, IntentState.RECORDED)
    assert intents.get("intent-1").recorded_at == AT


def test_intent_when_the_ticket_differs_then_it_is_a_conflict(intents):
    intents.record(ticket(), AT)
    with pytest.raises(IntentConflict):
        intents.record(ticket(shares=11), AT)


def test_intent_when_read_back_then_the_ticket_is_the_recorded_one(intents):
    original = ticket(
        rationale="모멘텀 상위, 변동성 낮음 🚀", limit_price_krw=0, reference_price_krw=71_000, kind="market"
    )
    intents.record(original, AT)
    assert intents.get("intent-1").ticket == original


def test_intent_when_symbol_and_side_are_in_flight_then_it_is_denied_as_a_duplicate(intents):
    intents.record(ticket("first"), AT)
    second = intents.record(ticket("second", shares=3), AT)
    assert (second.state, second.duplicate_of, second.is_new) == (IntentState.DENIED, "first", True)
    assert intents.record(ticket("second", shares=3), AT).duplicate_of == "first"
    assert "DUPLICATE_ORDER" in intents.get("second").detail
    assert intents.get("second").closed_at == AT


@pytest.mark.parametrize("other", [{"side": Side.SELL}, {"symbol": HYNIX}, {"account": "second"}])
def test_intent_when_side_symbol_or_account_differ_then_both_are_in_flight(intents, other):
    intents.record(ticket("first"), AT)
    assert intents.record(ticket("second", **other), AT).duplicate_of is None


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_final_state_when_set_then_it_frees_the_symbol_and_never_changes(intents, state):
    intents.record(ticket("first"), AT)
    assert intents.set_state("first", state, "done", at=later(1))
    assert intents.record(ticket("second"), AT).duplicate_of is None
    assert not intents.set_state("first", IntentState.WORKING, "late", at=later(2))
    known = intents.get("first")
    assert (known.state, known.detail, known.closed_at) == (state, "done", later(1))
    assert intents.set_state("first", state, at=later(3))


@pytest.mark.parametrize("state", UNFINISHED)
def test_unfinished_state_when_set_then_the_symbol_stays_taken(intents, state):
    intents.record(ticket("first"), AT)
    assert intents.set_state("first", state, at=later(1))
    assert intents.record(ticket("second"), AT).duplicate_of == "first"
    assert [record.intent_id for record in intents.open_intents("main")] == ["first"]


@pytest.mark.parametrize("doubt", [IntentState.UNKNOWN, IntentState.NEEDS_HUMAN])
def test_doubt_when_resolved_then_the_intent_moves_on(intents, doubt):
    intents.record(ticket(), AT)
    assert intents.set_state("intent-1", doubt, at=later(1))
    assert intents.set_state("intent-1", IntentState.WORKING, at=later(2))
    assert intents.set_state("intent-1", IntentState.FILLED, at=later(3))
    assert intents.open_intents("main") == []


def test_state_when_set_again_then_its_time_stays_and_its_detail_may_change(intents):
    intents.record(ticket(), AT)
    intents.set_state("intent-1", IntentState.UNKNOWN, "timeout", at=later(1))
    intents.set_state("intent-1", IntentState.UNKNOWN, "looked once", at=later(9))
    known = intents.get("intent-1")
    assert (known.state_at, known.detail) == (later(1), "looked once")


def test_detail_when_too_long_then_it_is_cut(intents):
    intents.record(ticket(), AT)
    intents.set_state("intent-1", IntentState.UNKNOWN, "가" * 900, at=later(1))
    assert len(intents.get("intent-1").detail) == 500


def test_intent_when_unknown_then_reading_and_moving_it_say_so(intents):
    with pytest.raises(RecordNotFound, match="nobody"):
        intents.get("nobody")
    with pytest.raises(RecordNotFound):
        intents.set_state("nobody", IntentState.FILLED, at=AT)
    with pytest.raises(RecordNotFound):
        intents.link_order(DAY, order_id(), "nobody")


def test_intents_when_listed_then_by_day_account_and_prefix(intents):
    intents.record(ticket("2026-03-04.a", symbol=HYNIX), later(2))
    intents.record(ticket("2026-03-04.b"), later(1))
    intents.record(ticket("2026-03-05.a", day="2026-03-05", account="second"), later(3))
    assert [record.intent_id for record in intents.for_day(DAY)] == ["2026-03-04.b", "2026-03-04.a"]
    assert intents.for_day(DAY, account="second") == []
    assert [record.intent_id for record in intents.search("2026-03-04.")] == ["2026-03-04.a", "2026-03-04.b"]
    assert intents.search("2026_03") == intents.search("%") == []
    assert [record.intent_id for record in intents.open_intents("second")] == ["2026-03-05.a"]


def test_intent_when_it_moves_then_each_step_is_audited_with_its_actor(intents, database):
    intents.record(ticket(), AT)
    intents.set_state("intent-1", IntentState.APPROVED, "yes", at=later(1), actor="kim")
    intents.set_state("intent-1", IntentState.CANCELLED, at=later(2))
    intents.set_state("intent-1", IntentState.FILLED, at=later(3))
    log = AuditLog(database)
    steps = [(row.action, row.actor) for row in log.for_subject("intent-1")]
    assert steps == [
        ("intent.recorded", "system"),
        ("intent.state", "kim"),
        ("intent.state", "system"),
        ("intent.state_kept", "system"),
    ]
    assert log.verify() is None
