"""Exchange against ledger, read directly from both: the counts, and everything that must never be."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from daybook.contracts.orders import AttemptOutcome, IntentState
from daybook.storage import AttemptRecord, AuditLog, IntentRecord, IntentStore, Ledger
from tests.chaos.desk_under_test import DAY, DeskUnderTest

WITH_ORDER = frozenset({IntentState.FILLED, IntentState.CANCELLED})
"""Final states of an intent that became an order."""

_OPEN = (AttemptOutcome.SUBMITTING, AttemptOutcome.UNKNOWN)


@dataclass(frozen=True)
class BothSides:
    """What the exchange and the ledger hold after a run."""

    orders: list[dict[str, Any]]
    intents: list[IntentRecord]
    attempts: dict[str, list[AttemptRecord]]
    links: dict[str, str]
    external_orders: int
    ledger_shares: dict[str, int]
    broker_shares: dict[str, int]
    ledger_cash_krw: int
    broker_cash_krw: int
    first_broken_audit_row: int | None
    audit_rows: int
    asked_of_a_person: dict[str, str]

    @classmethod
    def read(cls, desk: DeskUnderTest) -> "BothSides":
        """Read both."""
        account = desk.client_settings.account
        with desk.ledger() as database:
            store, ledger, audit = IntentStore(database), Ledger(database), AuditLog(database)
            intents = store.for_day(DAY)
            return cls(
                orders=desk.exchange.new_orders(),
                intents=intents,
                attempts={record.intent_id: store.attempts(record.intent_id) for record in intents},
                links=store.linked_orders(DAY),
                external_orders=len(store.external_orders(DAY)),
                ledger_shares={row.symbol: row.shares for row in ledger.positions(account) if row.shares},
                broker_shares=desk.exchange.shares(),
                ledger_cash_krw=ledger.cash(account),
                broker_cash_krw=desk.exchange.account()["cash"]["d2_krw"],
                first_broken_audit_row=audit.verify(),
                audit_rows=audit.head()[0],
                asked_of_a_person=_asked_of_a_person(audit),
            )

    def violations(self) -> list[str]:
        """Return every way in which the two disagree or the ledger contradicts itself; empty is the only pass."""
        found: list[str] = []
        by_intent: dict[str, list[dict[str, Any]]] = {record.intent_id: [] for record in self.intents}
        for order in self.orders:
            owner = self.links.get(order["number"].lstrip("0"))
            if owner is None:
                found.append(f"order {order['number']} belongs to no intent: {_short(order)}")
            elif owner not in by_intent:
                found.append(f"order {order['number']} is linked to {owner}, which does not exist")
            else:
                by_intent[owner].append(order)
        known = {order["number"].lstrip("0") for order in self.orders}
        found += [f"link {key} -> {owner} names no order" for key, owner in self.links.items() if key not in known]
        for record in self.intents:
            found += self._of_intent(record, by_intent[record.intent_id])
        if self.external_orders:
            found.append(f"{self.external_orders} orders count as made by hand")
        if self.ledger_shares != self.broker_shares:
            found.append(f"positions differ: ledger {self.ledger_shares}, broker {self.broker_shares}")
        if self.ledger_cash_krw != self.broker_cash_krw:
            found.append(f"cash differs: ledger {self.ledger_cash_krw:,}, broker {self.broker_cash_krw:,}")
        if self.first_broken_audit_row is not None:
            found.append(f"the audit chain breaks at row {self.first_broken_audit_row}")
        return found

    def _of_intent(self, record: IntentRecord, orders: list[dict[str, Any]]) -> list[str]:
        name, ticket = f"{record.intent_id} ({record.state.value})", record.ticket
        attempts = self.attempts[record.intent_id]
        found: list[str] = []
        if not record.state.is_final:
            found.append(f"{name} is still in flight: {record.detail}")
        wanted = 1 if record.state in WITH_ORDER else 0
        if record.state.is_final and len(orders) != wanted:
            found.append(f"{name} has {len(orders)} orders: {[_short(order) for order in orders]}, {record.detail}")
        accepted = [attempt for attempt in attempts if attempt.outcome is AttemptOutcome.ACCEPTED]
        if len(accepted) != len(orders):
            found.append(f"{name} has {len(accepted)} accepted attempts and {len(orders)} orders")
        found += [f"{name}: attempt {entry.attempt} is {entry.outcome.value}" for entry in attempts if _is_open(entry)]
        for order in orders:
            asked = (ticket.symbol, ticket.side.value, ticket.shares, ticket.limit_price_krw)
            got = (order["symbol"], order["side"], order["shares"], order["price_krw"])
            if asked != got:
                found.append(f"{name} asked for {asked}, the broker has {got}")
            booked = (record.filled_shares, record.filled_amount_krw)
            filled = (order["filled_shares"], order["filled_amount_krw"])
            if booked != filled:
                found.append(f"{name} booked {booked}, the broker filled {filled}")
            if record.state.is_final and order["remaining_shares"]:
                found.append(f"{name} ended, but {order['remaining_shares']} shares work at the broker")
            if (record.state is IntentState.FILLED) != (order["filled_shares"] == order["shares"]):
                found.append(f"{name} does not say what the broker filled: {_short(order)}")
        return found

    def counts(self) -> dict[str, int]:
        """Return the figures of a run in the order in which they are printed."""
        states = Counter(record.state for record in self.intents)
        outcomes = Counter(entry.outcome for entries in self.attempts.values() for entry in entries)
        adopted = sum(
            entry.outcome is AttemptOutcome.ACCEPTED and entry.text.startswith("found at the broker")
            for entries in self.attempts.values()
            for entry in entries
        )
        owners = Counter(self.links.get(order["number"].lstrip("0"), "") for order in self.orders)
        return {
            "intents": len(self.intents),
            **{f"intents {state.value}": states[state] for state in IntentState if states[state]},
            "attempts": sum(outcomes.values()),
            **{f"attempts {outcome.value}": outcomes[outcome] for outcome in AttemptOutcome if outcomes[outcome]},
            "orders at the exchange": len(self.orders),
            "orders linked to their intent": sum(owner != "" for owner in owners.elements()),
            "orders adopted after an unknown outcome": adopted,
            "orders filled": sum(order["filled_shares"] == order["shares"] for order in self.orders),
            "orders partly filled": sum(0 < order["filled_shares"] < order["shares"] for order in self.orders),
            "duplicate orders": owners[""] + sum(count - 1 for owner, count in owners.items() if owner and count > 1),
            "positions in the ledger": len(self.ledger_shares),
            "positions at the broker": len(self.broker_shares),
            "cash in the ledger (KRW)": self.ledger_cash_krw,
            "cash at the broker (KRW)": self.broker_cash_krw,
            "audit rows, chain whole": self.audit_rows,
        }


def _asked_of_a_person(audit: AuditLog) -> dict[str, str]:
    """Return why an intent came to wait for a person, by intent."""
    found: dict[str, str] = {}
    last = 0
    while rows := audit.rows(after_seq=last):
        last = rows[-1].seq
        for row in rows:
            detail = json.loads(row.detail)
            if row.action == "intent.state" and detail["to"] == IntentState.NEEDS_HUMAN.value:
                found[row.subject] = detail["detail"]
    return found


def _is_open(entry: AttemptRecord) -> bool:
    return entry.outcome in _OPEN


def _short(order: dict[str, Any]) -> str:
    return (
        f"{order['number'].lstrip('0')} {order['side']} {order['shares']} {order['symbol']} @ {order['price_krw']} "
        f"filled {order['filled_shares']} {order['status']} at {order['entered_at'][11:23]}"
    )
