from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from daybook.contracts.advice import OrderReason
from daybook.contracts.orders import AttemptOutcome, IntentState
from daybook.report.explanation import RecordCheck
from daybook.report.why import AmbiguousOrder, NoSuchOrder, explain_order, find_order, render_explanation
from daybook.storage.database import Database
from daybook.storage.intents import IntentStore
from tests.report.order_story import (
    DECISION,
    INTENT,
    START,
    decision_inputs,
    record_check,
    record_decision,
    ticket,
    write_filled_order,
)


def tamper(database: Database, statement: str, **values: Any) -> None:
    with database.session() as session:
        session.execute(text(statement), values)


def test_explanation_when_order_was_filled_then_the_whole_chain_is_there(database: Database) -> None:
    write_filled_order(database)
    why = explain_order(database, INTENT, walk_audit=True)
    assert why.state is IntentState.FILLED
    assert why.ticket == ticket()
    assert why.ticket_check is RecordCheck.VERIFIED
    assert (why.filled_shares, why.filled_amount_krw, why.costs_krw) == (10, 701_000, 98)
    assert why.average_fill_krw == 70_100
    assert why.realised_pnl_krw == -98
    assert why.decision.check is RecordCheck.VERIFIED
    assert why.decision.reason is OrderReason.RANK_ENTRY
    facts = why.decision.facts
    assert (facts.price_krw, facts.bid_krw, facts.ask_krw) == (70_000, 69_900, 70_000)
    assert (facts.rank, facts.score, facts.momentum_ratio) == (1, 1.25, 0.18)
    assert (facts.equity_krw, facts.cash_krw, facts.threat_level) == (10_000_000, 9_000_000, 1)
    assert [check.passed for check in why.checks] == [True, True, True]
    assert why.checks[0].needs_approval == ("APPROVAL_MISSING",)
    (approval,) = why.approvals
    assert (approval.verdict, approval.by, approval.digest) == ("approved", "minji", "abc123")
    assert [attempt.outcome for attempt in why.attempts] == [AttemptOutcome.NOT_ACCEPTED, AttemptOutcome.ACCEPTED]
    assert [fill.shares for fill in why.fills] == [4, 6]
    assert sum(fill.amount_krw for fill in why.fills) == why.filled_amount_krw
    assert (why.audit_walked, why.audit_broken_at) == (True, None)
    assert [event.action for event in why.events if event.action == "order.linked"]


def test_explanation_when_read_twice_or_read_only_then_the_same(database: Database, tmp_path: Path) -> None:
    write_filled_order(database)
    with Database(f"sqlite:///{tmp_path / 'ledger.db'}", read_only=True) as reading:
        assert explain_order(reading, INTENT) == explain_order(database, INTENT)


def test_text_when_order_was_filled_then_every_step_can_be_read(database: Database) -> None:
    write_filled_order(database)
    rendered = render_explanation(explain_order(database, INTENT, walk_audit=True))
    for part in (
        f"# Order {INTENT}",
        "buy 10 005930, limit 70,100 KRW, entry (live)",
        "state: filled - filled 10/10",
        "broker order: 06010-0000117057",
        "filled: 10 of 10 for 701,000 KRW, 70,100.00 KRW each; costs 98 KRW; realised -98 KRW",
        f"{DECISION}: unchanged since it was recorded",
        "reason: rank_entry - rank 1 of 30",
        "price 70,000 KRW (bid 69,900 KRW, ask 70,000 KRW, previous close 69,000 KRW)",
        "rank 1, score 1.2500, momentum +18.00%",
        "a person has to be asked: APPROVAL_MISSING",
        "approved by minji at 2026-08-14 10:00:05",
        "POST 1 at 2026-08-14 10:00:07 until 2026-08-14 10:00:09: not_accepted - absent in 4 looks",
        "POST 2 at 2026-08-14 10:00:11 until 2026-08-14 10:00:12: accepted, broker order 0000117057",
        "4 shares for 280,400 KRW, costs 39 KRW, realised -39 KRW",
        "the chain is whole",
        "recorded -> awaiting_approval: APPROVAL_MISSING",
    ):
        assert part in rendered


def test_explanation_when_order_was_denied_then_codes_and_numbers_are_there(database: Database) -> None:
    record_decision(database)
    intents = IntentStore(database)
    intents.record(ticket(), START)
    denials = (
        {"code": "CASH", "text": "not enough cash", "limit": 100, "value": 701_000},
        {"code": "A_RULE_OF_LATER", "text": "said a newer program"},
    )
    record_check(database, START, denials)
    intents.set_state(INTENT, IntentState.DENIED, "CASH: not enough cash", at=START)
    why = explain_order(database, INTENT)
    (check,) = why.checks
    assert not check.passed
    assert [denial.code for denial in check.denials] == ["CASH", "A_RULE_OF_LATER"]
    rendered = render_explanation(why)
    assert "CASH: not enough cash (value 701000, limit 100)" in rendered
    assert "A_RULE_OF_LATER: said a newer program" in rendered
    assert "## Attempts\n\n- none" in rendered
    assert "filled: 0 of 10" in rendered


