"""A code run through all layers: Temporal in one container, its script in a jail in another, its tools in two more."""

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path

from daybook.contracts.code import CodeOutcome, CodeReason, CodeRunResult
from daybook.front.code import run_code as run_on_desk
from daybook.front.desk import Desk
from daybook.krx.holiday_table import packaged_table
from daybook.settings import Settings, TemporalSettings
from docker_lab.stack import Stack

CALENDAR = (
    "this, last = await gather(holidays(year=2026), holidays(year=2025))\n"
    "import pandas as pd\n"
    "frame = pd.DataFrame({'year': [2026] * len(this) + [2025] * len(last)})\n"
    "result = {str(year): int(count) for year, count in frame.groupby('year').size().items()}\n"
)
HOSTILE = "result = open('/etc/passwd').read()\n"


def calendar_through_all_layers(stack: Stack, home: Path) -> str:
    """A script with two calls at once: its answers come from the pipeline's container, its sum from the jail."""
    result = _ended(_run(stack, home, CALENDAR, ("holidays",)))
    assert result.outcome is CodeOutcome.DONE, f"{result.reason}: {result.message}"
    days = packaged_table().special_days
    wanted = {str(year): sum(day.year == year for day in days) for year in (2025, 2026)}
    assert result.result == wanted, f"{result.result}, not {wanted}"
    assert [call.tool for call in result.calls] == ["holidays", "holidays"], result.calls
    return f"{json.dumps(result.result)} in {result.turns} turns, {len(result.calls)} calls, tier {result.tier}"


def hostile_through_all_layers(stack: Stack, home: Path) -> str:
    """A script that reads a file ends with a reason, not with the file."""
    result = _ended(_run(stack, home, HOSTILE, ("holidays",)))
    assert result.outcome is not CodeOutcome.DONE, result
    assert result.reason in (CodeReason.FORBIDDEN, CodeReason.SCRIPT_ERROR), result
    return f"{result.outcome.value}, {result.reason.value}"


def _ended(running: Coroutine[None, None, CodeRunResult]) -> CodeRunResult:
    return asyncio.run(running)


async def _run(stack: Stack, home: Path, code: str, tools: tuple[str, ...]) -> CodeRunResult:
    address = f"{stack.address_of('temporal', 'isolated')}:7233"
    settings = Settings(_env_file=None, home=home, temporal=TemporalSettings(address=address))
    desk = await Desk.connect(settings, timeout_s=30)
    return await run_on_desk(desk, settings, by="test-docker", code=code, tools=tools)
