from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daybook.contracts.llm import Usage
from daybook.storage.database import Database
from daybook.storage.errors import RecordConflict, RecordNotFound
from daybook.storage.llm_call_records import MICRO, CallEnd, CallStart, CallStatus, CostGrouping, CostSum, Limits
from daybook.storage.llm_calls import LlmCallStore

AT = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
DAY = date(2026, 3, 4)
WIDE = Limits(daily_krw=1_000_000, monthly_krw=1_000_000)
ONE_WON = MICRO


def start(call_id: str, cost_micro_krw: int = ONE_WON, **changes: str) -> CallStart:
    values = {
        "provider": "openai",
        "model": "m",
        "purpose": "ask",
        "run_id": "run-1",
        "plan": "routed",
        "prefix_digest": "0" * 64,
    } | changes
    return CallStart(
        call_id=call_id,
        cost_micro_usd=cost_micro_krw // 1_400,
        cost_micro_krw=cost_micro_krw,
        krw_per_usd=1_400,
        **values,
    )


def end(cost_micro_krw: int = 10, usage: Usage | None = None, **changes: object) -> CallEnd:
    values: dict = {
        "status": CallStatus.SETTLED,
        "usage": usage or Usage(),
        "billed_equivalent_tokens": 1.5,
        "cost_micro_usd": 1,
        "cost_micro_krw": cost_micro_krw,
        "latency_ms": 7,
        "attempts": 1,
    }
    return CallEnd(**(values | changes))


def take_a_won(url: str, worker: int, tries: int, limit_krw: int) -> int:
    """Try to reserve a won ``tries`` times; return how often it was allowed."""
    with Database(url, lock_wait_s=20) as database:
        store = LlmCallStore(database)
        limits = Limits(daily_krw=limit_krw, monthly_krw=1_000_000)
        return sum(store.reserve(start(f"w{worker}-{n}"), limits, AT) is None for n in range(tries))


def test_call_when_reserved_then_it_counts_with_its_highest_cost_until_it_is_settled(database: Database) -> None:
    store = LlmCallStore(database)
    assert store.reserve(start("a", 5 * ONE_WON), WIDE, AT) is None
    assert store.spent_micro_krw(DAY, DAY) == 5 * ONE_WON
    usage = Usage(input_tokens=100, cached_tokens=60, cache_write_tokens=5, output_tokens=9, reasoning_tokens=2)
    store.settle("a", end(123, usage, error="x" * 600))
    (row,) = store.calls(DAY, DAY)
    assert (row.status, row.usage, row.cost_micro_krw, row.latency_ms) == (CallStatus.SETTLED, usage, 123, 7)
    assert row.day == DAY
    assert row.at == AT
    assert len(row.error) == 500
    assert store.spent_micro_krw(DAY, DAY) == 123


def test_call_when_settled_twice_or_never_reserved_then_it_is_refused(database: Database) -> None:
    store = LlmCallStore(database)
    store.reserve(start("a"), WIDE, AT)
    with pytest.raises(RecordConflict):
        store.reserve(start("a"), WIDE, AT)
    store.settle("a", end())
    with pytest.raises(RecordConflict):
        store.settle("a", end())
    with pytest.raises(RecordNotFound):
        store.settle("b", end())


def test_budget_when_it_holds_1000_won_then_the_1001st_is_refused_and_recorded(database: Database) -> None:
    store = LlmCallStore(database)
    limits = Limits(daily_krw=1_000, monthly_krw=20_000)
    assert store.reserve(start("a", 999 * ONE_WON), limits, AT) is None
    assert store.reserve(start("b", ONE_WON), limits, AT) is None
    refusal = store.reserve(start("c", 1), limits, AT)
    assert refusal is not None
    assert (refusal.scope, refusal.limit_krw, refusal.spent_micro_krw) == ("daily", 1_000, 1_000 * ONE_WON)
    assert "1,000 won" in refusal.message
    assert store.calls(DAY, DAY)[-1].status is CallStatus.REFUSED
    assert store.reasons(DAY, DAY) == {"BUDGET_SPENT": 1}
    assert store.spent_micro_krw(DAY, DAY) == 1_000 * ONE_WON
    store.settle("a", end(998 * ONE_WON))
    assert store.reserve(start("d", ONE_WON), limits, AT) is None


def test_budget_when_the_month_or_the_run_is_spent_then_the_scope_is_named(database: Database) -> None:
    store = LlmCallStore(database)
    limits = Limits(daily_krw=10, monthly_krw=15, run_krw=8)
    assert store.reserve(start("a", 8 * ONE_WON), limits, AT) is None
    by_run = store.reserve(start("b", ONE_WON), limits, AT)
    assert by_run is not None
    assert by_run.scope == "run's"
    other_day = AT + timedelta(days=1)
    assert store.reserve(start("c", 7 * ONE_WON, run_id="run-2"), limits, other_day) is None
    by_month = store.reserve(start("d", ONE_WON, run_id="run-3"), limits, other_day)
    assert by_month is not None
    assert by_month.scope == "monthly"
    assert store.reserve(start("e", ONE_WON, run_id="run-3"), limits, datetime(2026, 4, 1, tzinfo=UTC)) is None