def test_explanation_when_order_is_a_duplicate_then_the_first_is_named(database: Database) -> None:
    intents = IntentStore(database)
    intents.record(ticket(decision_id=""), START)
    intents.record(ticket("other", decision_id=""), START)
    why = explain_order(database, "other")
    assert (why.state, why.duplicate_of) == (IntentState.DENIED, INTENT)
    assert why.decision.check is RecordCheck.NONE
    assert f"duplicate of {INTENT}" in render_explanation(why)


def test_decision_when_it_is_gone_then_said_so(database: Database) -> None:
    IntentStore(database).record(ticket(), START)
    why = explain_order(database, INTENT)
    assert why.decision.check is RecordCheck.MISSING
    assert "NOT ON RECORD" in render_explanation(why)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decisions SET inputs = '{}'",
        "UPDATE decisions SET outputs = '{}'",
        # The forger repairs the record's own hashes as well: the audit chain still holds the true ones.
        "UPDATE decisions SET inputs = '{}', inputs_hash = :empty, inputs_digest = :empty",
        "UPDATE decisions SET inputs_digest = 'x'",
        "DELETE FROM audit_log WHERE action = 'decision.recorded'",
    ],
)
def test_decision_when_altered_then_it_is_not_called_verified(database: Database, statement: str) -> None:
    write_filled_order(database)
    empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    tamper(database, statement, **({"empty": empty} if ":empty" in statement else {}))
    why = explain_order(database, INTENT)
    assert why.decision.check is RecordCheck.ALTERED
    assert why.decision.note
    assert "ALTERED SINCE IT WAS RECORDED" in render_explanation(why)


def test_ticket_when_altered_then_it_is_not_called_verified(database: Database) -> None:
    write_filled_order(database)
    tamper(database, "UPDATE intents SET ticket = replace(ticket, :was, :now)", was='"shares":10', now='"shares":99')
    why = explain_order(database, INTENT)
    assert why.ticket.shares == 99
    assert why.ticket_check is RecordCheck.ALTERED


def test_audit_when_altered_then_the_walk_finds_the_row(database: Database) -> None:
    write_filled_order(database)
    tamper(database, "UPDATE audit_log SET detail = replace(detail, '70000', '70001') WHERE action = 'order.checked'")
    first = explain_order(database, INTENT).checks[0]
    why = explain_order(database, INTENT, walk_audit=True)
    assert why.audit_broken_at == first.seq
    assert f"THE CHAIN IS BROKEN AT ROW {first.seq}" in render_explanation(why)


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"observation": None, "recommendations": {"ranked": None}},
        {"observation": {"quotes": "none", "market_time": "noon", "equity_krw": "much"}},
        {"observation": {"quotes": [{"symbol": "005930", "price_krw": "70,000"}]}, "threat_level": []},
        [],
        decision_inputs() | {"observation": {"quotes": [None, 1, {"symbol": "005930"}]}},
    ],
)
def test_facts_when_the_record_has_another_form_then_read_as_far_as_they_go(database: Database, inputs: Any) -> None:
    record_decision(database, inputs)
    IntentStore(database).record(ticket(), START)
    why = explain_order(database, INTENT)
    assert why.decision.check is RecordCheck.VERIFIED
    assert why.decision.facts.price_krw is None
    assert "it saw no quote of the symbol" in render_explanation(why)


def test_order_when_named_by_its_beginning_then_found_if_unique(database: Database) -> None:
    intents = IntentStore(database)
    for intent_id, symbol in (("abc", "005930"), ("abcd1", "000660"), ("abcd2", "035420"), ("x_y", "005380")):
        intents.record(ticket(intent_id, decision_id="", symbol=symbol), START)
    assert find_order(database, "abc").intent_id == "abc"
    assert explain_order(database, "abcd1").ticket.intent_id == "abcd1"
    assert find_order(database, "x").intent_id == "x_y"
    with pytest.raises(AmbiguousOrder) as caught:
        explain_order(database, "abcd")
    assert set(caught.value.candidates) == {"abcd1", "abcd2"}
    for unknown in ("", "ABCD1", "%", "_", "x%", "x__", "abcd12", "' OR 1=1 --"):
        with pytest.raises(NoSuchOrder):
            find_order(database, unknown)


def test_text_when_a_broker_sends_control_characters_then_they_are_not_passed_on(database: Database) -> None:
    intents = IntentStore(database)
    intents.record(ticket(decision_id=""), START)
    intents.set_state(INTENT, IntentState.REJECTED, "bad\x1b[2J\r\nthing", at=START)
    rendered = render_explanation(explain_order(database, INTENT))
    assert "\x1b" not in rendered
    assert "\r" not in rendered
    assert "bad [2J  thing" in rendered
