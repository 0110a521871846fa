from datetime import date, timedelta

import pytest

from daybook.contracts.base import TradingState
from daybook.storage import AuditLog, Database, StateStore, StorageUsageError
from tests.storage.facts import AT, DAY, HYNIX, SAMSUNG, later

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED
FOR_A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def states(database) -> StateStore:
    return StateStore(database)


def halt(states: StateStore, state=HALTED, code="KILL_SWITCH", at=AT) -> int:
    return states.halt("main", state, code, "because", "kim", at)


def test_state_when_nothing_happened_then_it_is_active(states):
    assert states.current("main").state is ACTIVE


def test_state_when_several_halts_are_open_then_the_strictest_and_oldest_counts(states):
    halt(states, REDUCING, "DAILY_LOSS")
    assert states.current("main").state is REDUCING
    first = halt(states, HALTED, "DRAWDOWN", later(1))
    halt(states, HALTED, "KILL_SWITCH", later(2))
    halt(states, REDUCING, "WEEKLY_LOSS", later(3))
    current = states.current("main")
    assert (current.state, current.reason_code, current.halt_id) == (HALTED, "DRAWDOWN", first)
    assert (current.reason, current.by, current.at) == ("because", "kim", later(1))
    assert states.current("second").state is ACTIVE


def test_halt_when_repeated_then_the_open_one_is_kept(states):
    assert halt(states) == halt(states, at=later(1))
    assert halt(states, REDUCING) != halt(states)
    assert len(states.halts("main")) == 2


def test_halt_when_asked_to_be_active_then_it_is_refused(states):
    with pytest.raises(StorageUsageError):
        halt(states, ACTIVE)


def test_halt_when_the_program_restarts_then_it_stands(states, database_url):
    halt(states)
    with Database(database_url) as again:
        assert StateStore(again).current("main").state is HALTED


def test_resume_when_confirmed_in_time_then_all_halts_close(states):
    halt(states)
    halt(states, REDUCING)
    token = states.request_resume("main", "kim", later(1), FOR_A_MINUTE)
    assert states.current("main").state is HALTED
    assert states.confirm_resume("main", token, "lee", later(2))
    assert states.current("main").state is ACTIVE
    assert {(record.closed_by, record.closed_at) for record in states.halts("main")} == {("lee", later(2))}
    assert states.halts("main", only_open=True) == []


@pytest.mark.parametrize("at_s", [61, 3600])
def test_resume_when_the_token_has_expired_then_the_halt_stands(states, at_s):
    halt(states)
    token = states.request_resume("main", "kim", later(0), FOR_A_MINUTE)
    assert not states.confirm_resume("main", token, "kim", later(at_s))
    assert states.current("main").state is HALTED


def test_resume_when_the_token_is_wrong_or_of_another_account_then_the_halt_stands(states):
    halt(states)
    token = states.request_resume("second", "kim", AT, FOR_A_MINUTE)
    for wrong in (token, "", token[:-1], "x"):
        assert not states.confirm_resume("main", wrong, "kim", later(1))
    assert states.current("main").state is HALTED


def test_resume_when_the_token_was_used_then_a_later_halt_stands(states):
    halt(states)
    token = states.request_resume("main", "kim", AT, FOR_A_MINUTE)
    assert states.confirm_resume("main", token, "kim", later(1))
    halt(states, at=later(2))
    assert not states.confirm_resume("main", token, "kim", later(3))
    assert states.current("main").state is HALTED


def test_resume_when_a_halt_opened_after_the_request_then_it_is_not_lifted_unseen(states):
    halt(states)
    token = states.request_resume("main", "kim", AT, FOR_A_MINUTE)
    halt(states, HALTED, "DRAWDOWN", later(1))
    assert not states.confirm_resume("main", token, "kim", later(2))
    assert len(states.halts("main", only_open=True)) == 2


def test_resume_when_refused_then_the_audit_says_why_and_never_holds_the_token(states, database):
    halt(states)
    token = states.request_resume("main", "kim", AT, FOR_A_MINUTE)
    states.confirm_resume("main", "wrong", "kim", later(1))
    rows = AuditLog(database).rows()
    assert [row.action for row in rows] == ["state.halted", "state.resume_requested", "state.resume_refused"]
    assert all(token not in row.detail for row in rows)


def test_resume_when_both_steps_are_in_one_unit_of_work_then_it_is_refused(database):
    with database.session() as session, pytest.raises(StorageUsageError):
        StateStore(session).request_resume("main", "kim", AT, FOR_A_MINUTE)
    with pytest.raises(StorageUsageError):
        StateStore(database).request_resume("main", "kim", AT, timedelta(0))


