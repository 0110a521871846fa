"""The threat level and the playbook of the running day: what a person asks of it and says to it."""

from datetime import UTC, datetime

from daybook.contracts.day import DayState
from daybook.contracts.response import ActionDecision
from daybook.contracts.threats import FalseAlarm
from daybook.front.calls import TemporalCalls
from daybook.front.desk import Desk
from daybook.front.errors import DeskNotFound

_NO_DAY = "no day is running; the threat level is watched during a trading day: daybook day list"


class ThreatDesk:
    """The running day's threat level. ``address`` is the server's, for what a person reads when it is away."""

    def __init__(self, desk: Desk, address: str) -> None:
        self._desk = desk
        self._calls = TemporalCalls(desk.client, address)

    async def _day(self) -> str:
        """Return the running day's workflow.

        Raises:
            DeskNotFound: when no day is running.
        """
        with self._calls.reaching():
            running = await self._desk.running_day()
        if not running:
            raise DeskNotFound(_NO_DAY)
        return running

    async def state(self) -> DayState:
        """Return the running day's state.

        Raises:
            DeskNotFound: when no day is running.
        """
        found: DayState = await self._calls.query(await self._day(), "status", DayState, absent=_NO_DAY)
        return found

    async def decide(self, action_id: str, *, granted: bool, by: str, reason: str = "", key: str = "") -> str:
        """Approve or reject an action that waits; a repeat with the same ``key`` is not a second decision.

        Raises:
            DeskError: when it does not wait, has expired, or its second step comes too early.
        """
        decision = ActionDecision(action_id=action_id, granted=granted, by=by, reason=reason, at=datetime.now(UTC))
        return await self._calls.update(await self._day(), "decide_action", decision, key=key, absent=_NO_DAY)

    async def say_false_alarm(self, alarm: FalseAlarm) -> None:
        """Withdraw signals: the level falls at once, and what only they caused is undone.

        Raises:
            DeskNotFound: when no day is running.
        """
        day = await self._day()
        with self._calls.reaching(_NO_DAY):
            await self._desk.client.get_workflow_handle(day).signal("false_alarm", alarm)

    async def say_level(self, level: int, *, by: str, reason: str) -> None:
        """Set a person's own minimum of the level, 0 to 5.

        Raises:
            DeskNotFound: when no day is running.
        """
        day = await self._day()
        with self._calls.reaching(_NO_DAY):
            await self._desk.client.get_workflow_handle(day).signal("set_threat_level", args=[level, by, reason])
