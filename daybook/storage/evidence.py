"""A snapshot of the desk in the object store (A9): what was seen, held and done at a moment, by content."""

import json
from collections.abc import Callable
from typing import Any

from pydantic_core import to_jsonable_python

from daybook.contracts.objects import ObjectKind
from daybook.contracts.response import EvidenceItem
from daybook.contracts.threat_calls import EvidenceKept, KeepEvidence
from daybook.storage.audit import AuditLog
from daybook.storage.database import Database
from daybook.storage.intents import IntentStore
from daybook.storage.ledger import Ledger
from daybook.storage.object_book import ObjectBook
from daybook.storage.states import StateStore

AUDIT_TAIL = 500


class EvidenceRoom:
    """Keeps snapshots under ``day/{account}/{day}``, named ``evidence/{action}/...``; an undo never deletes them."""

    def __init__(self, database: Database, book: ObjectBook) -> None:
        self._database = database
        self._book = book

    def keep(self, request: KeepEvidence) -> EvidenceKept:
        """Store what is wanted; repeating it stores the desk as it is then, under the same names.

        Raises:
            ObjectStoreError: when the object store refuses.
        """
        owner = f"day/{request.account}/{request.day.isoformat()}"
        contents = {
            f"evidence/{request.action_id}/{item.value}.json": _json(
                {
                    "action_id": request.action_id,
                    "label": request.wanted.label,
                    "market_at": request.market_at,
                    item.value: self._content(item, request),
                }
            )
            for item in request.wanted.items
        }
        refs = self._book.keep(owner, contents, ObjectKind.EVIDENCE)
        return EvidenceKept(owner=owner, digests={name: ref.digest for name, ref in refs.items()})

    def _content(self, item: EvidenceItem, request: KeepEvidence) -> Any:
        readers: dict[EvidenceItem, Callable[[KeepEvidence], Any]] = {
            EvidenceItem.ASSESSMENT: lambda one: one.assessment,
            EvidenceItem.READINGS: lambda one: {"outside": one.threats, "desk": one.health},
            EvidenceItem.ACTIONS: lambda one: one.actions,
            EvidenceItem.ACCOUNT: self._account,
            EvidenceItem.OPEN_ORDERS: lambda one: IntentStore(self._database).open_intents(one.account),
            EvidenceItem.TRADING_STATE: self._trading_state,
            EvidenceItem.AUDIT_TAIL: self._audit_tail,
        }
        return readers[item](request)

    def _account(self, request: KeepEvidence) -> dict[str, Any]:
        ledger = Ledger(self._database)
        if not ledger.is_open(request.account):
            return {"cash_krw": None, "positions": []}
        return {"cash_krw": ledger.cash(request.account), "positions": ledger.positions(request.account)}

    def _trading_state(self, request: KeepEvidence) -> dict[str, Any]:
        states = StateStore(self._database)
        return {
            "current": states.current(request.account),
            "open_halts": states.halts(request.account, only_open=True),
            "locked_symbols": states.locked_symbols(request.account),
        }

    def _audit_tail(self, request: KeepEvidence) -> dict[str, Any]:
        audit = AuditLog(self._database)
        sequence, digest = audit.head()
        return {"head": {"seq": sequence, "hash": digest}, "rows": audit.rows(after_seq=max(0, sequence - AUDIT_TAIL))}


def _json(value: Any) -> bytes:
    return json.dumps(to_jsonable_python(value), ensure_ascii=False, sort_keys=True, indent=1).encode()