def test_reconciliation_when_marked_then_the_last_word_of_the_day_counts(states):
    assert not states.is_reconciled("main", DAY)
    states.mark_reconciled("main", DAY, True, AT)
    assert states.is_reconciled("main", DAY)
    assert not states.is_reconciled("main", date(2026, 3, 5))
    assert not states.is_reconciled("second", DAY)
    states.mark_reconciled("main", DAY, False, later(1))
    assert not states.is_reconciled("main", DAY)


def test_symbol_when_locked_then_it_is_listed_until_unlocked(states):
    assert states.lock_symbol("main", SAMSUNG, "SHARES_DIFFER", "3 shares too many", "reconciler", AT)
    assert not states.lock_symbol("main", SAMSUNG, "OTHER", "", "kim", later(1))
    states.lock_symbol("main", HYNIX, "OTHER", "", "kim", later(1))
    locked = states.locked_symbols("main")
    assert sorted(locked) == [HYNIX, SAMSUNG]
    assert (locked[SAMSUNG].reason_code, locked[SAMSUNG].by) == ("SHARES_DIFFER", "reconciler")
    assert states.unlock("main", SAMSUNG, "kim", later(2))
    assert not states.unlock("main", SAMSUNG, "kim", later(2))
    assert list(states.locked_symbols("main")) == [HYNIX]
    assert states.locked_symbols("second") == {}


def test_live_when_both_steps_are_taken_then_it_is_armed_until_the_expiry(states):
    close = later(3600)
    assert states.arm_live("main", "kim", AT, close, 1)
    assert not states.is_armed("main", later(1))
    assert states.arm_live("main", "kim", later(60), close, 2)
    assert states.is_armed("main", later(60))
    assert states.is_armed("main", later(3599))
    assert not states.is_armed("main", close)
    assert not states.is_armed("main", later(59))
    assert not states.is_armed("second", later(61))


def test_live_when_the_second_step_does_not_fit_the_first_then_it_is_not_armed(states):
    close = later(7200)
    assert not states.arm_live("main", "kim", AT, close, 2)
    states.arm_live("main", "kim", AT, close, 1)
    assert not states.arm_live("main", "kim", later(1), later(9000), 2)
    assert not states.arm_live("main", "kim", later(601), close, 2)
    assert not states.arm_live("main", "kim", later(-1), close, 2)
    assert not states.is_armed("main", later(602))


def test_live_when_requested_again_then_the_earlier_request_is_void(states):
    states.arm_live("main", "kim", AT, later(100), 1)
    states.arm_live("main", "kim", AT, later(200), 1)
    assert not states.arm_live("main", "kim", later(1), later(100), 2)
    assert states.arm_live("main", "kim", later(1), later(200), 2)


def test_live_when_disarmed_then_it_is_over(states):
    states.arm_live("main", "kim", AT, later(100), 1)
    states.arm_live("main", "kim", later(1), later(100), 2)
    states.disarm_live("main", "lee", later(2))
    assert not states.is_armed("main", later(3))


def test_live_when_the_step_or_the_expiry_is_impossible_then_it_is_refused(states):
    with pytest.raises(StorageUsageError):
        states.arm_live("main", "kim", AT, later(1), 3)
    with pytest.raises(StorageUsageError):
        states.arm_live("main", "kim", AT, AT, 1)


def test_lift_when_a_reduction_no_longer_trips_then_only_that_reduction_ends(database):
    states = StateStore(database)
    states.halt("main", TradingState.REDUCING, "INDEX_FALL", "KOSPI fell", "breaker", AT)
    states.halt("main", TradingState.REDUCING, "DAILY_LOSS", "a loss", "breaker", AT)
    assert states.lift("main", ["INDEX_FALL"], "breaker", AT) == 1
    assert states.current("main").reason_code == "DAILY_LOSS"


def test_lift_when_a_halt_is_open_then_it_ends_only_when_asked_for(database):
    states = StateStore(database)
    states.halt("main", TradingState.HALTED, "INDEX_FALL", "KOSPI fell", "breaker", AT)
    assert states.lift("main", ["INDEX_FALL"], "breaker", AT) == 0
    assert states.lift("main", ["INDEX_FALL"], "TradingDay", AT, halts_too=True) == 1
    assert states.current("main").state is TradingState.ACTIVE
