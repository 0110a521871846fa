from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta

import pytest
from temporalio.client import Client, ScheduleActionStartWorkflow, ScheduleOverlapPolicy, WorkflowExecutionStatus

from daybook.contracts.base import KST, Mode
from daybook.contracts.calls import BEGIN_DAY
from daybook.contracts.day import DayResult
from daybook.front.collection import COLLECTION_SCHEDULE
from daybook.front.news_schedule import NEWS_SCHEDULE
from daybook.front.schedules import CATCH_UP, TRADING_DAY_SCHEDULE, apply_schedules, list_schedules
from daybook.settings import Settings
from tests.workflows import facts
from tests.workflows.scripted_layers import ScriptedLayers, eventually, hosted


@pytest.fixture
async def client(temporal: Client) -> AsyncIterator[Client]:
    """A client whose schedules are removed again."""
    yield temporal
    for name in (TRADING_DAY_SCHEDULE, NEWS_SCHEDULE):
        await temporal.get_schedule_handle(name).delete()


async def test_schedule_when_applied_then_it_starts_each_weekday_at_ten_past_eight_in_korea(
    client: Client, settings: Settings
) -> None:
    lines = await apply_schedules(client, settings)
    description = await client.get_schedule_handle(TRADING_DAY_SCHEDULE).describe()
    upcoming = [moment.astimezone(KST) for moment in description.info.next_action_times]
    policy = description.schedule.policy
    assert "created" in lines[0]
    assert len(upcoming) >= 5
    assert all(moment.time() == time(8, 10) and moment.weekday() < 5 for moment in upcoming)
    assert upcoming == sorted(upcoming)
    assert upcoming[0] - datetime.now(UTC) <= timedelta(days=3)
    assert (policy.overlap, policy.catchup_window) == (ScheduleOverlapPolicy.ALLOW_ALL, CATCH_UP)


async def test_schedule_when_applied_again_then_it_is_updated_and_stays_paused(
    client: Client, settings: Settings
) -> None:
    await apply_schedules(client, settings)
    handle = client.get_schedule_handle(TRADING_DAY_SCHEDULE)
    await handle.pause(note="holiday")
    changed = settings.model_copy(update={"mode": Mode.MOCK})
    lines = await apply_schedules(client, changed)
    description = await handle.describe()
    assert "updated" in lines[0]
    assert description.schedule.state.paused
    action = description.schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert (action.workflow, action.task_queue) == ("StartTradingDay", "control")
    assert description.schedule.state.note == "mode mock"


async def test_schedule_when_listed_then_its_next_time_is_shown_in_korean_time(
    client: Client, settings: Settings
) -> None:
    await apply_schedules(client, settings)

    async def listed() -> dict[str, tuple[str, str]]:
        rows = {name: (when, note) for name, when, note in await list_schedules(client)}
        return rows if len(rows) == 3 else {}

    rows = await eventually(listed)
    assert (rows[TRADING_DAY_SCHEDULE][0][-5:], rows[TRADING_DAY_SCHEDULE][1]) == ("08:10", "mode paper")
    assert rows[NEWS_SCHEDULE][0][-2:] in ("00", "30")
    assert rows[COLLECTION_SCHEDULE][0][-5:] == "16:40"
    await client.get_schedule_handle(TRADING_DAY_SCHEDULE).pause()
    assert (await listed())[TRADING_DAY_SCHEDULE][1].endswith("(paused)")


async def test_schedule_when_it_fires_then_today_s_day_is_started_under_its_own_id(
    client: Client, settings: Settings, layers: ScriptedLayers
) -> None:
    layers.script(BEGIN_DAY, lambda start: facts.closed(start.day))
    async with hosted(client, layers):
        await apply_schedules(client, settings)
        await client.get_schedule_handle(TRADING_DAY_SCHEDULE).trigger()
        start = (await eventually(lambda: layers.requests(BEGIN_DAY)))[0]
        handle = client.get_workflow_handle(start.workflow_id, result_type=DayResult)
        result = await handle.result()
        description = await handle.describe()
    assert start.workflow_id == f"trading-day-{settings.account}-{start.day}"
    assert (result.day, description.status) == (start.day, WorkflowExecutionStatus.COMPLETED)
