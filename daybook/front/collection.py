"""Collections of market data, asked for by a person or by the schedule."""

from datetime import timedelta

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

from daybook.contracts.collection import CollectionState, CollectMarketDataInput
from daybook.front.calls import CONTROL_QUEUE, TemporalCalls
from daybook.front.desk import Desk
from daybook.settings import Settings

COLLECTION_SCHEDULE = "market-data"
COLLECTION_TIMEOUT_S = 3_600.0
_CATCH_UP = timedelta(hours=12)


def collection_workflow_id(run_id: str) -> str:
    """Return the id of a collection's workflow."""
    return f"collect-{run_id}"


async def start_collection(desk: Desk, collection: CollectMarketDataInput, *, address: str) -> str:
    """Start a collection and return its workflow's id; from then on it is made.

    Raises:
        DeskUnreachable: when the server at ``address`` does not answer.
    """
    return await TemporalCalls(desk.client, address).start_once(
        "CollectMarketData",
        collection,
        workflow_id=collection_workflow_id(collection.run_id),
        idempotency_key=collection.run_id,
        body_digest="",
        static_summary=f"{len(collection.symbols) or 'all'} symbols, {collection.sessions} sessions",
    )


async def collection_result(
    desk: Desk, run_id: str, *, address: str, timeout_s: float = COLLECTION_TIMEOUT_S
) -> CollectionState:
    """Wait for a collection and return what every series has.

    Raises:
        DeskNoAnswer: when it has not ended in time; it goes on.
        DeskError: when it failed.
    """
    state: CollectionState = await TemporalCalls(desk.client, address).result(
        desk.client.get_workflow_handle(collection_workflow_id(run_id), result_type=CollectionState),
        otherwise=f"it goes on; wait for it with: daybook collect --run {run_id}",
        timeout_s=timeout_s,
    )
    return state


def collection_schedule(settings: Settings) -> Schedule:
    """Collect what the day left each weekday at 16:40, when daily bars and investor flows are final.

    KIS keeps investor flows for 30 sessions only, so a night that was missed is made up for by the next one.
    """
    template = CollectMarketDataInput(
        run_id="nightly", account=settings.account, symbols=settings.strategy.universe_symbols
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "CollectMarketData",
            template,
            id="collect-nightly",
            task_queue=CONTROL_QUEUE,
            execution_timeout=timedelta(hours=6),
            static_summary="collect bars, flows and indices",
        ),
        spec=ScheduleSpec(
            calendars=[
                ScheduleCalendarSpec(
                    hour=[ScheduleRange(16)], minute=[ScheduleRange(40)], day_of_week=[ScheduleRange(1, 5)]
                )
            ],
            time_zone_name="Asia/Seoul",
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
        state=ScheduleState(note=f"{len(template.symbols) or 'all stored'} symbols"),
    )
