"""Activities of the pipeline layer: analysis and reports, from the database."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from activities.preflight import answer_preflight
from activities.serving import serves
from daybook.advice.port import Advisor
from daybook.contracts.advice import Recommendations
from daybook.contracts.calls import PIPELINE_PREFLIGHT, RECOMMEND, WRITE_REPORT, Layer
from daybook.contracts.day import PreflightReport, PreflightRequest, RecommendRequest, ReportFiles, ReportRequest
from daybook.report.writer import write_day_report
from daybook.storage.bars import BarStore
from daybook.storage.database import Database

_CALENDAR_DAYS_PER_SESSION = 1.7


class PipelineActivities:
    """The pipeline layer's room."""

    def __init__(self, database: Database, home: Path, advisor: Callable[[], Advisor]) -> None:
        self._database = database
        self._home = home
        self._advisor = advisor

    @serves(PIPELINE_PREFLIGHT)
    def preflight(self, request: PreflightRequest) -> PreflightReport:
        """Say that the layer is up and its database answers."""
        BarStore(self._database).daily("005930", request.asked_at.date(), request.asked_at.date())
        return answer_preflight(Layer.PIPELINE, None, request, ("database answers",))

    @serves(RECOMMEND)
    def recommend(self, request: RecommendRequest) -> Recommendations:
        """Rank a universe from the daily bars before the day."""
        strategy = request.desk.strategy
        sessions = strategy.lookback_sessions + strategy.skip_sessions + strategy.min_history_sessions
        first = request.day - timedelta(days=int(sessions * _CALENDAR_DAYS_PER_SESSION) + 10)
        bars = BarStore(self._database)
        history = {symbol: bars.daily(symbol, first, request.day - timedelta(days=1)) for symbol in request.universe}
        return self._advisor().rank(history, strategy, request.day)

    @serves(WRITE_REPORT)
    def write_report(self, request: ReportRequest) -> ReportFiles:
        """Write the day's report and charts; repeating it writes the same files again."""
        return write_day_report(self._database, self._home, request)
