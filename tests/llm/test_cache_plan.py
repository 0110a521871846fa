import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.llm.cache_plan import PlanKind, PlanQuestion, Prefix, choose_plan, note_use, possible_prefixes
from daybook.llm.catalogue import Catalogue
from daybook.llm.tool_definitions import ToolDefinitions
from daybook.llm.traffic import Traffic
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


def busy(gap_s: float, *questions: PlanQuestion) -> Traffic:
    """Traffic that saw these questions every ``gap_s`` until now."""
    traffic = Traffic()
    for number in range(30, -1, -1):
        for one in questions:
            note_use(PlanQuestion(**{**_fields(one), "now_s": one.now_s - number * gap_s}), DEFINITIONS, traffic)
    return traffic


def _fields(one: PlanQuestion) -> dict:
    return {name: getattr(one, name) for name in PlanQuestion.__dataclass_fields__}


def test_plan_when_the_prefix_was_never_used_then_only_the_routed_tools_are_sent() -> None:
    plan = choose_plan(question(), DEFINITIONS, Traffic())
    assert (plan.prefix.kind, plan.prefix.allowed, plan.is_cached) == (PlanKind.ROUTED, None, False)
    assert plan.prefix.tools.names == ALLOWED
    assert plan.name == "routed"
    assert plan.tokens == plan.prefix.tokens + 100
    assert "below the cache's minimum of 1,024" in plan.reason
    assert "\n" not in plan.reason


def test_plan_when_requests_come_often_then_a_stable_prefix_is_masked_and_cached() -> None:
    one = question()
    plan = choose_plan(one, DEFINITIONS, busy(20, one))
    assert plan.prefix.kind in {PlanKind.GROUP, PlanKind.FULL}
    assert plan.prefix.allowed == ALLOWED
    assert set(ALLOWED) < set(plan.prefix.tools.names)
    assert plan.marks.mark_system
    assert plan.marks.key.startswith("daybook-")
    assert plan.tokens < choose_plan(one, DEFINITIONS, Traffic()).tokens


def test_plan_when_requests_are_rare_then_writing_a_large_prefix_does_not_pay() -> None:
    one = question()
    assert choose_plan(one, DEFINITIONS, busy(40_000, one)).prefix.kind is PlanKind.ROUTED


def test_plan_when_many_kinds_of_requests_come_then_the_prefix_they_share_is_used_more() -> None:
    questions = [question(allowed=(f"{group}_{n}",)) for group in ("market_data", "technical", "trading") for n in "12"]
    plans = [choose_plan(one, DEFINITIONS, busy(600, *questions)) for one in questions]
    assert {plan.prefix.kind for plan in plans} == {PlanKind.FULL}
    assert len({plan.prefix.digest for plan in plans}) == 1
    assert len({plan.marks.key for plan in plans}) == 1


def test_plan_when_the_provider_cannot_mask_then_the_last_message_says_what_may_be_called() -> None:
    one = question("claude-sonnet-5-5")
    plan = choose_plan(one, DEFINITIONS, busy(20, one))
    assert set(ALLOWED) < set(plan.prefix.tools.names)
    assert plan.prefix.note == "Of the tools, only these may be called now: market_data_1, technical_2."
    assert (plan.marks.mark_tools, plan.marks.mark_system, plan.marks.ttl) == (True, True, "5m")
    assert plan.name.endswith("-5m")
    bare = choose_plan(question("claude-sonnet-5-5", is_bare=True), DEFINITIONS, busy(20, one))
    assert (bare.prefix.tools.names, bare.prefix.note) == (ALLOWED, "")
    last_turn = question("claude-sonnet-5-5", allowed=(), system=SYSTEM * 20, previous=plan.prefix)
    assert choose_plan(last_turn, DEFINITIONS, Traffic()).prefix.tools.names == ()


def test_plan_when_a_marked_cache_is_used_too_rarely_then_the_long_lifetime_or_nothing_is_chosen() -> None:
    one = question("claude-sonnet-5-5", allowed=tuple(f"market_data_{n}" for n in range(6)))
    assert choose_plan(one, DEFINITIONS, busy(1_200, one)).marks.ttl == "1h"
    without_tools = question("claude-sonnet-5-5", allowed=(), system=SYSTEM * 20)
    alone = choose_plan(without_tools, DEFINITIONS, busy(90_000, without_tools))
    assert (alone.is_cached, alone.marks.mark_system) == (False, False)
    assert "not cached" in alone.reason


