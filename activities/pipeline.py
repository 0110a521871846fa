"""Activities of the pipeline layer: analysis and reports, from the database."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from activities.preflight import answer_preflight
from activities.serving import serves
from daybook.advice_desk.desk import DayAdvice
from daybook.contracts.advice import Recommendations
from daybook.contracts.calls import PIPELINE_PREFLIGHT, RECOMMEND, WRITE_REPORT, Layer
from daybook.contracts.day import PreflightReport, PreflightRequest, RecommendRequest, ReportFiles, ReportRequest
from daybook.report.writer import write_day_report
from daybook.storage.bars import BarStore
from daybook.storage.database import Database


class PipelineActivities:
    """The pipeline layer's room."""

    def __init__(self, database: Database, home: Path, now: Callable[[], datetime]) -> None:
        self._database = database
        self._home = home
        self._advice = DayAdvice(database, now)

    @serves(PIPELINE_PREFLIGHT)
    def preflight(self, request: PreflightRequest) -> PreflightReport:
        """Say that the layer is up and its database answers."""
        BarStore(self._database).daily("005930", request.asked_at.date(), request.asked_at.date())
        return answer_preflight(Layer.PIPELINE, None, request, ("database answers",))

    @serves(RECOMMEND)
    def recommend(self, request: RecommendRequest) -> Recommendations:
        """Rank a universe by the strategy's advisor, and note the ranking; repeating it notes nothing new."""
        return self._advice.recommend(request)

    @serves(WRITE_REPORT)
    def write_report(self, request: ReportRequest) -> ReportFiles:
        """Note the day's orders, score its risks, and write its report; repeating it writes the same files again."""
        section = self._advice.close(request)
        return write_day_report(self._database, self._home, request, section)
