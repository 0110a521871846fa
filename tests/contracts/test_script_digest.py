from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.script_digest import DEEPEST, call_digest, json_bytes, why_not_plain
from sandbox.budget import OverBudget, check
from sandbox.digest import arguments_digest

NUMBERS = st.integers(-(2**70), 2**70) | st.floats()
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(), max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def is_taken_by_the_runner(value: Any) -> bool:
    try:
        check(value, nodes=100_000, depth=DEEPEST, text_bytes=100_000)
    except OverBudget:
        return False
    return True


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@given(VALUES)
def test_value_when_the_desk_calls_it_plain_then_the_runner_takes_it(value: Any) -> None:
    assert (why_not_plain(value) == "") == is_taken_by_the_runner(value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([float("inf")], "not finite"),
        ({"a": float("nan")}, "not finite"),
        ({"a\x00": 1}, "NUL"),
        (["\ud800"], "surrogate"),
        (2**63, "64 bits"),
        (nested(DEEPEST + 1), "deeper"),
        (nested(DEEPEST), ""),
        (True, ""),
        (-(2**63), ""),
    ],
)
def test_value_when_it_is_odd_then_it_is_said_why(value: Any, why: str) -> None:
    assert why in why_not_plain(value)
    assert bool(why) == bool(why_not_plain(value))


@given(st.dictionaries(st.text(max_size=5), VALUES.filter(lambda value: not why_not_plain(value)), max_size=4))
def test_digest_when_made_by_desk_and_runner_then_it_is_the_same(arguments: dict[str, Any]) -> None:
    if not why_not_plain(arguments):
        assert call_digest(arguments) == arguments_digest(arguments)


def test_size_when_text_is_korean_then_its_bytes_are_counted() -> None:
    assert json_bytes("가") == 5