def test_plan_when_the_model_is_local_then_nothing_is_cached() -> None:
    plan = choose_plan(question("local"), DEFINITIONS, busy(1, question("local")))
    assert (plan.prefix.kind, plan.is_cached) == (PlanKind.ROUTED, False)
    assert "no cache" in plan.reason


def test_plan_when_the_run_has_just_used_a_prefix_then_it_is_used_again_even_without_tools() -> None:
    long = SYSTEM * 12
    first = choose_plan(question(system=long), DEFINITIONS, busy(20, question(system=long)))
    last_turn = question(allowed=(), system=long, previous=first.prefix)
    again = choose_plan(last_turn, DEFINITIONS, Traffic())
    assert (again.prefix.digest, again.prefix.allowed) == (first.prefix.digest, ())
    assert "the run's own" in again.reason
    bare = choose_plan(question(allowed=(), system=long, previous=first.prefix, is_bare=True), DEFINITIONS, Traffic())
    assert bare.prefix.tools.names == ()
    other = choose_plan(
        question(allowed=("prepare_order",), system=long, previous=first.prefix), DEFINITIONS, Traffic()
    )
    assert "prepare_order" in other.prefix.tools.names


def test_prefix_when_tools_that_write_are_not_allowed_then_they_are_in_none() -> None:
    assert all("prepare_order" not in prefix.tools.names for prefix in possible_prefixes(question(), DEFINITIONS))
    allowed = question(allowed=("prepare_order",))
    assert all("prepare_order" in prefix.tools.names for prefix in possible_prefixes(allowed, DEFINITIONS))


def test_prefix_when_system_or_model_differ_then_it_is_another_one() -> None:
    def first(one: PlanQuestion) -> Prefix:
        return possible_prefixes(one, DEFINITIONS)[0]

    digests = {first(one).digest for one in (question(), question(system="x"), question("gpt-6-luna"))}
    assert len(digests) == 3
    assert first(question(allowed=ALLOWED[::-1])).digest == first(question()).digest


def test_prefix_when_a_tool_is_unknown_then_it_says_so() -> None:
    with pytest.raises(UnknownTool):
        choose_plan(question(allowed=("market_data_9",)), DEFINITIONS, Traffic())


@given(
    gap_s=st.floats(0.1, 100_000),
    model=st.sampled_from(["gpt-6.1-terra", "gpt-4o", "claude-sonnet-5-5", "gemini-3.8-flash", "local"]),
    names=st.sets(st.sampled_from(TOOLS.names), max_size=8),
)
def test_plan_when_anything_is_asked_then_only_allowed_tools_are_callable_and_no_plan_is_dearer(
    gap_s: float, model: str, names: set[str]
) -> None:
    one = question(model, allowed=tuple(sorted(names)))
    plan = choose_plan(one, DEFINITIONS, busy(gap_s, one))
    callable_now = plan.prefix.tools.names if plan.prefix.allowed is None else plan.prefix.allowed
    assert set(callable_now) == names
    is_enforced = CATALOGUE.model(model).supports.allowed_tools
    assert plan.prefix.allowed is None or is_enforced or plan.prefix.note
    routed = possible_prefixes(one, DEFINITIONS)[0]
    is_uncached_possible = CATALOGUE.model(model).cache.kind in {"marked", "none"} or routed.tokens < 1_024
    assert not is_uncached_possible or plan.tokens <= 1.005 * (routed.tokens + one.rest_tokens)


def test_traffic_when_uses_are_regular_then_the_rate_follows_the_mean_gap() -> None:
    traffic = Traffic()
    assert traffic.hit_rate("p", 300, 0) == 0
    traffic.note("p", 0)
    assert traffic.hit_rate("p", 300, 0) == 0
    for number in range(1, 50):
        traffic.note("p", 100.0 * number)
    assert traffic.hit_rate("p", 300, 4_900) == pytest.approx(1 - math.exp(-3))
    assert traffic.hit_rate("p", 300, 104_900) < 0.05
    assert traffic.hit_rate("q", 300, 4_900) == 0
    assert not traffic.knows("q")


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
