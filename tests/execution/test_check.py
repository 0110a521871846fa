import json
from datetime import timedelta

import pytest

from daybook.broker.port import BrokerUnavailable
from daybook.contracts.execution import ApprovalRecord, ApprovalVerdict
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import IntentState
from daybook.contracts.reasons import DenialCode
from tests.execution.bench import Bench, BenchMaker
from tests.risk import facts


def test_check_when_everything_is_well_then_it_passes_with_the_evidence_of_the_account(bench: Bench) -> None:
    checked = bench.check(bench.buy())
    assert (checked.denials, checked.approval_reasons, checked.last_price_krw) == ((), (), 70_000)
    assert (checked.evidence.orderable_cash_krw, checked.evidence.sellable_shares) == (10_000_000, 0)


def test_check_when_made_then_the_audit_chain_keeps_the_answer(bench: Bench) -> None:
    ticket = bench.buy()
    bench.check(ticket)
    row = next(row for row in bench.desk.audit.for_subject(ticket.intent_id) if row.action == "order.checked")
    assert json.loads(row.detail)["denials"] == []


def test_check_when_a_sell_is_checked_then_the_sellable_shares_are_the_evidence(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    checked = bench.check(bench.sell())
    assert (checked.denials, checked.evidence.sellable_shares) == ((), 10)


def test_check_when_there_is_no_quote_then_the_order_is_denied(bench: Bench) -> None:
    ticket = bench.buy()
    bench.broker.fail("quote", BrokerUnavailable("no data"))
    assert DenialCode.STALE_PRICE in bench.check(ticket).denials


def test_check_when_the_account_cannot_be_read_then_it_raises(bench: Bench) -> None:
    ticket = bench.buy()
    bench.broker.fail("account", BrokerUnavailable("no data"))
    with pytest.raises(BrokerUnavailable):
        bench.check(ticket)


def test_check_when_the_index_is_unknown_then_that_alone_denies_nothing(bench: Bench) -> None:
    ticket = bench.buy()
    bench.broker.fail("index", BrokerUnavailable("no data"))
    assert bench.check(ticket).denials == ()


def test_check_when_the_kill_switch_file_exists_then_it_is_halted(bench: Bench) -> None:
    ticket = bench.buy()
    bench.desk.kill_switch.engage("owner", "fire")
    checked = bench.check(ticket)
    assert DenialCode.TRADING_HALTED in checked.denials


def test_check_when_another_buy_is_on_its_way_then_its_money_is_reserved(make_bench: BenchMaker) -> None:
    bench = make_bench(limits=RiskLimits(max_order_notional_krw=5_000_000, max_order_equity_ratio=0.5, max_names=8))
    bench.broker.cash_krw = 2_000_000
    bench.prepare()
    bench.desk.days.set_universe(facts.DAY, "main", (facts.BOUGHT, facts.HELD), bench.clock())
    bench.record(facts.buy(intent_id="first", symbol=facts.HELD, shares=30, limit_price_krw=50_000))
    assert DenialCode.CASH in bench.check(bench.buy()).denials


def test_check_when_outside_the_universe_then_it_is_denied(bench: Bench) -> None:
    bench.desk.days.set_universe(facts.DAY, "main", (facts.HELD,), bench.clock())
    assert bench.check(bench.buy()).denials == (DenialCode.SYMBOL_NOT_ALLOWED,)


@pytest.mark.parametrize(
    ("verdict", "denials"),
    [(ApprovalVerdict.APPROVED, ()), (ApprovalVerdict.REJECTED, (DenialCode.APPROVAL_REJECTED,))],
)
def test_check_when_a_person_has_answered_then_the_answer_counts_and_is_not_asked_again(
    make_bench: BenchMaker, verdict: ApprovalVerdict, denials: tuple[DenialCode, ...]
) -> None:
    bench = make_bench(limits=RiskLimits(approval_modes=("paper",)))
    bench.prepare()
    ticket = bench.buy()
    first = bench.check(ticket)
    for each in (ApprovalVerdict.PENDING, verdict):
        bench.keeper.record_approval(
            ApprovalRecord(
                ticket=ticket,
                digest="d",
                verdict=each,
                by="owner" if each is verdict else "",
                reasons=first.approval_reasons,
                last_price_krw=first.last_price_krw,
                expires_at=bench.clock() + timedelta(minutes=5),
            )
        )
    second = bench.check(ticket)
    assert len(first.approval_reasons) == 1
    assert (second.denials, second.approval_reasons) == (denials, ())
    expected = IntentState.APPROVED if verdict is ApprovalVerdict.APPROVED else IntentState.AWAITING_APPROVAL
    assert bench.state(ticket) is expected


@pytest.mark.parametrize(
    ("reason", "hedge", "denied"),
    [("threat_hedge", facts.BOUGHT, False), ("rank_entry", facts.BOUGHT, True), ("threat_hedge", "114800", True)],
)
def test_check_when_the_symbol_is_outside_the_universe_then_only_this_desk_s_own_hedge_may_be_bought(
    bench: Bench, reason: str, hedge: str, denied: bool
) -> None:
    bench.desk.days.set_universe(facts.DAY, "main", (facts.HELD,), bench.clock())
    object.__setattr__(bench.desk, "hedge_symbol", hedge)
    denials = bench.check(bench.buy(reason=reason)).denials
    assert (DenialCode.SYMBOL_NOT_ALLOWED in denials) is denied
