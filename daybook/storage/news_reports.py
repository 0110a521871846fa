"""Results of news analyses."""

from datetime import datetime

from sqlalchemy import select

from daybook.contracts.news import NewsReport
from daybook.storage.canonical import message_json
from daybook.storage.errors import RecordNotFound
from daybook.storage.store import Store
from daybook.storage.tables.intelligence import news_reports
from daybook.storage.upsert import upsert


class NewsReportStore(Store):
    """News reports by run; a repeated run replaces its own report."""

    def save(self, report: NewsReport, at: datetime | None = None) -> None:
        """Keep a report."""
        row = {
            "run_id": report.run_id,
            "as_of": report.as_of,
            "report": message_json(report),
            "at": self._now(at),
        }
        self._write(lambda session: upsert(session, news_reports, [row]), exclusive=False)

    def get(self, run_id: str) -> NewsReport:
        """Return a run's report; raises ``RecordNotFound``."""
        query = select(news_reports.c.report).where(news_reports.c.run_id == run_id)
        text = self._read(lambda session: session.execute(query).scalar())
        if text is None:
            raise RecordNotFound(f"there is no news report {run_id}")
        return NewsReport.model_validate_json(text)

    def recent(self, count: int = 20, *, known_at: datetime | None = None) -> list[NewsReport]:
        """Return the newest reports first; ``known_at`` leaves out those of later moments."""
        query = select(news_reports.c.report).order_by(news_reports.c.as_of.desc(), news_reports.c.run_id).limit(count)
        if known_at is not None:
            query = query.where(news_reports.c.as_of <= known_at, news_reports.c.at <= known_at)
        rows = self._read(lambda session: session.execute(query).scalars().all())
        return [NewsReport.model_validate_json(row) for row in rows]
