from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.journal_memory import JournalMemory
from daybook.contracts.base import KST
from daybook.contracts.code import AdvanceScript, CodeLimits, JournalEntry, ScriptTool
from daybook.contracts.script_digest import call_digest, first_link, next_link

NOW = datetime(2026, 3, 6, 10, tzinfo=KST)


def entry(number: int, value: Any = 1) -> JournalEntry:
    return JournalEntry(number=number, tool="quote", digest=call_digest({"n": number}), ok=True, value=value)


def beginning(run_id: str = "r", **changes: Any) -> AdvanceScript:
    tool = ScriptTool(name="quote", parameters=("n",), signature="quote(n)")
    values: dict[str, Any] = {"code": "x", "tools": (tool,), "inputs": {"a": 1}, "frozen_at": NOW}
    return AdvanceScript(run_id=run_id, **{**values, **changes})


def link(request: AdvanceScript, *entries: JournalEntry) -> str:
    digest = first_link(request)
    for each in entries:
        digest = next_link(digest, each)
    return digest


def delta(request: AdvanceScript, known: tuple[JournalEntry, ...], *fresh: JournalEntry) -> AdvanceScript:
    """Return what a workflow sends of a run whose worker knows the first entries."""
    changes = {
        "code": "",
        "tools": (),
        "inputs": {},
        "journal": fresh,
        "known_entries": len(known),
        "known_digest": link(request, *known),
    }
    return request.model_copy(update=changes)


def test_memory_when_only_new_entries_come_then_the_request_is_whole_again() -> None:
    memory, request = JournalMemory(), beginning()
    one, two, three = entry(1), entry(2, {"text": "값"}), entry(3, [1.5])
    memory.complete(request)
    first = memory.complete(delta(request, (), one))
    assert first is not None
    assert first.request == request.model_copy(update={"journal": (one,)})
    second = memory.complete(delta(request, (one,), two, three))
    assert second is not None
    assert (second.entries, second.digest) == ((one, two, three), link(request, one, two, three))
    assert second.request.code == "x"


def test_memory_when_a_request_comes_again_then_the_answer_is_the_same() -> None:
    memory, request, one = JournalMemory(), beginning(), entry(1)
    memory.complete(request)
    again = delta(request, (), one)
    assert memory.complete(again) == memory.complete(again)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda request, one: delta(beginning("another run"), (), one),
        lambda request, one: delta(request, (one,), entry(2)),
        lambda request, one: delta(request, (), one).model_copy(update={"known_digest": "0" * 64}),
        lambda request, one: delta(beginning(code="other"), (), one),
        lambda request, one: delta(beginning(inputs={"a": 2}), (), one),
        lambda request, one: delta(request, (), one).model_copy(update={"known_entries": 7}),
    ],
    ids=["another run", "entries it has not seen", "a wrong digest", "another script", "other inputs", "too many"],
)
def test_memory_when_it_does_not_know_what_went_before_then_it_asks_for_all(request_of: Any) -> None:
    memory, request = JournalMemory(), beginning()
    memory.complete(request)
    assert memory.complete(request_of(request, entry(1))) is None


def test_memory_when_another_value_is_replayed_then_the_chain_differs() -> None:
    request = beginning()
    assert link(request, entry(1, 1)) != link(request, entry(1, 2))
    assert link(request, entry(1, 1)) != link(request, entry(1, 1.0))


def test_memory_when_limits_change_then_the_new_ones_hold() -> None:
    memory, request = JournalMemory(), beginning()
    memory.complete(request)
    limits = CodeLimits(wall_s=3)
    run = memory.complete(delta(request, (), entry(1)).model_copy(update={"limits": limits}))
    assert run is not None
    assert run.request.limits == limits


def test_memory_when_there_are_many_runs_then_the_oldest_are_forgotten() -> None:
    memory = JournalMemory(most_runs=2)
    requests = [beginning(name) for name in "abc"]
    for request in requests:
        memory.complete(request)
    assert [memory.complete(delta(request, (), entry(1))) is not None for request in requests] == [False, True, True]


def test_memory_when_runs_are_large_then_the_oldest_are_forgotten_and_the_last_is_kept() -> None:
    memory = JournalMemory(most_bytes=1_000)
    first, second = beginning("a"), beginning("b")
    large = entry(1, "x" * 2_000)
    memory.complete(first.model_copy(update={"journal": (large,)}))
    memory.complete(second.model_copy(update={"journal": (large,)}))
    assert memory.complete(delta(first, (large,), entry(2))) is None
    assert memory.complete(delta(second, (large,), entry(2))) is not None


@given(st.lists(st.integers(1, 6), max_size=8), st.data())
def test_memory_when_parts_come_in_any_order_then_it_is_whole_or_unknown_never_wrong(
    sizes: list[int], data: st.DataObject
) -> None:
    memory, request = JournalMemory(), beginning()
    everything = tuple(entry(number, number * 10) for number in range(1, 60))
    memory.complete(request)
    for size in sizes:
        known = data.draw(st.integers(0, 20))
        run = memory.complete(delta(request, everything[:known], *everything[known : known + size]))
        if run is not None:
            assert run.entries == everything[: known + size]
            assert run.digest == link(request, *run.entries)
