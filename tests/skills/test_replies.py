import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.tools import LARGEST_REPLY_BYTES
from daybook.skills.errors import ResultTooLarge
from daybook.skills.replies import DEEPEST_REPLY, MOST_NODES, jsonable
from tests.skills.sample import sample

ECHO = sample.spec("echo")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=30,
)


@given(JSON)
def test_jsonable_when_the_value_is_json_then_it_comes_back_as_it_is(value: Any) -> None:
    assert jsonable(ECHO, value) == value


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_jsonable_when_nested_too_deeply_then_it_is_refused() -> None:
    assert jsonable(ECHO, nested(DEEPEST_REPLY)) == nested(DEEPEST_REPLY)
    with pytest.raises(ResultTooLarge, match="nested deeper"):
        jsonable(ECHO, nested(DEEPEST_REPLY + 1))


def test_jsonable_when_there_are_too_many_parts_then_it_is_refused() -> None:
    assert len(jsonable(ECHO, [1] * (MOST_NODES - 1))) == MOST_NODES - 1  # type: ignore[arg-type]
    with pytest.raises(ResultTooLarge, match="more than 20,000 parts"):
        jsonable(ECHO, [1] * MOST_NODES)


@pytest.mark.parametrize("character", ["a", "가", "\x01", '"'])
def test_jsonable_when_it_has_exactly_as_many_bytes_as_fit_then_one_more_is_refused(character: str) -> None:
    each = len(json.dumps(character, ensure_ascii=False).encode()) - 2
    fitting = (LARGEST_REPLY_BYTES - 2) // each
    assert jsonable(ECHO, character * fitting) == character * fitting
    with pytest.raises(ResultTooLarge, match="60,000 bytes"):
        jsonable(ECHO, character * (fitting + 1))


@given(JSON)
def test_jsonable_when_it_passes_then_the_compact_text_keeps_the_limit(value: Any) -> None:
    many = [value] * 400
    try:
        clean = jsonable(ECHO, many)
    except ResultTooLarge:
        return
    assert len(json.dumps(clean, ensure_ascii=False, separators=(",", ":")).encode()) <= LARGEST_REPLY_BYTES
