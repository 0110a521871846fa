from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.llm.cache_plan import PlanKind, PlanQuestion, Policy, Prefix, policies_of, possible_prefixes
from daybook.llm.cache_rehearsal import CacheRehearsal
from daybook.llm.catalogue import Catalogue
from daybook.llm.tool_definitions import ToolDefinitions
from daybook.skills.errors import UnknownTool
from daybook.skills.toolset import ToolSet
from tests.llm.desks import sample_tools

CATALOGUE = Catalogue.shipped()
TOOLS = sample_tools()
DEFINITIONS = ToolDefinitions(TOOLS)
SYSTEM = "You answer questions of Korean investors. " * 4
ALLOWED = ("market_data_1", "technical_2")


def question(model: str = "gpt-6.1-terra", **changes: object) -> PlanQuestion:
    values: dict = {
        "entry": CATALOGUE.model(model),
        "day": date(2026, 11, 23),
        "allowed": ALLOWED,
        "system": SYSTEM,
        "rest_tokens": 100,
        "previous": None,
        "now_s": 10_000.0,
    }
    return PlanQuestion(**(values | changes))


def busy(gap_s: float, *questions: PlanQuestion, rounds: int = 30) -> CacheRehearsal:
    """A rehearsal that saw these questions in turn, one every ``gap_s``, until now."""
    rehearsal = CacheRehearsal(DEFINITIONS)
    every = [one for _ in range(rounds) for one in questions]
    for number, one in enumerate(every):
        rehearsal.note(replace(one, now_s=one.now_s - (len(every) - number) * gap_s))
    return rehearsal


def test_plan_when_nothing_was_asked_yet_then_only_the_routed_tools_are_sent() -> None:
    plan = CacheRehearsal(DEFINITIONS).plan(question())
    assert (plan.prefix.kind, plan.prefix.allowed, plan.policy.name) == (PlanKind.ROUTED, None, "routed")
    assert plan.prefix.tools.names == ALLOWED
    assert "below the cache's minimum of 1,024; the first of its kind" in plan.reason
    assert "\n" not in plan.reason


def test_plan_when_requests_come_often_then_a_stable_prefix_is_masked_and_cached() -> None:
    plan = busy(20, question()).plan(question())
    assert plan.prefix.kind in {PlanKind.GROUP, PlanKind.FULL}
    assert plan.prefix.allowed == ALLOWED
    assert set(ALLOWED) < set(plan.prefix.tools.names)
    assert (plan.marks.mark_tools, plan.marks.mark_system, plan.marks.ttl) == (True, True, plan.policy.ttl)
    assert plan.marks.key.startswith("daybook-")
    assert "100% hits" in plan.reason or "hits lately" in plan.reason


def test_plan_when_requests_are_rare_then_writing_a_large_prefix_does_not_pay() -> None:
    assert busy(90_000, question()).plan(question()).prefix.kind is PlanKind.ROUTED


def test_plan_when_many_kinds_of_requests_come_then_the_prefix_they_share_is_used() -> None:
    names = [
        (f"{group}_{n}", f"{group}_{m}") for group in ("market_data", "technical", "trading") for n, m in ("12", "34")
    ]
    questions = [question(allowed=allowed, system="x") for allowed in names]
    rehearsal = busy(1_000, *questions)
    plans = [rehearsal.plan(one) for one in questions]
    assert {plan.prefix.kind for plan in plans} == {PlanKind.FULL}
    assert len({plan.prefix.digest for plan in plans}) == len({plan.marks.key for plan in plans}) == 1
    assert [plan.prefix.allowed for plan in plans] == names


def test_plan_when_the_provider_cannot_mask_then_the_last_message_says_what_may_be_called() -> None:
    names = [(f"market_data_{n}", f"technical_{n}") for n in range(6)]
    questions = [question("claude-sonnet-5-5", allowed=allowed) for allowed in names]
    rehearsal = busy(290, *questions)
    plan = rehearsal.plan(questions[1])
    assert set(names[1]) < set(plan.prefix.tools.names)
    assert plan.prefix.note == "Of the tools, only these may be called now: market_data_1, technical_1."
    assert (plan.marks.mark_tools, plan.marks.mark_system) == (True, True)
    bare = rehearsal.plan(replace(questions[1], is_bare=True))
    assert (bare.prefix.tools.names, bare.prefix.note) == (names[1], "")
    last_turn = replace(questions[1], allowed=(), system=SYSTEM * 20, previous=plan.prefix)
    assert rehearsal.plan(last_turn).prefix.tools.names == ()


@pytest.mark.parametrize(("gap_s", "ttl"), [(60, "5m"), (1_200, "1h"), (90_000, "")])
def test_plan_when_a_marked_cache_is_used_more_or_less_often_then_the_lifetime_follows(gap_s: float, ttl: str) -> None:
    one = question("claude-sonnet-5-5", allowed=(), system=SYSTEM * 20)
    plan = busy(gap_s, one).plan(one)
    assert (plan.policy.ttl, plan.marks.ttl, plan.marks.mark_system) == (ttl, ttl, bool(ttl))
    assert ("used too rarely" in plan.reason) == (not ttl)


