"""The day's archive: a day is closed whether or not the object store answers."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.calls import ARCHIVE_DAY
    from daybook.contracts.collection import ArchiveDay
    from daybook.contracts.day import DayState
    from daybook.contracts.desk import DeskConfig

from workflows.calling import begin

_GIVEN_UP_AFTER = timedelta(minutes=5)


async def archive_day(state: DayState, desk: DeskConfig) -> str:
    """Put the day's quotes, orders and report into the object store and say in a few words what came of it."""
    request = ArchiveDay(account=desk.account, day=state.day, report_markdown=state.report_markdown)
    try:
        kept = await begin(ARCHIVE_DAY, request, summary="archive quotes, orders and report", within=_GIVEN_UP_AFTER)
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return f"not archived: {f'{error.cause or error}'.partition(chr(10))[0]}"
    return f"{kept.objects} objects archived"
