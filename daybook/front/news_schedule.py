"""The schedule of news analyses, in Asia/Seoul."""

from datetime import UTC, datetime, timedelta

from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
)

from daybook.contracts.news import NewsAnalysisInput
from daybook.front.calls import CONTROL_QUEUE
from daybook.settings import Settings

NEWS_SCHEDULE = "news"
EVERY_MIN = 30
_RUN_PREFIX = "scheduled"
_WEEKDAYS = [ScheduleRange(1, 5)]


def news_schedule(settings: Settings, *, every_min: int = EVERY_MIN) -> Schedule:
    """Look at the news of the universe every ``every_min`` minutes from 07:30 to 18:00 on weekdays.

    A look that is still under way is not begun again, and one that was missed is not made up for. Holidays are looked
    at too: what happens then moves the next session.

    Raises:
        ValueError: when 60 minutes are not a whole number of intervals.
    """
    if every_min < 1 or 60 % every_min:
        raise ValueError(f"every_min must divide 60, not {every_min}")
    calendars = [
        ScheduleCalendarSpec(hour=[ScheduleRange(7)], minute=[ScheduleRange(30, 59, every_min)], day_of_week=_WEEKDAYS),
        ScheduleCalendarSpec(
            hour=[ScheduleRange(8, 17)], minute=[ScheduleRange(0, 59, every_min)], day_of_week=_WEEKDAYS
        ),
        ScheduleCalendarSpec(hour=[ScheduleRange(18)], minute=[ScheduleRange(0)], day_of_week=_WEEKDAYS),
    ]
    template = NewsAnalysisInput(
        run_id=_RUN_PREFIX,
        symbols=settings.strategy.universe_symbols[: settings.news.analysis_symbols],
        days=1,
        as_of=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "StartNewsAnalysis",
            template,
            id="start-news-analysis",
            task_queue=CONTROL_QUEUE,
            execution_timeout=timedelta(minutes=10),
            static_summary="start a news analysis",
        ),
        spec=ScheduleSpec(calendars=calendars, time_zone_name="Asia/Seoul"),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=5)),
        state=ScheduleState(note=f"{len(template.symbols) or 'no'} symbols, every {every_min} min"),
    )
