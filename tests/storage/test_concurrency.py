"""Several processes with several threads each at one database: nothing is lost, nothing is doubled."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta

import pytest

from daybook.contracts.base import TradingState
from daybook.contracts.market import DailyBar
from daybook.contracts.orders import IntentState
from daybook.storage import (
    AuditLog,
    BarStore,
    Database,
    IntentStore,
    Ledger,
    NoticeStore,
    RecordNotFound,
    StateStore,
)
from daybook.storage.schema import newest_revision
from tests.storage import contenders
from tests.storage.conftest import PROCESSES
from tests.storage.facts import AT, DAY, SAMSUNG, later, snapshot, ticket


def compete(pool: ProcessPoolExecutor, work, url: str, *arguments) -> list:
    """Run ``work`` at once in every process, each with its own share of the arguments."""
    futures = [pool.submit(work, url, *(argument[number] for argument in arguments)) for number in range(PROCESSES)]
    return [future.result(timeout=60) for future in futures]


def flat(lists) -> list:
    return [item for items in lists for item in items]


def test_upgrade_when_processes_start_at_once_then_all_end_at_the_newest_revision(blank_url, processes):
    assert compete(processes, contenders.upgrade, blank_url) == [newest_revision()] * PROCESSES
    with Database(blank_url) as database:
        database.require_current_schema()
        assert AuditLog(database).verify() is None


def test_rival_intents_when_recorded_at_once_then_one_is_in_flight(database_url, database, processes):
    names = [[f"p{number}-{index}" for index in range(4)] for number in range(PROCESSES)]
    duplicates = flat(compete(processes, contenders.record_rivals, database_url, names))
    winners = {name for name in duplicates if name is not None}
    assert duplicates.count(None) == 1
    assert len(winners) == 1
    states = [record.state for record in IntentStore(database).for_day(DAY)]
    assert (states.count(IntentState.RECORDED), states.count(IntentState.DENIED)) == (1, 4 * PROCESSES - 1)


def test_one_intent_when_recorded_at_once_then_one_row_is_new(database_url, database, processes):
    assert sum(flat(compete(processes, contenders.record_same, database_url, [4] * PROCESSES))) == 1
    assert len(IntentStore(database).for_day(DAY)) == 1


def test_attempt_when_begun_at_once_then_one_caller_may_post(database_url, database, processes):
    IntentStore(database).record(ticket("shared"), AT)
    began = flat(compete(processes, contenders.begin_attempts, database_url, [[1, 2, 3, 4]] * PROCESSES))
    assert sum(began) == 1
    assert len(IntentStore(database).attempts("shared")) == 1


def test_order_number_when_claimed_at_once_then_one_intent_gets_it(database_url, database, processes):
    names = [[f"claim-{number}-{index}" for index in range(2)] for number in range(PROCESSES)]
    for name in flat(names):
        IntentStore(database).record(ticket(name), AT)
    claims = flat(compete(processes, contenders.link, database_url, names))
    assert sum(claims) == 1
    assert IntentStore(database).linked_orders(DAY) == {"117057": flat(names)[claims.index(True)]}


def test_fills_when_reported_at_once_in_any_order_then_none_is_lost_or_doubled(database_url, database, processes):
    ledger = Ledger(database)
    ledger.open_with("main", snapshot(10_000_000), AT)
    reports = [[1, 5, 3, 5, 10], [10, 2, 7], [4, 4, 9, 6]]
    assert sum(compete(processes, contenders.apply_fills, database_url, reports)) == 10
    assert sum(fill.shares for fill in ledger.fills(DAY)) == 10
    assert [(position.symbol, position.shares) for position in ledger.positions("main")] == [(SAMSUNG, 10)]
    assert ledger.cash("main") == 10_000_000 - 10 * 70_000 - 10 * 10


def test_audit_when_appended_at_once_then_the_chain_is_whole(database_url, database, processes):
    names = [[f"{number}-{index}" for index in range(6)] for number in range(PROCESSES)]
    sequence = flat(compete(processes, contenders.append_audit, database_url, names))
    assert sorted(sequence) == list(range(1, 6 * PROCESSES + 1))
    assert AuditLog(database).verify() is None


def test_halts_when_opened_at_once_then_each_reason_stands_once(database_url, database, processes):
    codes = [["KILL_SWITCH", "DAILY_LOSS", "KILL_SWITCH"]] * PROCESSES
    assert len(set(flat(compete(processes, contenders.halt, database_url, codes)))) == 2
    assert len(StateStore(database).halts("main", only_open=True)) == 2


def test_resume_token_when_used_at_once_then_it_counts_once(database_url, database, processes):
    states = StateStore(database)
    states.halt("main", TradingState.HALTED, "KILL_SWITCH", "", "x", AT)
    token = states.request_resume("main", "x", AT, timedelta(minutes=1))
    confirmed = flat(compete(processes, contenders.confirm, database_url, [token] * PROCESSES, [2] * PROCESSES))
    assert sum(confirmed) == 1
    assert states.current("main").state is TradingState.ACTIVE


def test_notices_when_repeated_at_once_then_each_is_kept_once(database_url, database, processes):
    digests = [["a", "b", "c", "a"], ["c", "b", "a"], ["b", "d"]]
    assert sum(compete(processes, contenders.take_notices, database_url, digests)) == 4
    assert NoticeStore(database).fill_totals(DAY, "117057") == (12, 12 * 70_000)


def test_bars_when_saved_at_once_then_each_is_kept_once(database_url, database, processes):
    bars = [
        DailyBar(
            symbol=f"{number:06d}",
            day=DAY,
            open_krw=1,
            high_krw=1,
            low_krw=1,
            close_krw=number + 1,
            volume_shares=1,
            turnover_krw=1,
        )
        for number in range(200)
    ]
    assert compete(processes, contenders.save_bars, database_url, [bars] * PROCESSES) == [400] * PROCESSES
    assert [bar.close_krw for bar in BarStore(database).daily("000007", DAY, DAY)] == [8]


def test_unit_of_work_when_its_process_is_killed_then_others_go_on_and_nothing_of_it_stays(database_url, database):
    victim = multiprocessing.get_context("spawn").Process(target=contenders.die_inside_a_write, args=(database_url,))
    victim.start()
    victim.join(timeout=60)
    assert victim.exitcode == -9
    intents = IntentStore(database)
    assert intents.record(ticket("next"), later(1)).duplicate_of is None
    with pytest.raises(RecordNotFound):
        intents.get("never")
    assert AuditLog(database).verify() is None