def test_budget_when_the_call_is_free_then_it_is_never_refused(database: Database) -> None:
    store = LlmCallStore(database)
    assert store.reserve(start("a", 0), Limits(daily_krw=0, monthly_krw=0, run_krw=0), AT) is None


def test_day_when_it_is_evening_in_utc_then_it_is_the_next_day_in_korea(database: Database) -> None:
    store = LlmCallStore(database)
    store.reserve(start("a"), WIDE, datetime(2026, 2, 28, 14, 59, tzinfo=UTC))
    store.reserve(start("b"), WIDE, datetime(2026, 2, 28, 15, 0, tzinfo=UTC))
    days = store.sums(date(2026, 2, 1), date(2026, 3, 31), CostGrouping.DAY)
    months = store.sums(date(2026, 2, 1), date(2026, 3, 31), CostGrouping.MONTH)
    assert [row.key for row in days] == ["2026-02-28", "2026-03-01"]
    assert [(row.key, row.calls) for row in months] == [("2026-02", 1), ("2026-03", 1)]


@pytest.mark.parametrize("by", [None, *CostGrouping])
def test_sums_when_grouped_in_any_way_then_they_add_up_to_the_same_totals(
    database: Database, by: CostGrouping | None
) -> None:
    store, dice = LlmCallStore(database), Random(7)
    wanted = CostSum()
    for number in range(40):
        at = AT + timedelta(days=dice.randrange(50))
        begun = start(
            str(number),
            model=dice.choice("ab"),
            provider=dice.choice("xy"),
            purpose=dice.choice("pq"),
            run_id=str(number % 7),
        )
        store.reserve(begun, WIDE, at)
        usage = Usage(
            input_tokens=dice.randrange(9999), cached_tokens=dice.randrange(99), output_tokens=dice.randrange(99)
        )
        cost = dice.randrange(10**9)
        store.settle(str(number), end(cost, usage))
        wanted += CostSum(
            calls=1,
            settled=1,
            input_tokens=usage.input_tokens,
            cached_tokens=usage.cached_tokens,
            output_tokens=usage.output_tokens,
            billed_equivalent_tokens=1.5,
            cost_micro_usd=1,
            cost_micro_krw=cost,
            latency_ms=7,
            attempts=1,
        )
    total = CostSum()
    for row in store.sums(date(2026, 1, 1), date(2026, 12, 31), by):
        total += row
    assert total == wanted


def test_newest_when_asked_for_then_settled_calls_of_the_model_come_oldest_first(database: Database) -> None:
    store = LlmCallStore(database)
    for number in range(4):
        store.reserve(start(str(number)), WIDE, AT + timedelta(seconds=number))
    for number in (0, 1, 3):
        store.settle(str(number), end())
    assert [row.call_id for row in store.newest("m", 2)] == ["1", "3"]
    assert store.newest("other", 2) == []


def test_refused_call_when_recorded_then_it_costs_nothing_and_keeps_its_reason(database: Database) -> None:
    store = LlmCallStore(database)
    store.record_refused(start("a"), "NO_KEY: no key for openai", AT)
    (row,) = store.calls(DAY, DAY)
    assert (row.status, row.cost_micro_krw, row.error) == (CallStatus.REFUSED, 0, "NO_KEY: no key for openai")
    assert store.reasons(DAY, DAY) == {"NO_KEY": 1}


def test_budget_when_threads_race_for_it_then_exactly_the_budget_is_reserved(database: Database) -> None:
    store, limits = LlmCallStore(database), Limits(daily_krw=25, monthly_krw=1_000)
    with ThreadPoolExecutor(6) as pool:
        allowed = list(pool.map(lambda n: store.reserve(start(str(n)), limits, AT) is None, range(60)))
    assert sum(allowed) == 25
    assert store.spent_micro_krw(DAY, DAY) == 25 * ONE_WON


def test_budget_when_processes_race_for_it_then_exactly_the_budget_is_reserved(
    database: Database, database_url: str, processes: ProcessPoolExecutor
) -> None:
    taken = list(processes.map(take_a_won, [database_url] * 3, range(3), [15] * 3, [20] * 3))
    assert sum(taken) == 20
    assert LlmCallStore(database).spent_micro_krw(DAY, DAY) == 20 * ONE_WON


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    budget_krw=st.integers(0, 6),
    steps=st.lists(st.tuples(st.integers(1, 3_000_000), st.one_of(st.none(), st.integers(0, 100))), max_size=12),
)
def test_budget_when_any_calls_are_reserved_and_settled_then_the_sum_never_exceeds_it(
    sqlite_database: Database, budget_krw: int, steps: list[tuple[int, int | None]]
) -> None:
    with sqlite_database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM llm_calls")
    store, limits = LlmCallStore(sqlite_database), Limits(daily_krw=budget_krw, monthly_krw=1_000)
    for number, (highest, percent) in enumerate(steps):
        before = store.spent_micro_krw(DAY, DAY)
        refusal = store.reserve(start(str(number), highest), limits, AT)
        assert (refusal is None) == (before + highest <= budget_krw * MICRO)
        if refusal is None and percent is not None:
            store.settle(str(number), end(highest * percent // 100))
        assert store.spent_micro_krw(DAY, DAY) <= budget_krw * MICRO
