"""Trading days: start one, look at it, read its report."""

import asyncio
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse

from api.context import ApiContext, Context
from api.errors import ApiProblem, problem_responses
from api.idempotency import RequiredKey, body_digest, required, scoped
from api.schemas import ChartList, DayList, DayPath, DayRow, DayStatus, StartDay, StartedDay
from api.security import Reader, Trader
from daybook.contracts.base import KST, Mode
from daybook.contracts.day import DayState
from daybook.front.errors import DeskError, DeskNoAnswer, DeskNotFound
from daybook.storage.days import DayRecord
from daybook.storage.errors import StorageError

STATUS_TIMEOUT_S = 5.0
"""How long a status waits for the workflow before it falls back to the database."""

router = APIRouter(prefix="/v1/days", tags=["days"])


@router.post("", status_code=202, responses=problem_responses(400, 409, 422, 503))
async def start_day(
    body: StartDay, request: Request, response: Response, caller: Trader, context: Context, key: RequiredKey = None
) -> StartedDay:
    """Start a trading day. A day runs once; the same key and body again give the same answer."""
    key = scoped(caller, required(key))
    if body.clock is not None and context.settings.mode is not Mode.PAPER:
        raise ApiProblem(422, "clock_not_allowed", f"mode {context.settings.mode.value} trades on real time only")
    if body.clock is None and body.date < datetime.now(KST).date():
        raise ApiProblem(422, "day_is_past", f"{body.date} is over in Korea; only a rehearsal with a clock can run it")
    desk = await context.link.desk()
    digest = body_digest(request, body)
    workflow_id = await desk.start_day(body.date, body.clock, idempotency_key=key, body_digest=digest)
    links = _links(body.date)
    response.headers["Location"] = links["status"]
    return StartedDay(workflow_id=workflow_id, links=links | {"temporal": _temporal_link(context, workflow_id)})


@router.get("", responses=problem_responses(503))
def list_days(_caller: Reader, context: Context, limit: Annotated[int, Query(ge=1, le=400)] = 30) -> DayList:
    """Return recent days, newest first."""
    return DayList(days=[_row(context, record) for record in context.books.days(limit)])


@router.get("/{day}", responses=problem_responses(404, 503))
async def day_status(day: DayPath, _caller: Reader, context: Context) -> DayStatus:
    """Return where a day stands: live from its workflow, else as last recorded."""
    row, unread = await _recorded(context, day)
    links = _links(day)
    try:
        state = await _live_state(context, day)
    except DeskError as error:
        if row is None:
            if unread is not None and isinstance(error, DeskNotFound):
                raise unread from None
            raise
        return DayStatus(source="database", day=day, row=row, note=str(error), links=links)
    return DayStatus(source="workflow", day=day, state=state, row=row, links=links)


@router.get("/{day}/report", response_class=PlainTextResponse, responses=problem_responses(404, 503))
def day_report(day: DayPath, _caller: Reader, context: Context) -> Response:
    """Return a day's report as Markdown; its images are under ``report/charts/``."""
    text = context.reports.markdown(day, context.books.day(day))
    if text is None:
        raise ApiProblem(404, "not_found", f"there is no report of {day}")
    return Response(text, media_type="text/markdown; charset=utf-8")


@router.get("/{day}/report/charts", responses=problem_responses(503))
def day_charts(day: DayPath, _caller: Reader, context: Context) -> ChartList:
    """Return the names of a report's charts."""
    return ChartList(charts=context.reports.charts(day, context.books.day(day)))


@router.get("/{day}/report/charts/{name}", response_class=Response, responses=problem_responses(404, 503))
def day_chart(day: DayPath, name: str, _caller: Reader, context: Context) -> Response:
    """Return one chart as PNG."""
    content = context.reports.chart(day, context.books.day(day), name)
    if content is None:
        raise ApiProblem(404, "not_found", f"there is no such chart of {day}")
    return Response(content, media_type="image/png")


async def _live_state(context: ApiContext, day: date) -> DayState:
    try:
        async with asyncio.timeout(STATUS_TIMEOUT_S):
            return await (await context.link.desk()).day_state(day)
    except TimeoutError:
        raise DeskNoAnswer(
            f"the workflow of {day} does not answer; start the control worker with: daybook up"
        ) from None


async def _recorded(context: ApiContext, day: date) -> tuple[DayRow | None, StorageError | None]:
    """Read the day's row; a database that cannot be read must not hide a running workflow."""
    try:
        record = await run_in_threadpool(context.books.day, day)
    except StorageError as error:
        return None, error
    return (None if record is None else _row(context, record)), None


def _row(context: ApiContext, record: DayRecord) -> DayRow:
    return DayRow(
        day=record.day,
        mode=record.mode,
        session_kind=record.session_kind,
        phase=record.phase,
        began_at=record.began_at,
        phase_at=record.phase_at,
        finished_at=record.finished_at,
        has_report=context.reports.exists(record.day, record),
        summary=record.summary_value,
    )


def _links(day: date) -> dict[str, str]:
    base = f"/v1/days/{day.isoformat()}"
    return {"status": base, "report": f"{base}/report", "orders": f"/v1/orders?day={day.isoformat()}"}


def _temporal_link(context: ApiContext, workflow_id: str) -> str:
    temporal = context.settings.temporal
    return f"{temporal.ui_url.rstrip('/')}/namespaces/{temporal.namespace}/workflows/{workflow_id}"
