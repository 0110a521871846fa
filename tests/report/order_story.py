"""One order written into the database the way the trading layer writes it."""

import hashlib
import json
from datetime import date, datetime, timedelta
from typing import Any

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import KST, Mode, Side
from daybook.contracts.execution import ApprovalVerdict
from daybook.contracts.orders import AttemptOutcome, BrokerOrderId, IntentState, OrderTicket, Purpose
from daybook.storage.approvals import ApprovalStore, ShownOrder
from daybook.storage.audit import AuditLog
from daybook.storage.database import Database
from daybook.storage.decisions import DecisionStore
from daybook.storage.intents import IntentStore
from daybook.storage.ledger import Ledger

DAY = date(2026, 8, 14)
START = datetime(2026, 8, 14, 10, 0, tzinfo=KST)
INTENT = "20260814-t001-005930-buy"
DECISION = "2026-08-14-t001-main"
ORDER = BrokerOrderId(branch="06010", number="0000117057")


def ticket(intent_id: str = INTENT, **changes: Any) -> OrderTicket:
    values: dict[str, Any] = {
        "intent_id": intent_id,
        "decision_id": DECISION,
        "mode": Mode.LIVE,
        "day": DAY,
        "symbol": "005930",
        "side": Side.BUY,
        "shares": 10,
        "limit_price_krw": 70_100,
        "reference_price_krw": 70_000,
        "purpose": Purpose.ENTRY,
        "rationale": "rank 1 of 30",
        "decided_at": START,
        "valid_until": START + timedelta(minutes=10),
    }
    return OrderTicket.model_validate(values | changes)


def decision_inputs() -> dict[str, Any]:
    return {
        "observation": {
            "market_time": START.isoformat(),
            "state": "active",
            "equity_krw": 10_000_000,
            "account": {"settled_cash_krw": 9_000_000},
            "quotes": [
                {"symbol": "000660", "price_krw": 1},
                {
                    "symbol": "005930",
                    "price_krw": 70_000,
                    "bid_krw": 69_900,
                    "ask_krw": 70_000,
                    "base_price_krw": 69_000,
                    "volume_shares": 1_000_000,
                    "turnover_krw": 70_000_000_000,
                },
            ],
            "positions": [],
        },
        "recommendations": {
            "ranked": [
                {
                    "symbol": "005930",
                    "rank": 1,
                    "score": 1.25,
                    "momentum_ratio": 0.18,
                    "annual_volatility": 0.3,
                    "reasons": ["momentum 18 %"],
                }
            ]
        },
        "threat_level": 1,
    }


def record_decision(database: Database, inputs: Any = None, **changes: Any) -> None:
    outputs = {"proposed": [{"intent_id": INTENT, "reason": "rank_entry", "rationale": "rank 1 of 30"}]}
    text = json.dumps(decision_inputs() if inputs is None else inputs, sort_keys=True, separators=(",", ":"))
    values: dict[str, Any] = {
        "decision_id": DECISION,
        "day": DAY,
        "kind": "tick",
        "inputs_digest": hashlib.sha256(text.encode()).hexdigest(),
        "inputs": text,
        "outputs": json.dumps(outputs),
        "at": START,
    }
    DecisionStore(database).record(**(values | changes))


def record_check(
    database: Database, at: datetime, denials: tuple[dict[str, Any], ...] = (), asked: tuple[str, ...] = ()
) -> None:
    AuditLog(database).append(
        "order.checked",
        INTENT,
        {
            "denials": list(denials),
            "needs_approval": list(asked),
            "last_price_krw": 70_000,
            "state": "active",
            "market_time": at.isoformat(),
        },
        actor="risk",
        at=at,
    )


def write_filled_order(database: Database) -> None:
    """A live buy: asked, approved, lost once, sent again, filled in two parts."""
    intents, approvals, ledger = IntentStore(database), ApprovalStore(database), Ledger(database)
    at = [START + timedelta(seconds=step) for step in range(20)]
    account = AccountSnapshot(
        holdings=(),
        deposit_krw=10_000_000,
        settled_cash_krw=10_000_000,
        orderable_cash_krw=10_000_000,
        net_asset_krw=10_000_000,
        observed_at=START,
    )
    ledger.open_with("main", account, START)
    record_decision(database)
    intents.record(ticket(), at[0])
    record_check(database, at[1], asked=("APPROVAL_MISSING",))
    approval_id = f"{INTENT}:abc123"
    shown = ShownOrder(shares=10, limit_price_krw=70_100, last_price_krw=70_000, reasons=("APPROVAL_MISSING",))
    approvals.request(approval_id, INTENT, "abc123", at[2], at[2] + timedelta(minutes=10), shown=shown)
    intents.set_state(INTENT, IntentState.AWAITING_APPROVAL, "APPROVAL_MISSING", at=at[2])
    approvals.decide(approval_id, ApprovalVerdict.APPROVED, "minji", at[5])
    intents.set_state(INTENT, IntentState.APPROVED, "approved by minji", at=at[5])
    record_check(database, at[6])
    intents.begin_attempt(INTENT, 1, at[7])
    intents.finish_attempt(INTENT, 1, AttemptOutcome.UNKNOWN, None, "", "no reply within 10 s", at[8])
    intents.finish_attempt(INTENT, 1, AttemptOutcome.NOT_ACCEPTED, None, "", "absent in 4 looks", at[9])
    intents.set_state(INTENT, IntentState.RECORDED, "attempt 1 never reached the broker", at=at[9])
    record_check(database, at[10])
    intents.begin_attempt(INTENT, 2, at[11])
    intents.link_order(DAY, ORDER, INTENT, at=at[12])
    intents.finish_attempt(INTENT, 2, AttemptOutcome.ACCEPTED, ORDER, "", "", at[12])
    for shares, amount_krw, costs_krw, moment in ((4, 280_400, 39, at[13]), (10, 701_000, 98, at[14])):
        ledger.apply_progress("main", DAY, ORDER.key, INTENT, "005930", Side.BUY, shares, amount_krw, costs_krw, moment)
    intents.set_state(INTENT, IntentState.FILLED, "filled 10/10", at=at[15])
