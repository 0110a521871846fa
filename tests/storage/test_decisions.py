import hashlib

import pytest
from sqlalchemy import update

from daybook.storage import CorruptRecord, DecisionStore, RecordConflict, RecordNotFound, StorageUsageError
from daybook.storage.tables.journal import decisions as rows
from tests.storage.facts import AT, DAY, later

INPUTS = '{"b": 1.50,  "a": "삼성전자 🚀"}'


@pytest.fixture
def decisions(database) -> DecisionStore:
    return DecisionStore(database)


def record(decisions: DecisionStore, decision_id="d-1", inputs=INPUTS, outputs='{"buy":["005930"]}', at=AT) -> bool:
    return decisions.record(decision_id, DAY, "tick", "snapshot-7", inputs, outputs, at)


def test_decision_when_recorded_then_its_bytes_and_hash_come_back(decisions):
    assert record(decisions)
    known = decisions.get("d-1")
    assert known.inputs == INPUTS
    assert known.inputs_hash == hashlib.sha256(INPUTS.encode()).hexdigest()
    assert known.inputs_digest == "snapshot-7"
    assert known.inputs_value == {"a": "삼성전자 🚀", "b": 1.5}
    assert known.outputs_value == {"buy": ["005930"]}
    assert (known.day, known.at) == (DAY, AT)


def test_decision_when_recorded_again_then_the_first_stands(decisions):
    assert record(decisions)
    assert not record(decisions, at=later(5))
    assert decisions.get("d-1").at == AT


@pytest.mark.parametrize("changed", [{"inputs": '{"a":2}'}, {"outputs": "[]"}])
def test_decision_when_the_content_differs_then_it_is_a_conflict(decisions, changed):
    record(decisions)
    with pytest.raises(RecordConflict):
        record(decisions, **changed)


def test_decision_when_given_as_values_then_it_is_kept_in_canonical_form(decisions):
    decisions.record("d-2", DAY, "tick", "", {"b": 1, "a": [1, 2]}, [], AT)
    known = decisions.get("d-2")
    assert known.inputs == '{"a":[1,2],"b":1}'
    assert known.inputs_digest == known.inputs_hash


@pytest.mark.parametrize("column", ["inputs", "outputs"])
def test_decision_when_its_bytes_were_changed_then_reading_it_fails(decisions, database, column):
    record(decisions)
    with database.session() as session:
        session.execute(update(rows).values({column: '{"buy":[]}'}))
    with pytest.raises(CorruptRecord, match="d-1"):
        decisions.get("d-1")
    with pytest.raises(CorruptRecord):
        decisions.for_day(DAY)


def test_decision_when_it_is_not_json_or_not_known_then_it_says_so(decisions):
    with pytest.raises(StorageUsageError):
        record(decisions, inputs="buy!")
    with pytest.raises(RecordNotFound):
        decisions.get("d-9")


def test_decisions_when_listed_then_oldest_first(decisions):
    record(decisions, "later", at=later(1))
    record(decisions, "first")
    assert [known.decision_id for known in decisions.for_day(DAY)] == ["first", "later"]
    assert decisions.for_day(DAY.replace(day=5)) == []


def test_decision_when_large_then_it_is_kept_whole(decisions):
    text = '{"news":"' + "가" * 100_000 + '"}'
    record(decisions, inputs=text)
    assert decisions.get("d-1").inputs == text
