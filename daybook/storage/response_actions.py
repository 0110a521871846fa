"""The actions of the response playbook, each in its last state."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybook.contracts.base import KST
from daybook.contracts.response import ActionRecord
from daybook.contracts.response_codes import ActionCode, ActionState
from daybook.storage.audit import SYSTEM, append_audit
from daybook.storage.store import Store
from daybook.storage.tables.scenario import response_actions
from daybook.storage.upsert import upsert

STANDING_CODES = (
    ActionCode.HEDGE,
    ActionCode.STOP_ORDERS,
    ActionCode.DOWNGRADE_MODE,
    ActionCode.FREEZE_WITHDRAWALS,
    ActionCode.TIGHTEN_LIMITS,
)
"""Actions that outlive their day until something undoes them."""

_STANDING_STATES = (ActionState.DONE, ActionState.EXECUTING, ActionState.FAILED)
_MOST = 30


class ResponseActionStore(Store):
    """Actions by id; recording one again replaces it."""

    def record(self, account: str, day: date, records: Sequence[ActionRecord], at: datetime | None = None) -> None:
        """Keep actions as they are now; an earlier day's keeps its day. A new state goes into the audit chain."""
        moment = self._now(at)
        rows = [
            {
                "action_id": record.action_id,
                "account": account,
                "day": min(record.proposal.market_at.astimezone(KST).date(), day),
                "code": record.code.value,
                "state": record.state.value,
                "body": record.model_dump_json(),
                "at": moment,
            }
            for record in records
        ]
        if not rows:
            return

        def write(session: Session) -> None:
            ids = [record.action_id for record in records]
            query = select(response_actions.c.action_id, response_actions.c.state)
            known = session.execute(query.where(response_actions.c.action_id.in_(ids))).all()
            before = {row.action_id: row.state for row in known}
            upsert(session, response_actions, rows)
            for record in records:
                if before.get(record.action_id) != record.state.value:
                    by = record.decisions[-1].by if record.decisions else SYSTEM
                    detail = {"code": record.code.value, "state": record.state.value, "text": record.text}
                    append_audit(session, "response.action", record.action_id, detail, actor=by, at=moment)

        self._write(write)

    def of_day(self, account: str, day: date) -> list[ActionRecord]:
        """Return a day's actions in the order in which they were proposed."""
        query = select(response_actions.c.body).where(
            response_actions.c.account == account, response_actions.c.day == day
        )
        bodies = self._read(lambda session: session.execute(query).scalars().all())
        records = [ActionRecord.model_validate_json(body) for body in bodies]
        return sorted(records, key=lambda record: (record.proposal.proposed_at, record.action_id))

    def standing(self, account: str, before: date) -> list[ActionRecord]:
        """Return the actions of days before ``before`` that still stand, oldest first, the newest 30 at most."""
        query = (
            select(response_actions.c.body)
            .where(
                response_actions.c.account == account,
                response_actions.c.day < before,
                response_actions.c.code.in_([code.value for code in STANDING_CODES]),
                response_actions.c.state.in_([state.value for state in _STANDING_STATES]),
            )
            .order_by(response_actions.c.day.desc(), response_actions.c.action_id.desc())
            .limit(_MOST)
        )
        bodies = self._read(lambda session: session.execute(query).scalars().all())
        return [ActionRecord.model_validate_json(body) for body in reversed(bodies)]
