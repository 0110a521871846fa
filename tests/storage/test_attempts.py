import pytest

from daybook.contracts.orders import AttemptOutcome, IntentState
from daybook.storage import AttemptRefused, IntentStore, RecordConflict, RecordNotFound, StorageUsageError
from tests.storage.facts import AT, later, order_id, ticket

NO_ORDER = [AttemptOutcome.REFUSED, AttemptOutcome.NOT_EXECUTED, AttemptOutcome.NOT_ACCEPTED]


@pytest.fixture
def intents(database) -> IntentStore:
    store = IntentStore(database)
    store.record(ticket(), AT)
    return store


def test_attempt_when_begun_then_the_intent_is_submitting(intents):
    assert intents.begin_attempt("intent-1", 1, later(1))
    known = intents.get("intent-1")
    assert (known.state, known.submitted_at) == (IntentState.SUBMITTING, later(1))
    (attempt,) = intents.attempts("intent-1")
    assert (attempt.outcome, attempt.started_at, attempt.finished_at) == (AttemptOutcome.SUBMITTING, later(1), None)


def test_attempt_when_begun_again_then_nothing_may_be_sent(intents):
    assert intents.begin_attempt("intent-1", 1, later(1))
    assert not intents.begin_attempt("intent-1", 1, later(2))
    intents.finish_attempt("intent-1", 1, AttemptOutcome.NOT_EXECUTED, at=later(3))
    assert not intents.begin_attempt("intent-1", 1, later(4))


@pytest.mark.parametrize("outcome", NO_ORDER)
def test_next_attempt_when_the_last_left_no_order_then_it_may_begin(intents, outcome):
    intents.begin_attempt("intent-1", 1, later(1))
    intents.finish_attempt("intent-1", 1, outcome, None, "EGW00201", "초당 거래건수 초과", later(2))
    assert intents.begin_attempt("intent-1", 2, later(3))
    assert intents.attempts("intent-1")[0].code == "EGW00201"


@pytest.mark.parametrize("outcome", [None, AttemptOutcome.UNKNOWN, AttemptOutcome.ACCEPTED])
def test_next_attempt_when_the_last_may_have_left_an_order_then_it_is_refused(intents, outcome):
    intents.begin_attempt("intent-1", 1, later(1))
    if outcome is not None:
        intents.finish_attempt("intent-1", 1, outcome, at=later(2))
    with pytest.raises(AttemptRefused, match="attempt 1"):
        intents.begin_attempt("intent-1", 2, later(3))
    assert len(intents.attempts("intent-1")) == 1


def test_attempt_when_the_intent_is_final_then_it_is_refused(intents):
    intents.set_state("intent-1", IntentState.CANCELLED, at=later(1))
    with pytest.raises(AttemptRefused):
        intents.begin_attempt("intent-1", 1, later(2))


def test_attempt_when_begun_inside_a_unit_of_work_then_it_is_refused_since_it_must_be_committed_alone(
    intents, database
):
    with database.session() as session, pytest.raises(StorageUsageError, match="committed by itself"):
        IntentStore(session).begin_attempt("intent-1", 1, AT)


def test_attempt_when_accepted_then_the_intent_works_under_its_order(intents):
    intents.begin_attempt("intent-1", 1, later(1))
    known = intents.finish_attempt("intent-1", 1, AttemptOutcome.ACCEPTED, order_id(), at=later(2))
    assert (known.order, known.finished_at) == (order_id(), later(2))
    intent = intents.get("intent-1")
    assert (intent.state, intent.order) == (IntentState.WORKING, order_id())


def test_attempt_when_unknown_then_the_intent_is_unknown_until_the_order_is_found(intents):
    intents.begin_attempt("intent-1", 1, later(1))
    intents.finish_attempt("intent-1", 1, AttemptOutcome.UNKNOWN, None, "", "timeout", later(2))
    assert intents.get("intent-1").state is IntentState.UNKNOWN
    intents.finish_attempt("intent-1", 1, AttemptOutcome.ACCEPTED, order_id(), at=later(3))
    assert intents.get("intent-1").state is IntentState.WORKING


def test_attempt_when_refused_then_the_intents_state_is_left_to_the_caller(intents):
    intents.begin_attempt("intent-1", 1, later(1))
    intents.finish_attempt("intent-1", 1, AttemptOutcome.REFUSED, at=later(2))
    assert intents.get("intent-1").state is IntentState.SUBMITTING


def test_attempt_when_accepted_after_the_intent_ended_then_the_end_stays(intents):
    intents.begin_attempt("intent-1", 1, later(1))
    intents.set_state("intent-1", IntentState.FILLED, "by notices", at=later(2))
    intents.finish_attempt("intent-1", 1, AttemptOutcome.ACCEPTED, order_id(), at=later(3))
    known = intents.get("intent-1")
    assert (known.state, known.order) == (IntentState.FILLED, order_id())


@pytest.mark.parametrize("outcome", NO_ORDER)
def test_accepted_attempt_when_denied_later_then_it_is_a_conflict(intents, outcome):
    intents.begin_attempt("intent-1", 1, later(1))
    intents.finish_attempt("intent-1", 1, AttemptOutcome.ACCEPTED, order_id(), at=later(2))
    with pytest.raises(RecordConflict):
        intents.finish_attempt("intent-1", 1, outcome, at=later(3))
    with pytest.raises(RecordConflict):
        intents.finish_attempt("intent-1", 1, AttemptOutcome.ACCEPTED, order_id("999"), at=later(3))


def test_accepted_attempt_when_doubted_or_repeated_then_it_stays_accepted(intents):
    intents.begin_attempt("intent-1", 1, later(1))
    intents.finish_attempt("intent-1", 1, AttemptOutcome.ACCEPTED, order_id(), at=later(2))
    for outcome in (AttemptOutcome.UNKNOWN, AttemptOutcome.ACCEPTED):
        known = intents.finish_attempt("intent-1", 1, outcome, order_id(), at=later(3))
        assert (known.outcome, known.finished_at) == (AttemptOutcome.ACCEPTED, later(2))
    assert intents.get("intent-1").state is IntentState.WORKING


@pytest.mark.parametrize("late", [AttemptOutcome.ACCEPTED, AttemptOutcome.UNKNOWN])
def test_absent_order_when_it_shows_late_then_the_attempt_says_so_and_blocks_another(intents, late):
    intents.begin_attempt("intent-1", 1, later(1))
    intents.finish_attempt("intent-1", 1, AttemptOutcome.NOT_ACCEPTED, at=later(2))
    assert intents.finish_attempt("intent-1", 1, late, at=later(3)).outcome is late
    with pytest.raises(AttemptRefused):
        intents.begin_attempt("intent-1", 2, later(4))


def test_attempt_when_closed_before_it_was_begun_then_a_belated_worker_cannot_begin_it(intents):
    intents.finish_attempt("intent-1", 1, AttemptOutcome.NOT_ACCEPTED, text="worker silent", at=later(1))
    assert not intents.begin_attempt("intent-1", 1, later(2))
    assert intents.begin_attempt("intent-1", 2, later(3))


def test_attempt_when_it_does_not_exist_then_finishing_it_says_so(intents):
    with pytest.raises(RecordNotFound):
        intents.finish_attempt("intent-1", 1, AttemptOutcome.ACCEPTED, order_id(), at=AT)
    with pytest.raises(StorageUsageError):
        intents.finish_attempt("intent-1", 1, AttemptOutcome.SUBMITTING, at=AT)
