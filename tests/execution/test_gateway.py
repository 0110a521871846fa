from datetime import timedelta
from typing import Any

import pytest

from daybook.broker.port import (
    BrokerConfigurationError,
    BrokerError,
    BrokerUnavailable,
    ModeLockError,
    OrderNotSent,
    OrderOutcomeUnknown,
    OrderRefused,
    RateLimited,
)
from daybook.contracts.base import Mode, TradingState
from daybook.contracts.execution import ApprovalRecord, ApprovalVerdict
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import AttemptOutcome, IntentState
from daybook.contracts.reasons import DenialCode
from daybook.storage.errors import AttemptRefused
from tests.execution.bench import Bench, BenchMaker
from tests.risk import facts

UNKNOWN = OrderOutcomeUnknown("no reply", code="TIMEOUT")


def attempt_of(bench: Bench, intent_id: str) -> AttemptOutcome:
    return bench.desk.intents.attempts(intent_id)[-1].outcome


def halt(bench: Bench, state: TradingState) -> None:
    bench.desk.states.halt("main", state, "KILL_SWITCH", "by hand", "owner", bench.clock())


def test_submit_when_everything_is_well_then_one_order_is_sent_linked_and_working(bench: Bench) -> None:
    ticket = bench.buy()
    outcome = bench.submit(ticket)
    assert (outcome.outcome, outcome.order) == (AttemptOutcome.ACCEPTED, bench.broker.orders[0].id)
    assert bench.desk.intents.linked_orders(facts.DAY) == {"101": ticket.intent_id}
    assert (bench.state(ticket), bench.broker.calls["submit"]) == (IntentState.WORKING, 1)


def test_submit_when_the_same_attempt_comes_again_then_it_is_unknown_and_never_posted(bench: Bench) -> None:
    ticket = bench.buy()
    bench.broker.lose(UNKNOWN)
    first, second = bench.submit(ticket), bench.submit(ticket)
    assert (first.outcome, second.outcome) == (AttemptOutcome.UNKNOWN, AttemptOutcome.UNKNOWN)
    assert bench.broker.calls["submit"] == 1


def test_submit_when_an_earlier_attempt_may_live_then_a_further_one_is_refused(bench: Bench) -> None:
    ticket = bench.buy()
    bench.broker.lose(UNKNOWN)
    bench.submit(ticket)
    with pytest.raises(AttemptRefused):
        bench.submit(ticket, attempt=2)
    assert bench.broker.calls["submit"] == 1


def test_submit_when_a_crash_left_the_attempt_open_then_it_is_not_posted(bench: Bench) -> None:
    ticket = bench.buy()
    bench.desk.intents.begin_attempt(ticket.intent_id, 1, bench.clock())
    assert bench.submit(ticket).outcome is AttemptOutcome.UNKNOWN
    assert bench.broker.calls["submit"] == 0