def test_plan_when_two_calls_make_a_run_then_marking_pays_however_rare_runs_are() -> None:
    one = question("claude-sonnet-5-5", allowed=tuple(f"market_data_{n}" for n in range(6)))
    rehearsal = CacheRehearsal(DEFINITIONS)
    for run in range(20):
        for call in range(2):
            rehearsal.note(replace(one, now_s=90_000.0 * run + 6 * call))
    plan = rehearsal.plan(one)
    assert plan.policy == Policy(PlanKind.ROUTED, "5m")


def test_plan_when_the_model_is_local_then_nothing_is_cached() -> None:
    plan = busy(1, question("local")).plan(question("local"))
    assert (plan.prefix.kind, plan.policy.name) == (PlanKind.ROUTED, "routed")
    assert "no cache" in plan.reason
    assert policies_of(CATALOGUE.model("local")) == (Policy(PlanKind.ROUTED, ""),)


def test_plan_when_the_run_has_just_used_a_prefix_then_it_is_used_again_even_without_tools() -> None:
    one = question(system=SYSTEM * 12)
    first = busy(20, one).plan(one)
    last_turn = replace(one, allowed=(), previous=first.prefix)
    again = CacheRehearsal(DEFINITIONS).plan(last_turn)
    assert (again.prefix.digest, again.prefix.allowed) == (first.prefix.digest, ())
    bare = CacheRehearsal(DEFINITIONS).plan(replace(last_turn, is_bare=True))
    assert bare.prefix.tools.names == ()
    other = CacheRehearsal(DEFINITIONS).plan(replace(last_turn, allowed=("prepare_order",)))
    assert "prepare_order" in other.prefix.tools.names


def test_plan_when_the_process_starts_again_then_it_goes_on_with_what_the_ledger_remembers() -> None:
    one = question()
    before = busy(20, one).plan(one)
    rehearsal = CacheRehearsal(DEFINITIONS)
    assert not rehearsal.knows(one.entry)
    uses = [("routed", "0" * 64, 9_000.0), (before.policy.name, before.prefix.digest, 9_990.0)]
    rehearsal.remember(one.entry, uses)
    assert rehearsal.knows(one.entry)
    assert rehearsal.plan(one).prefix.digest == before.prefix.digest
    rehearsal.note(one)
    assert rehearsal.plan(one).prefix.digest == before.prefix.digest


def test_prefix_when_tools_that_write_are_not_allowed_then_they_are_in_none() -> None:
    read = possible_prefixes(question(), DEFINITIONS)
    assert all("prepare_order" not in prefix.tools.names for prefix in read.values())
    written = possible_prefixes(question(allowed=("prepare_order",)), DEFINITIONS)
    assert all("prepare_order" in prefix.tools.names for prefix in written.values())


def test_prefix_when_system_or_model_differ_then_it_is_another_one() -> None:
    def first(one: PlanQuestion) -> Prefix:
        return possible_prefixes(one, DEFINITIONS)[PlanKind.ROUTED]

    digests = {first(one).digest for one in (question(), question(system="x"), question("gpt-6-luna"))}
    assert len(digests) == 3
    assert first(question(allowed=ALLOWED[::-1])).digest == first(question()).digest


def test_prefix_when_a_tool_is_unknown_then_it_says_so() -> None:
    with pytest.raises(UnknownTool):
        CacheRehearsal(DEFINITIONS).plan(question(allowed=("market_data_9",)))


MASKABLE = ["gpt-6.1-terra", "gpt-4o", "gemini-3.8-flash"]


@given(
    gap_s=st.floats(0.1, 100_000),
    model=st.sampled_from([*MASKABLE, "claude-sonnet-5-5", "local"]),
    sets=st.lists(st.sets(st.sampled_from(TOOLS.names), max_size=8), min_size=1, max_size=4),
)
def test_plan_when_anything_is_asked_then_only_allowed_tools_are_callable(
    gap_s: float, model: str, sets: list[set[str]]
) -> None:
    questions = [question(model, allowed=tuple(sorted(names))) for names in sets]
    rehearsal = busy(gap_s, *questions, rounds=5)
    for one, names in zip(questions, sets, strict=True):
        prefix = rehearsal.plan(one).prefix
        assert set(prefix.tools.names if prefix.allowed is None else prefix.allowed) == names
        assert prefix.allowed is None or model in MASKABLE or prefix.note
        writes = {"prepare_order"} & set(prefix.tools.names)
        assert writes <= names


def test_definitions_when_asked_for_again_then_they_are_the_same_until_they_expire() -> None:
    seconds = [0.0]
    definitions = ToolDefinitions(TOOLS, ttl_s=10, monotonic_s=lambda: seconds[0])
    first = definitions.of(["technical_2", "market_data_1", "technical_2"])
    assert first.names == ("market_data_1", "technical_2")
    assert definitions.of(["market_data_1", "technical_2"]) is first
    seconds[0] = 11.0
    again = definitions.of_set(TOOLS.select(first.names))
    assert again is not first
    assert (again, again.digest) == (first, first.digest)
    assert definitions.of_set(ToolSet.of(reversed(TOOLS.select(first.names).tools))).digest == first.digest
