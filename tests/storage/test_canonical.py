from datetime import UTC

import pytest

from daybook.storage.canonical import canonical_json, digest, json_text, message_digest
from daybook.storage.errors import StorageUsageError
from tests.storage.facts import ticket


def test_canonical_json_when_keys_are_shuffled_then_the_text_is_the_same():
    assert canonical_json({"b": [1, 2.5], "a": "삼성"}) == canonical_json({"a": "삼성", "b": [1, 2.5]})
    assert canonical_json({"b": 1, "a": "삼성"}) == '{"a":"삼성","b":1}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object()])
def test_canonical_json_when_a_value_is_no_json_then_it_is_refused(value):
    with pytest.raises(StorageUsageError):
        canonical_json(value)


def test_json_text_when_given_a_text_then_it_is_kept_byte_for_byte():
    assert json_text('{"b": 1,\n "a": 2}') == '{"b": 1,\n "a": 2}'
    assert json_text({"b": 1, "a": 2}) == '{"a":2,"b":1}'
    with pytest.raises(StorageUsageError):
        json_text("{not json")


def test_message_digest_when_only_the_offset_differs_then_it_is_the_same():
    order = ticket()
    elsewhere = order.model_copy(update={"valid_until": order.valid_until.astimezone(UTC)})
    assert message_digest(order) == message_digest(elsewhere)
    assert message_digest(order) != message_digest(ticket(shares=11))
    assert len(message_digest(order)) == len(digest("")) == 64
