"""Risk scores of symbols and portfolios, by day."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from daybook.contracts.scores import RiskScore
from daybook.storage.canonical import message_json
from daybook.storage.store import Store, clipped
from daybook.storage.tables.scenario import risk_scores
from daybook.storage.upsert import upsert

_VERSION_LENGTH = 40


class ScoreStore(Store):
    """Scores by subject, session and reference; scoring a session again replaces its score."""

    def save(self, scores: Sequence[RiskScore], at: datetime | None = None) -> int:
        """Keep scores and return how many; those of no known session are left out."""
        rows = {
            (score.subject, score.as_of): {
                "subject": score.subject,
                "day": score.as_of,
                "reference_version": clipped(score.reference_version, _VERSION_LENGTH),
                "score": score.score,
                "confidence": score.confidence,
                "body": message_json(score),
                "at": self._now(at),
            }
            for score in scores
            if score.as_of is not None
        }
        if rows:
            self._write(lambda session: upsert(session, risk_scores, list(rows.values())), exclusive=False)
        return len(rows)

    def history(self, subject: str, first: date, last: date) -> list[RiskScore]:
        """Return a subject's scores in ``[first, last]``, oldest first; of one session the last one scored."""
        query = select(risk_scores.c.day, risk_scores.c.body).where(
            risk_scores.c.subject == subject, risk_scores.c.day >= first, risk_scores.c.day <= last
        )
        query = query.order_by(risk_scores.c.day, risk_scores.c.at)
        rows = self._read(lambda session: session.execute(query).all())
        return [RiskScore.model_validate_json(body) for body in {row.day: row.body for row in rows}.values()]

    def latest(self, subject: str, until: date) -> RiskScore | None:
        """Return a subject's newest score, none later than ``until``."""
        query = select(risk_scores.c.body).where(risk_scores.c.subject == subject, risk_scores.c.day <= until)
        query = query.order_by(risk_scores.c.day.desc(), risk_scores.c.at.desc()).limit(1)
        body = self._read(lambda session: session.execute(query).scalar())
        return None if body is None else RiskScore.model_validate_json(body)
