"""The threat level in a trading day: read, assess, respond, record. Nothing here ends or stops a day.

A part of TradingDay, which owns the state; it runs in the day's main loop, never in a handler. Handlers only put down
what was said (a false alarm, a level, a decision) and wake it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.workflow import ActivityHandle

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.calls import READ_HEALTH, READ_THREATS, RECORD_THREAT, STANDING_THREAT
    from daybook.contracts.clock import MarketClock
    from daybook.contracts.day import DayState
    from daybook.contracts.desk import DeskConfig
    from daybook.contracts.response import ActionDecision, ActionRecord
    from daybook.contracts.response_codes import ActionState
    from daybook.contracts.threat_calls import RecordThreat, StandingRequest, StandingThreat
    from daybook.contracts.threats import (
        FalseAlarm,
        HealthReadings,
        ReadHealth,
        ReadThreats,
        ThreatInputs,
        ThreatReadings,
    )
    from daybook.risk.response.limits import tightened, tightening_in_force
    from daybook.risk.response.machine import decided, moved, next_expiry, order_ended, with_records
    from daybook.risk.threat.fusion import assess
    from daybook.risk.threat.live_index import with_live_index

from workflows.calling import begin
from workflows.respond_to_threat import DayHands, Responder

R = TypeVar("R")

_READ_WITHIN = timedelta(seconds=12)
_RECORD_WITHIN = timedelta(seconds=60)
_REHEARSED_FROM = timedelta(hours=1)
_JUST_AFTER = timedelta(milliseconds=1)
_MOST_FALSE_ALARMS = 20


@dataclass(frozen=True)
class _Read:
    threats: ThreatReadings | None
    health: HealthReadings | None


class ThreatWatch:
    """The threat level and the playbook of one day. ``read`` and ``write`` reach the day's state."""

    def __init__(
        self,
        desk: DeskConfig,
        clock: MarketClock,
        read: Callable[[], DayState],
        write: Callable[..., None],
        hands: DayHands,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._read_state = read
        self._set = write
        self._is_due = False
        self._looks = 0
        self._recorded = {record.action_id: record for record in read().actions}
        self._responder = Responder(desk, clock, read, write, hands)

    @property
    def _state(self) -> DayState:
        return self._read_state()

    @property
    def is_active(self) -> bool:
        """Whether the day has been assessed; before that, handlers leave the course of the day alone."""
        return self._state.threat is not None

    # --- what the day asks ------------------------------------------------------------------------------------

    def desk(self) -> DeskConfig:
        """Return the desk by which orders are decided now: its limits tightened while the playbook says so."""
        tightening = tightening_in_force(self._state.actions)
        if tightening is None:
            return self._desk
        return self._desk.model_copy(update={"limits": tightened(self._desk.limits, tightening)})

    def withheld_symbols(self) -> tuple[str, ...]:
        """Return the symbols in which an action's order is on its way."""
        return self._responder.withheld_symbols()

    def is_due(self) -> bool:
        """Whether something was said, or a question has expired, since the last look."""
        expires_at = next_expiry(self._state.actions)
        return self._is_due or (expires_at is not None and workflow.now() > expires_at)

    def wait(self, delay: timedelta) -> timedelta:
        """Return the shorter of a wait and the time until the next question expires."""
        expires_at = next_expiry(self._state.actions)
        if expires_at is None:
            return delay
        return min(delay, max(expires_at - workflow.now(), timedelta(0)) + _JUST_AFTER)

    async def look(self, moment: str) -> None:
        """Assess the level and carry out what it asks for; whatever cannot be read stays unknown."""
        self._is_due = False
        standing = await self._standing() if not self.is_active else None
        memory = self._state.threat_memory
        if standing is not None:
            memory = standing.memory or memory
            known = with_records(standing.actions, self._state.actions)
            self._recorded.update({record.action_id: record for record in standing.actions})
            self._set(actions=known, threat_floor=max(self._state.threat_floor, memory.floor))
        seen = await self._look_around(moment)
        state = self._state
        now = workflow.now()
        health = seen.health
        inputs = ThreatInputs(
            market_now=self._clock.market_time(now),
            market=with_live_index(
                seen.threats.market if seen.threats else None,
                level=health.index_level if health else None,
                change_ratio=health.index_change_ratio if health else None,
                observed_at=health.operations.observed_at if health else now,
            ),
            cyber=seen.threats.cyber if seen.threats else None,
            account=health.account if health else None,
            operations=health.operations if health else None,
            held_symbols=health.held_symbols if health else (),
            false_alarms=state.false_alarms,
            floor=state.threat_floor,
        )
        assessment, memory = assess(inputs, memory, self._desk.threats, now)
        problems = (*assessment.problems, *(seen.threats.problems if seen.threats else ("the feeds were not read",)))
        problems += health.problems if health else ("the desk's health was not read",)
        assessment = assessment.model_copy(update={"problems": tuple(dict.fromkeys(problems))[:20]})
        told = state.false_alarms
        self._set(
            threat=assessment,
            threat_memory=memory,
            threat_level=max(assessment.level, self._state.threat_floor),
            false_alarms=tuple(alarm for alarm in self._state.false_alarms if alarm not in told),
        )
        await self._responder.respond(assessment, seen.threats, health)
        await self._record(f"{moment}: level {assessment.level}", assessed=True)

    async def close(self) -> None:
        """End what still waits for a person: the day is over, and tomorrow asks anew."""
        if not self.is_active:
            return
        now = workflow.now()
        over = [
            moved(record, ActionState.EXPIRED, now, "the day is over").record
            for record in self._state.actions
            if record.state in (ActionState.WAITING, ActionState.APPROVED)
        ]
        self._set(actions=with_records(self._state.actions, over))
        self._responder.show_pending()
        await self._record("actions at the close")

    # --- what handlers say ------------------------------------------------------------------------------------

    def say_false_alarm(self, alarm: FalseAlarm) -> None:
        """Take a withdrawal for the next look."""
        self._set(false_alarms=(*self._state.false_alarms, alarm)[-_MOST_FALSE_ALARMS:])
        self._is_due = self.is_active

    def say_floor(self, level: int, by: str = "", reason: str = "") -> None:
        """Take a person's own level: it counts at once, what it sets off follows with the next look."""
        floor = min(5, max(0, level))
        known = self._state.threat.level if self._state.threat is not None else 0
        said = {"note": f"threat level at least {floor}, says {by}: {reason}"[:300]} if by else {}
        self._set(threat_floor=floor, threat_level=max(known, floor), **said)
        self._is_due = self.is_active

    def refuse_decision(self, decision: ActionDecision) -> None:
        """Raise when a person's word on an action cannot be taken."""
        self._decided(decision)

    def decide(self, decision: ActionDecision) -> str:
        """Take a person's word; an approved action is carried out with the next look."""
        record = self._decided(decision)
        self._set(actions=with_records(self._state.actions, (record,)))
        self._responder.show_pending()
        self._is_due = True
        return f"{record.action_id}: {record.text or record.state.value}"

    def order_ended(self, intent_id: str, filled_shares: int) -> None:
        """Take the end of an order: the last one ends its action."""
        now = workflow.now()
        before = self._state.actions
        after = tuple(order_ended(record, intent_id, filled_shares, now) for record in before)
        if after != before:
            self._set(actions=after)
            self._is_due = self.is_active

    def _decided(self, decision: ActionDecision) -> ActionRecord:
        now = workflow.now()
        record = next((one for one in self._state.actions if one.action_id == decision.action_id), None)
        if record is None:
            raise ApplicationError(f"there is no action {decision.action_id}; look with: daybook threat")
        transition = decided(record, decision.model_copy(update={"at": now}), self._desk.response, now)
        if not transition.is_accepted:
            raise ApplicationError(transition.text, type="Refused")
        return transition.record

    # --- reading and recording --------------------------------------------------------------------------------

    async def _standing(self) -> StandingThreat:
        request = StandingRequest(account=self._desk.account, day=self._state.day)
        found = await _answer(
            begin(STANDING_THREAT, request, summary="what earlier days have left", within=_READ_WITHIN)
        )
        return found or StandingThreat()

    async def _look_around(self, moment: str) -> _Read:
        """Read both layers at once; what does not answer in time is unknown."""
        now, state = workflow.now(), self._state
        market_now = self._clock.market_time(now)
        rehearsed = self._clock.speed != 1 or abs(market_now - now) > _REHEARSED_FROM
        threats = begin(
            READ_THREATS,
            ReadThreats(
                account=self._desk.account,
                day=state.day,
                as_of=market_now if rehearsed else now,
                market_now=market_now,
                held_symbols=self._responder.held_symbols(),
                point_in_time=rehearsed,
            ),
            summary=f"market, cyber alert and news, {moment}",
            within=_READ_WITHIN,
        )
        health = begin(
            READ_HEALTH,
            ReadHealth(
                account=self._desk.account,
                day=state.day,
                mode=self._desk.mode,
                market_now=market_now,
                in_session=self._in_session(market_now),
            ),
            summary=f"the desk's own health, {moment}",
            within=_READ_WITHIN,
        )
        return _Read(await _answer(threats), await _answer(health))

    def _in_session(self, market_now: datetime) -> bool:
        session = self._state.session
        if session is None or not session.is_open:
            return False
        times = session.times()
        return times.opens <= market_now < times.closes

    async def _record(self, what: str, *, assessed: bool = False) -> None:
        state = self._state
        changed = tuple(record for record in state.actions if self._recorded.get(record.action_id) != record)
        if not changed and not assessed:
            return
        request = RecordThreat(account=self._desk.account, day=state.day, actions=changed)
        if assessed and state.threat is not None:
            self._looks += 1
            name = f"{state.day:%Y%m%d}-{self._desk.account}-{state.runs}-{self._looks:03d}"
            more: dict[str, Any] = {"assessment_id": name, "assessment": state.threat, "memory": state.threat_memory}
            request = request.model_copy(update=more)
        handle = begin(RECORD_THREAT, request, summary=f"record {what}, {len(changed)} actions", within=_RECORD_WITHIN)
        try:
            await handle
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("the threat level could not be recorded: %s", error.cause or error)
            return
        self._recorded.update({record.action_id: record for record in changed})


async def _answer(handle: ActivityHandle[R]) -> R | None:
    """Wait for a call that may fail; None is unknown."""
    try:
        return await handle
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("not read: %s", error.cause or error)
        return None