@pytest.mark.parametrize(
    ("error", "outcome", "denials", "begun"),
    [
        (OrderRefused("no", code="APBK0919"), AttemptOutcome.REFUSED, (), AttemptOutcome.REFUSED),
        (RateLimited("slow", code="EGW00201"), AttemptOutcome.NOT_EXECUTED, (), AttemptOutcome.NOT_EXECUTED),
        (OrderNotSent("no route"), AttemptOutcome.NOT_EXECUTED, (), AttemptOutcome.NOT_EXECUTED),
        (ModeLockError("host"), AttemptOutcome.REFUSED, (DenialCode.MODE_MISMATCH,), AttemptOutcome.REFUSED),
        (BrokerConfigurationError("key"), AttemptOutcome.REFUSED, (DenialCode.MODE_MISMATCH,), AttemptOutcome.REFUSED),
        (OrderOutcomeUnknown("timeout"), AttemptOutcome.UNKNOWN, (), AttemptOutcome.UNKNOWN),
        (BrokerUnavailable("maintenance"), AttemptOutcome.UNKNOWN, (), AttemptOutcome.UNKNOWN),
        (BrokerError("anything else"), AttemptOutcome.UNKNOWN, (), AttemptOutcome.UNKNOWN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BrokerError) else None,
)
def test_submit_when_the_broker_raises_then_the_outcome_says_what_is_known(
    bench: Bench, error: BrokerError, outcome: AttemptOutcome, denials: tuple[Any, ...], begun: AttemptOutcome
) -> None:
    ticket = bench.buy()
    bench.broker.fail("submit", error)
    result = bench.submit(ticket)
    assert (result.outcome, result.denials, result.order) == (outcome, denials, None)
    assert attempt_of(bench, ticket.intent_id) is begun
    assert result.broker_code == error.code


def test_submit_when_rate_limited_before_then_a_new_attempt_may_be_sent(bench: Bench) -> None:
    ticket = bench.buy()
    bench.broker.fail("submit", RateLimited("slow"))
    bench.submit(ticket)
    assert bench.submit(ticket, attempt=2).outcome is AttemptOutcome.ACCEPTED


@pytest.mark.parametrize(("state", "code"), [("halted", "TRADING_HALTED"), ("reducing", "TRADING_REDUCING")])
def test_submit_when_the_state_forbids_buys_then_nothing_is_written_or_sent(
    bench: Bench, state: str, code: str
) -> None:
    ticket = bench.buy()
    halt(bench, TradingState(state))
    result = bench.submit(ticket)
    assert (result.outcome, [denial.value for denial in result.denials]) == (AttemptOutcome.REFUSED, [code])
    assert (bench.desk.intents.attempts(ticket.intent_id), bench.broker.calls["submit"]) == ([], 0)


def test_submit_when_only_reducing_then_a_sell_goes_through(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    halt(bench, TradingState.REDUCING)
    assert bench.submit(bench.sell()).outcome is AttemptOutcome.ACCEPTED


def test_submit_when_the_kill_switch_file_exists_then_nothing_is_sent(bench: Bench) -> None:
    ticket = bench.buy()
    bench.desk.kill_switch.engage("owner", "fire")
    result = bench.submit(ticket)
    assert (result.outcome, result.denials) == (AttemptOutcome.REFUSED, (DenialCode.TRADING_HALTED,))
    assert "fire" in result.text
    assert bench.broker.calls["submit"] == 0


def test_submit_when_the_kill_switch_appears_after_the_checks_then_the_post_is_not_made(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = bench.buy()
    begin = bench.desk.intents.begin_attempt

    def begin_and_engage(*arguments: Any, **options: Any) -> bool:
        begun = begin(*arguments, **options)
        bench.desk.kill_switch.engage("owner", "fire")
        return begun

    monkeypatch.setattr(bench.desk.intents, "begin_attempt", begin_and_engage)
    result = bench.submit(ticket)
    assert (result.outcome, result.denials) == (AttemptOutcome.REFUSED, (DenialCode.TRADING_HALTED,))
    assert (attempt_of(bench, ticket.intent_id), bench.broker.calls["submit"]) == (AttemptOutcome.NOT_ACCEPTED, 0)


def test_submit_when_the_process_was_too_slow_after_writing_then_it_does_not_send(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = bench.buy()
    begin = bench.desk.intents.begin_attempt

    def begin_slowly(*arguments: Any, **options: Any) -> bool:
        begun = begin(*arguments, **options)
        bench.clock.pass_s(1.5)
        return begun

    monkeypatch.setattr(bench.desk.intents, "begin_attempt", begin_slowly)
    assert bench.submit(ticket).outcome is AttemptOutcome.NOT_EXECUTED
    assert bench.broker.calls["submit"] == 0


def test_submit_when_the_checks_are_old_then_it_asks_for_new_ones_and_the_number_stays_free(bench: Bench) -> None:
    ticket = bench.buy()
    result = bench.submit(ticket, checked_s_ago=31)
    assert (result.outcome, result.is_begun) == (AttemptOutcome.NOT_EXECUTED, False)
    assert bench.submit(ticket).outcome is AttemptOutcome.ACCEPTED


def test_submit_when_another_order_is_unknown_then_it_waits(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    first, second = bench.buy(), bench.sell()
    bench.desk.intents.set_state(first.intent_id, IntentState.UNKNOWN, "lost", at=bench.clock())
    result = bench.submit(second)
    assert (result.outcome, first.intent_id in result.text) == (AttemptOutcome.NOT_EXECUTED, True)
    assert bench.broker.calls["submit"] == 0


@pytest.mark.parametrize(
    "changes", [{"shares": 9}, {"limit_price_krw": 70_000}, {"rationale": "another"}], ids=lambda value: str(value)
)
def test_submit_when_the_ticket_differs_from_the_record_then_it_is_refused(
    bench: Bench, changes: dict[str, Any]
) -> None:
    ticket = bench.buy()
    result = bench.submit(ticket.model_copy(update=changes))
    assert (result.outcome, result.denials) == (AttemptOutcome.REFUSED, (DenialCode.MODE_MISMATCH,))
    assert bench.broker.calls["submit"] == 0


def test_submit_when_the_ticket_is_of_another_mode_then_it_is_refused(bench: Bench) -> None:
    result = bench.submit(bench.buy(mode=Mode.LIVE))
    assert DenialCode.MODE_MISMATCH in result.denials
    assert bench.broker.calls["submit"] == 0


def test_submit_when_live_is_not_armed_then_it_is_refused(make_bench: BenchMaker) -> None:
    bench = make_bench(mode=Mode.LIVE)
    bench.prepare()
    result = bench.submit(bench.buy(mode=Mode.LIVE))
    assert {DenialCode.MODE_NOT_ARMED, DenialCode.APPROVAL_MISSING} <= set(result.denials)
    assert bench.broker.calls["submit"] == 0


def test_submit_when_live_is_armed_and_approved_then_it_is_sent(make_bench: BenchMaker) -> None:
    bench = make_bench(mode=Mode.LIVE)
    bench.prepare()
    ticket = bench.buy(mode=Mode.LIVE)
    until = bench.clock() + timedelta(hours=5)
    for step in (1, 2):
        assert bench.desk.states.arm_live("main", "owner", bench.clock(), until, step)
    for verdict in (ApprovalVerdict.PENDING, ApprovalVerdict.APPROVED):
        bench.keeper.record_approval(
            ApprovalRecord(
                ticket=ticket,
                digest="d",
                verdict=verdict,
                by="owner",
                last_price_krw=70_000,
                expires_at=bench.clock() + timedelta(minutes=5),
            )
        )
    assert bench.submit(ticket).outcome is AttemptOutcome.ACCEPTED


def test_submit_when_the_day_is_not_reconciled_then_it_is_refused(bench: Bench) -> None:
    ticket = bench.buy()
    bench.desk.states.mark_reconciled("main", facts.DAY, False, bench.clock())
    assert bench.submit(ticket).denials == (DenialCode.NOT_RECONCILED,)


def test_submit_when_the_message_allows_more_than_the_process_then_the_process_decides(
    make_bench: BenchMaker,
) -> None:
    bench = make_bench(limits=RiskLimits(max_order_notional_krw=500_000))
    bench.prepare()
    result = bench.submit(bench.buy())
    assert (result.outcome, result.denials) == (AttemptOutcome.REFUSED, (DenialCode.ORDER_NOTIONAL,))


def test_submit_when_a_symbol_is_locked_then_it_is_refused(bench: Bench) -> None:
    ticket = bench.buy()
    bench.desk.states.lock_symbol("main", ticket.symbol, "RECONCILIATION_BREAK", "differs")
    assert bench.submit(ticket).denials == (DenialCode.SYMBOL_LOCKED,)


def test_submit_when_the_broker_s_number_belongs_to_another_intent_then_it_is_unknown(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    first, second = bench.place(bench.buy()), bench.sell()
    bench.broker.orders.clear()
    result = bench.submit(second)
    assert (result.outcome, result.order) == (AttemptOutcome.UNKNOWN, None)
    assert bench.desk.intents.linked_orders(facts.DAY) == {first.order.key: first.ticket.intent_id}
