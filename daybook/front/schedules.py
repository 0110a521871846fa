"""Temporal Schedules of the desk, in Asia/Seoul, with overlap and catch-up set on purpose."""

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from daybook.contracts.base import KST
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import TradingDayInput
from daybook.front.collection import COLLECTION_SCHEDULE, collection_schedule
from daybook.front.news_schedule import EVERY_MIN, NEWS_SCHEDULE, news_schedule
from daybook.settings import Settings

CONTROL_QUEUE = "control"
TRADING_DAY_SCHEDULE = "trading-day"
CATCH_UP = timedelta(hours=6)
"""A machine that was off at 08:10 still starts the day when it comes back within the session."""


def trading_day_schedule(settings: Settings) -> Schedule:
    """Start each weekday at 08:10; holidays end at once with their reason.

    Overlap is ALLOW_ALL: the started workflow only starts the day, whose id is unique by date, so that one wedged day
    can never silently skip the following ones.
    """
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "StartTradingDay",
            TradingDayInput(clock=MarketClock.real_time(), desk=settings.desk_config()),
            id="start-trading-day",
            task_queue=CONTROL_QUEUE,
            execution_timeout=timedelta(hours=1),
            static_summary="start today's trading day",
        ),
        spec=ScheduleSpec(
            calendars=[
                ScheduleCalendarSpec(
                    hour=[ScheduleRange(8)],
                    minute=[ScheduleRange(10)],
                    day_of_week=[ScheduleRange(1, 5)],
                    comment="before KIS takes orders (08:20)",
                )
            ],
            time_zone_name="Asia/Seoul",
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL, catchup_window=CATCH_UP),
        state=ScheduleState(note=f"mode {settings.mode.value}"),
    )


async def apply_schedules(client: Client, settings: Settings) -> list[str]:
    """Create or update every schedule; returns a line for each."""
    day = await put_schedule(client, TRADING_DAY_SCHEDULE, trading_day_schedule(settings))
    news = await put_schedule(client, NEWS_SCHEDULE, news_schedule(settings))
    data = await put_schedule(client, COLLECTION_SCHEDULE, collection_schedule(settings))
    return [
        f"{TRADING_DAY_SCHEDULE} {day}: weekdays 08:10 Asia/Seoul, mode {settings.mode.value}",
        f"{NEWS_SCHEDULE} {news}: weekdays 07:30-18:00 Asia/Seoul, every {EVERY_MIN} min",
        f"{COLLECTION_SCHEDULE} {data}: weekdays 16:40 Asia/Seoul",
    ]


async def put_schedule(client: Client, name: str, schedule: Schedule) -> str:
    """Create a schedule, or replace it and keep its pause; returns which was done."""
    try:
        await client.create_schedule(name, schedule)
        return "created"
    except ScheduleAlreadyRunningError:

        def replace(current: ScheduleUpdateInput) -> ScheduleUpdate:
            kept = current.description.schedule.state
            return ScheduleUpdate(
                schedule=Schedule(
                    action=schedule.action,
                    spec=schedule.spec,
                    policy=schedule.policy,
                    state=ScheduleState(note=schedule.state.note, paused=kept.paused),
                )
            )

        await client.get_schedule_handle(name).update(replace)
        return "updated"


async def list_schedules(client: Client) -> list[tuple[str, str, str]]:
    """Return (id, next time in KST, note) of every schedule."""
    rows: list[tuple[str, str, str]] = []
    async for entry in await client.list_schedules():
        description = await client.get_schedule_handle(entry.id).describe()
        upcoming = description.info.next_action_times
        when = upcoming[0].astimezone(KST).strftime("%Y-%m-%d %H:%M") if upcoming else "-"
        state = description.schedule.state
        rows.append((entry.id, when, f"{state.note or ''}{' (paused)' if state.paused else ''}"))
    return rows
