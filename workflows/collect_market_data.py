"""CollectMarketData: bars, investor flows and indices into the database and the object store, series by series."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.calls import ARCHIVE_SERIES, COLLECT_SERIES, PLAN_COLLECTION
    from daybook.contracts.collection import (
        ArchiveSeries,
        CollectionPlanRequest,
        CollectionState,
        CollectMarketDataInput,
        SeriesKind,
        SeriesReport,
        SeriesTask,
    )

from workflows.calling import TRADING_DATE, call

_AT_ONCE = 4
"""Series in flight; the broker's rate limit is kept by the trading layer, shared with the orders of the day."""


@workflow.defn(name="CollectMarketData")
class CollectMarketData:
    """One collection. Id ``collect-{run_id}``. Result: ``CollectionState`` with a report for every series.

    It may be stopped and started again at any point: a series that is complete is not fetched again. Indices come
    first, because their sessions are the calendar of years the holiday table does not cover.
    """

    @workflow.init
    def __init__(self, collection: CollectMarketDataInput) -> None:
        self._input = collection
        self._state = collection.carried or CollectionState()

    @workflow.run
    async def run(self, collection: CollectMarketDataInput) -> CollectionState:
        """Collect every series; what a series lacks stands in its report."""
        if self._state.plan is None:
            plan = await call(
                PLAN_COLLECTION,
                CollectionPlanRequest(account=collection.account, symbols=collection.symbols, until=collection.until),
                summary="which symbols, up to which session",
            )
            self._state = self._state.model_copy(update={"plan": plan})
        tasks = self._tasks()
        self._state = self._state.model_copy(update={"total": len(tasks)})
        workflow.upsert_search_attributes([TRADING_DATE.value_set(tasks[0].until.isoformat())] if tasks else [])
        done = {(report.kind, report.key) for report in self._state.done}
        waiting = [task for task in tasks if (task.kind, task.key) not in done]
        indices = [task for task in waiting if task.kind is SeriesKind.INDEX_BARS]
        await self._collect_all(indices)
        await self._collect_all([task for task in waiting if task.kind is not SeriesKind.INDEX_BARS])
        return self._state

    def _tasks(self) -> list[SeriesTask]:
        plan, wanted = self._state.plan, self._input
        if plan is None:
            return []
        keys = {
            SeriesKind.INDEX_BARS: wanted.indices,
            SeriesKind.DAILY_BARS: plan.symbols,
            SeriesKind.INVESTOR_FLOWS: plan.symbols,
        }
        return [
            SeriesTask(kind=kind, key=key, sessions=wanted.sessions, until=plan.until)
            for kind in (SeriesKind.INDEX_BARS, SeriesKind.DAILY_BARS, SeriesKind.INVESTOR_FLOWS)
            if kind in wanted.kinds
            for key in keys[kind]
        ]

    async def _collect_all(self, tasks: list[SeriesTask]) -> None:
        for start in range(0, len(tasks), _AT_ONCE):
            batch = tasks[start : start + _AT_ONCE]
            reports = await asyncio.gather(*(self._collect(task) for task in batch))
            self._state = self._state.model_copy(update={"done": (*self._state.done, *reports)})
            self._show()
            if workflow.info().is_continue_as_new_suggested() and start + _AT_ONCE < len(tasks):
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(self._input.model_copy(update={"carried": self._state}))

    async def _collect(self, task: SeriesTask) -> SeriesReport:
        what = f"{task.kind.value} {task.key}"
        try:
            report = await call(COLLECT_SERIES, task, summary=f"collect {what}")
        except ActivityError as error:
            if workflow.cancellation_reason() is not None:
                raise
            return SeriesReport(kind=task.kind, key=task.key, problem=_line(error))
        if not self._input.archive or not report.sessions or not (report.fetched or report.changed):
            return report
        try:
            archive = await call(ARCHIVE_SERIES, ArchiveSeries(task=task), summary=f"archive {what}")
        except ActivityError as error:
            if workflow.cancellation_reason() is not None:
                raise
            return report.model_copy(update={"problem": f"not archived: {_line(error)}"[:300]})
        return report.model_copy(update={"archive": archive})

    def _show(self) -> None:
        done = self._state.done
        lines = [
            f"**{len(done)} of {self._state.total} series**, {sum(report.fetched for report in done):,} rows fetched, "
            f"{sum(len(report.gaps) for report in done)} sessions without a row"
        ]
        lines += [f"- {report.kind.value} {report.key}: {report.problem}" for report in done if report.problem][:20]
        workflow.set_current_details("\n".join(lines))

    @workflow.query
    def progress(self) -> CollectionState:
        """How far the collection is."""
        return self._state


def _line(error: ActivityError) -> str:
    return f"{error.cause or error}".partition("\n")[0][:280]
