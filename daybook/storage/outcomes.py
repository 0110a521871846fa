"""The outcome journal: claims as they were noted, and what became of them."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from daybook.contracts.outcomes import OutcomeClaim, OutcomeSubject
from daybook.storage.canonical import message_json
from daybook.storage.store import Store
from daybook.storage.tables.scenario import outcomes


def claim_id(claim: OutcomeClaim) -> str:
    """Return the id of a claim: its subject and symbol, so that the same thing is noted once."""
    return f"{claim.subject.value}:{claim.subject_id}:{claim.symbol}"[:120]


class OutcomeStore(Store):
    """Claims are written once: ``recorded_at`` is what makes an outcome performance, so it never changes."""

    def note(self, claims: Sequence[OutcomeClaim], at: datetime | None = None) -> int:
        """Keep claims that are not there yet and return how many were new."""
        rows = {
            claim_id(claim): {
                "outcome_id": claim_id(claim),
                "source": claim.subject.value,
                "symbol": claim.symbol,
                "made_on": claim.made_at.date(),
                "complete": 0,
                "body": message_json(claim),
                "recorded_at": claim.recorded_at,
                "at": self._now(at),
            }
            for claim in claims
        }

        def work(session: Session) -> int:
            known = set(session.execute(select(outcomes.c.outcome_id).where(outcomes.c.outcome_id.in_(rows))).scalars())
            fresh = [row for key, row in rows.items() if key not in known]
            if fresh:
                session.execute(insert(outcomes), fresh)
            return len(fresh)

        return self._write(work) if rows else 0

    def claims(
        self, *, since: date | None = None, subject: OutcomeSubject | None = None, symbol: str = ""
    ) -> list[OutcomeClaim]:
        """Return claims, oldest first."""
        query = select(outcomes.c.body).order_by(outcomes.c.made_on, outcomes.c.outcome_id)
        if since is not None:
            query = query.where(outcomes.c.made_on >= since)
        if subject is not None:
            query = query.where(outcomes.c.source == subject.value)
        if symbol:
            query = query.where(outcomes.c.symbol == symbol)
        rows = self._read(lambda session: session.execute(query).scalars().all())
        return [OutcomeClaim.model_validate_json(row) for row in rows]
