"""The decision behind an order: verified against its digests and the audit chain, and what it saw of the symbol."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from daybook.contracts.advice import OrderReason
from daybook.contracts.orders import OrderTicket
from daybook.report.explanation import DecisionView, RecordCheck, SymbolFacts
from daybook.storage.audit import AuditLog
from daybook.storage.decisions import DecisionRecord, DecisionStore
from daybook.storage.errors import CorruptRecord, RecordNotFound

_QUOTE = ("price_krw", "bid_krw", "ask_krw", "base_price_krw", "volume_shares", "turnover_krw")
_RANK = ("rank", "score", "momentum_ratio", "annual_volatility")


def decision_view(session: Session, ticket: OrderTicket) -> DecisionView:
    """Return the decision a ticket names, as far as it can still be read and trusted."""
    decision_id = ticket.decision_id
    if not decision_id:
        return DecisionView(decision_id="", check=RecordCheck.NONE, note="no decision: the order was asked for by hand")
    try:
        record = DecisionStore(session).get(decision_id)
    except RecordNotFound:
        return DecisionView(decision_id=decision_id, check=RecordCheck.MISSING, note="the decision is not on record")
    except CorruptRecord:
        note = "the recorded bytes no longer match their digest"
        return DecisionView(decision_id=decision_id, check=RecordCheck.ALTERED, note=note)
    note = _doubt(session, record)
    proposal = _entry(_mapping(record.outputs_value).get("proposed"), "intent_id", ticket.intent_id)
    return DecisionView(
        decision_id=decision_id,
        check=RecordCheck.ALTERED if note else RecordCheck.VERIFIED,
        note=note,
        kind=record.kind,
        at=record.at,
        inputs_digest=record.inputs_digest,
        reason=_reason(proposal),
        rationale=str(proposal.get("rationale") or ticket.rationale),
        facts=_facts(_mapping(record.inputs_value), ticket.symbol),
    )


def _doubt(session: Session, record: DecisionRecord) -> str:
    """Why a record whose bytes match its own digest is still not the one recorded; empty when it is."""
    if record.inputs_digest != record.inputs_hash:
        return "the digest taken by the decision is not that of the recorded inputs"
    for row in AuditLog(session).for_subject(record.decision_id):
        if row.action == "decision.recorded":
            audited = _mapping(json.loads(row.detail))
            same = (audited.get("inputs_hash"), audited.get("outputs_hash")) == (
                record.inputs_hash,
                record.outputs_hash,
            )
            return "" if same else "the audit chain holds other digests for it"
    return "the audit chain does not know it"


def _reason(proposal: Mapping[str, Any]) -> OrderReason | None:
    try:
        return OrderReason(proposal.get("reason", ""))
    except ValueError:
        return None


def _facts(inputs: Mapping[str, Any], symbol: str) -> SymbolFacts:
    """Read the facts leniently: an older record may lack a field, or have it in another form."""
    observation = _mapping(inputs.get("observation"))
    quote = _entry(observation.get("quotes"), "symbol", symbol)
    position = _entry(observation.get("positions"), "symbol", symbol)
    ranked = _entry(_mapping(inputs.get("recommendations")).get("ranked"), "symbol", symbol)
    values: dict[str, Any] = {
        "market_time": observation.get("market_time"),
        "held_shares": position.get("shares"),
        "average_price_krw": position.get("average_price_krw"),
        "held_sessions": position.get("held_sessions"),
        "rank_reasons": tuple(ranked.get("reasons") or ()),
        "equity_krw": observation.get("equity_krw"),
        "cash_krw": _mapping(observation.get("account")).get("settled_cash_krw"),
        "threat_level": inputs.get("threat_level"),
        "trading_state": observation.get("state") or "",
        **{name: quote.get(name) for name in _QUOTE},
        **{name: ranked.get(name) for name in _RANK},
    }
    try:
        return SymbolFacts.model_validate(values)
    except ValidationError as error:
        unusable = {str(entry["loc"][0]) for entry in error.errors()}
        return SymbolFacts.model_validate({name: value for name, value in values.items() if name not in unusable})


def _entry(rows: Any, name: str, value: str) -> Mapping[str, Any]:
    found: Iterable[Any] = rows if isinstance(rows, list) else ()
    return next((row for row in found if isinstance(row, dict) and row.get(name) == value), {})


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
