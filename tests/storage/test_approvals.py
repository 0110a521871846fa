import pytest

from daybook.contracts.execution import ApprovalVerdict
from daybook.contracts.reasons import DenialCode
from daybook.storage import (
    ApprovalStore,
    AuditLog,
    IntentStore,
    RecordConflict,
    RecordNotFound,
    ShownOrder,
    StorageUsageError,
)
from tests.storage.facts import AT, later, ticket

APPROVED, REJECTED, EXPIRED, PENDING = (
    ApprovalVerdict.APPROVED,
    ApprovalVerdict.REJECTED,
    ApprovalVerdict.EXPIRED,
    ApprovalVerdict.PENDING,
)


@pytest.fixture
def approvals(database) -> ApprovalStore:
    IntentStore(database).record(ticket(), AT)
    return ApprovalStore(database)


def ask(approvals: ApprovalStore, approval_id="a-1", order_digest="digest-1", at=AT, expires_at=None):
    shown = ShownOrder(10, 70_000, 70_100, ("FAT_FINGER", "first live order"))
    return approvals.request(approval_id, "intent-1", order_digest, at, expires_at or later(600), shown=shown)


def test_question_when_asked_then_it_is_pending_with_what_was_shown(approvals):
    asked = ask(approvals)
    assert (asked.verdict, asked.decided_by, asked.decided_at) == (PENDING, None, None)
    assert asked.shown == ShownOrder(10, 70_000, 70_100, ("FAT_FINGER", "first live order"))
    assert approvals.pending() == approvals.pending(later(599)) == [asked]
    assert approvals.pending(later(600)) == []


@pytest.mark.parametrize("verdict", [APPROVED, REJECTED])
def test_answer_when_in_time_then_it_stands_and_the_first_one_wins(approvals, verdict):
    ask(approvals)
    assert approvals.decide("a-1", verdict, "kim", later(599)) is verdict
    for other in (APPROVED, REJECTED):
        assert approvals.decide("a-1", other, "lee", later(599)) is verdict
    known = approvals.get("a-1")
    assert (known.verdict, known.decided_by, known.decided_at) == (verdict, "kim", later(599))
    assert approvals.is_approved("intent-1", "digest-1") is (verdict is APPROVED)
    assert approvals.pending() == []


@pytest.mark.parametrize("verdict", [APPROVED, REJECTED])
@pytest.mark.parametrize("at_s", [600, 6000])
def test_answer_when_late_then_it_is_a_no(approvals, verdict, at_s):
    ask(approvals)
    assert approvals.decide("a-1", verdict, "kim", later(at_s)) is EXPIRED
    assert approvals.decide("a-1", APPROVED, "kim", later(1)) is EXPIRED
    assert not approvals.is_approved("intent-1", "digest-1")


def test_answer_when_it_is_about_another_order_then_the_question_stays_open(approvals):
    ask(approvals)
    with pytest.raises(RecordConflict):
        approvals.decide("a-1", APPROVED, "kim", later(1), order_digest="digest-2")
    assert approvals.get("a-1").verdict is PENDING
    assert approvals.decide("a-1", APPROVED, "kim", later(2), order_digest="digest-1") is APPROVED
    assert not approvals.is_approved("intent-1", "digest-2")


def test_question_when_repeated_then_it_is_the_same_and_another_order_is_a_conflict(approvals):
    asked = ask(approvals)
    assert ask(approvals, at=later(5)) == asked
    with pytest.raises(RecordConflict):
        ask(approvals, order_digest="digest-2")


@pytest.mark.parametrize("verdict", [PENDING, EXPIRED, "maybe"])
def test_answer_when_it_is_no_answer_then_it_is_refused(approvals, verdict):
    ask(approvals)
    with pytest.raises((StorageUsageError, ValueError)):
        approvals.decide("a-1", verdict, "kim", later(1))


def test_answer_when_the_question_is_unknown_then_it_says_so(approvals):
    with pytest.raises(RecordNotFound):
        approvals.decide("a-9", APPROVED, "kim", AT)


def test_answer_when_read_by_the_rules_then_it_carries_what_the_person_saw(approvals):
    ask(approvals)
    assert approvals.answer_for(ticket()) is None
    approvals.decide("a-1", APPROVED, "kim", later(1))
    answer = approvals.answer_for(ticket())
    assert answer is not None
    assert (answer.granted, answer.shares, answer.limit_price_krw, answer.price_krw) == (True, 10, 70_000, 70_100)
    assert (answer.asked_at, answer.answered_at, answer.answered_by) == (AT, later(1), "kim")
    assert approvals.reasons_for("intent-1") == (DenialCode.FAT_FINGER,)


def test_answer_when_the_question_was_asked_again_then_an_older_yes_does_not_stand_in(approvals):
    ask(approvals)
    approvals.decide("a-1", APPROVED, "kim", later(1))
    ask(approvals, "a-2", "digest-2", later(2))
    assert approvals.answer_for(ticket()) is None
    approvals.decide("a-2", APPROVED, "kim", later(700))
    assert approvals.answer_for(ticket()) is None
    assert [known.approval_id for known in approvals.for_intent("intent-1")] == ["a-1", "a-2"]


def test_answer_when_given_then_it_is_audited_with_the_person(approvals, database):
    ask(approvals)
    approvals.decide("a-1", APPROVED, "kim", later(601))
    row = AuditLog(database).for_subject("a-1")[-1]
    assert (row.action, row.actor) == ("approval.decided", "kim")
    assert row.detail == '{"answer":"approved","verdict":"expired"}'
