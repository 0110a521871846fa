"""What histories say: how many events, and where an order's time went."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

_SCHEDULED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
_STARTED = EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
_COMPLETED = EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
_CHILD_INITIATED = EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
_CHILD_COMPLETED = EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED
_CONTINUED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW


@dataclass(frozen=True)
class Step:
    """One activity of a workflow. Seconds.

    Args:
        name: the call, with its number where it is made more than once.
        decided_s: from what came before (the start, the activity before) until it was scheduled.
        waited_s: from then until a worker took it.
        worked_s: from then until it was done.
    """

    name: str
    decided_s: float
    waited_s: float
    worked_s: float


def steps(events: Sequence[HistoryEvent]) -> list[Step]:
    """Return the activities of a workflow that made them one after the other."""
    scheduled = {event.event_id: event for event in events if event.event_type == _SCHEDULED}
    begun = {
        event.activity_task_started_event_attributes.scheduled_event_id: event
        for event in events
        if event.event_type == _STARTED
    }
    before_s, made, found = _at_s(events[0]), Counter[str](), []
    for event in events:
        if event.event_type != _COMPLETED:
            continue
        number = event.activity_task_completed_event_attributes.scheduled_event_id
        asked, taken = scheduled[number], begun[number]
        name = asked.activity_task_scheduled_event_attributes.activity_type.name
        made[name] += 1
        found.append(
            Step(
                name=name if made[name] == 1 else f"{name} #{made[name]}",
                decided_s=_at_s(asked) - before_s,
                waited_s=_at_s(taken) - _at_s(asked),
                worked_s=_at_s(event) - _at_s(taken),
            )
        )
        before_s = _at_s(event)
    return found


@dataclass(frozen=True)
class RunChain:
    """A workflow over all its runs (continue-as-new)."""

    events_by_run: tuple[int, ...]
    bytes_by_run: tuple[int, ...]
    events_from_first_to_last_child: int
    children: int

    @property
    def events(self) -> int:
        """Events of all runs."""
        return sum(self.events_by_run)

    @property
    def events_per_child(self) -> float:
        """Events that one more child brings, with the timer before it and what other workflows signalled meanwhile."""
        return self.events_from_first_to_last_child / self.children

    def extrapolated(self, children: int) -> int:
        """Return the events with another number of children."""
        rest = self.events - self.events_from_first_to_last_child
        return round(rest + self.events_per_child * children)


async def run_chain(client: Client, workflow_id: str, child_type: str) -> RunChain:
    """Read all runs of a workflow, first one first."""
    newest = await client.get_workflow_handle(workflow_id).describe()
    run_id = newest.raw_description.workflow_execution_info.first_run_id
    lengths, sizes, marks, offset = [], [], [], 0
    while run_id:
        handle = client.get_workflow_handle(workflow_id, run_id=run_id)
        events = [event async for event in handle.fetch_history_events()]
        described = await handle.describe()
        sizes.append(described.raw_description.workflow_execution_info.history_size_bytes)
        lengths.append(len(events))
        marks += [(offset + event.event_id, event.event_type) for event in events if _is_child(event, child_type)]
        offset += len(events)
        last = events[-1]
        is_continued = last.event_type == _CONTINUED
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id if is_continued else ""
    begun = [position for position, kind in marks if kind == _CHILD_INITIATED]
    return RunChain(tuple(lengths), tuple(sizes), marks[-1][0] - marks[0][0] if marks else 0, len(begun))


def _is_child(event: HistoryEvent, child_type: str) -> bool:
    if event.event_type == _CHILD_INITIATED:
        return event.start_child_workflow_execution_initiated_event_attributes.workflow_type.name == child_type
    if event.event_type == _CHILD_COMPLETED:
        return event.child_workflow_execution_completed_event_attributes.workflow_type.name == child_type
    return False


def _at_s(event: HistoryEvent) -> float:
    return event.event_time.ToNanoseconds() / 1e9
