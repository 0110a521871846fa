"""The states of an action, and the only moves between them. A move that is not in the table is refused with a code.

PROPOSED → WAITING → APPROVED → EXECUTING → DONE → UNDONE; REJECTED, EXPIRED, FAILED, DRY_RUN and BLOCKED on the way.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from daybook.contracts.response import ActionDecision, ActionProposal, ActionRecord, Transition
from daybook.contracts.response_codes import ActionState, Approver, TransitionRefusal
from daybook.contracts.threat_settings import ResponseSettings

_S = ActionState
MOVES: dict[ActionState, frozenset[ActionState]] = {
    _S.PROPOSED: frozenset({_S.WAITING, _S.APPROVED, _S.DRY_RUN, _S.BLOCKED}),
    _S.WAITING: frozenset({_S.APPROVED, _S.REJECTED, _S.EXPIRED}),
    _S.APPROVED: frozenset({_S.EXECUTING, _S.EXPIRED, _S.BLOCKED}),
    _S.EXECUTING: frozenset({_S.DONE, _S.FAILED}),
    _S.DONE: frozenset({_S.UNDONE}),
    _S.FAILED: frozenset({_S.UNDONE}),
    _S.REJECTED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.UNDONE: frozenset(),
    _S.DRY_RUN: frozenset(),
    _S.BLOCKED: frozenset(),
}
"""Every state with the states it may go to. FAILED may be undone: some of its orders may have traded."""

MOST_RECORDS = 60


def opened(proposal: ActionProposal) -> ActionRecord:
    """Return the record of a proposal in its first state: blocked, dry run, waiting for a person, or approved."""
    record = ActionRecord(proposal=proposal, changed_at=proposal.proposed_at)
    if proposal.blocked or proposal.payload is None:
        text = "; ".join(block.text for block in proposal.blocked)
        return moved(record, _S.BLOCKED, proposal.proposed_at, text).record
    if proposal.dry_run:
        return moved(record, _S.DRY_RUN, proposal.proposed_at, "written down only").record
    if proposal.approver is Approver.NOBODY:
        return moved(record, _S.APPROVED, proposal.proposed_at, "needs no approval").record
    return moved(record, _S.WAITING, proposal.proposed_at, "a person is asked").record


def moved(
    record: ActionRecord, to: ActionState, at: datetime, text: str = "", intent_ids: tuple[str, ...] = ()
) -> Transition:
    """Return the record after a move; an illegal one is refused and changes nothing."""
    if to not in MOVES[record.state]:
        said = f"{record.action_id} is {record.state.value} and cannot become {to.value}"
        return Transition(record=record, refusal=TransitionRefusal.ILLEGAL_MOVE, text=said)
    update = {
        "state": to,
        "changed_at": at,
        "text": text[:300] or record.text,
        "intent_ids": tuple(dict.fromkeys((*record.intent_ids, *intent_ids))),
    }
    return Transition(record=record.model_copy(update=update), text=text[:300])


def decided(record: ActionRecord, decision: ActionDecision, settings: ResponseSettings, now: datetime) -> Transition:
    """Return the record after a person's word; ``now`` is real time, and a yes after the expiry is refused.

    One no is enough. Two steps are two people, or the same one again after ``second_step_after_s``.
    """
    refusal = _refusal(record, decision, settings, now)
    if refusal is not None:
        return Transition(record=record, refusal=refusal[0], text=refusal[1])
    taken = record.model_copy(update={"decisions": (*record.decisions, decision)})
    reason = f": {decision.reason}" if decision.reason else ""
    if not decision.granted:
        return moved(taken, _S.REJECTED, now, f"rejected by {decision.by}{reason}")
    if record.proposal.approver is Approver.TWO_STEP and not record.decisions:
        text = f"first yes by {decision.by}; a second is needed"
        return Transition(record=taken.model_copy(update={"text": text, "changed_at": now}), text=text)
    return moved(taken, _S.APPROVED, now, f"approved by {decision.by}{reason}")


def _refusal(
    record: ActionRecord, decision: ActionDecision, settings: ResponseSettings, now: datetime
) -> tuple[TransitionRefusal, str] | None:
    if decision.action_id != record.action_id:
        return TransitionRefusal.WRONG_ACTION, f"the decision is on {decision.action_id}, this is {record.action_id}"
    if record.state is not _S.WAITING:
        return TransitionRefusal.NOT_WAITING, f"{record.action_id} is {record.state.value}: nothing to decide"
    if is_over(record, now):
        return TransitionRefusal.OUT_OF_TIME, f"{record.action_id} has expired; the desk asks again if it still holds"
    if decision.granted and record.decisions and record.decisions[0].by == decision.by:
        pause = timedelta(seconds=settings.second_step_after_s)
        if now - record.changed_at < pause:
            text = (
                f"the second yes of the same person comes at least {settings.second_step_after_s:g} s after the first"
            )
            return TransitionRefusal.SECOND_STEP_TOO_EARLY, text
    return None


def order_ended(record: ActionRecord, intent_id: str, filled_shares: int, at: datetime) -> ActionRecord:
    """Return the record after one of its orders has ended; the last one ends the action: done, or failed unfilled.

    An order that is not the action's, or is reported twice, changes nothing.
    """
    if intent_id not in record.intent_ids or intent_id in record.ended:
        return record
    after = record.model_copy(update={"ended": {**record.ended, intent_id: max(0, filled_shares)}})
    if after.state is not _S.EXECUTING or after.in_flight:
        return after
    shares = sum(after.ended.values())
    return moved(after, _S.DONE if shares else _S.FAILED, at, f"{shares:,} shares traded").record


def is_over(record: ActionRecord, now: datetime) -> bool:
    """Whether the time to answer has passed."""
    expires_at = record.proposal.expires_at
    return expires_at is not None and now > expires_at


def expired(record: ActionRecord, now: datetime) -> Transition:
    """Return a waiting record as expired, once its time has passed; before that it is refused."""
    if record.state is _S.WAITING and not is_over(record, now):
        text = f"{record.action_id} can still be answered"
        return Transition(record=record, refusal=TransitionRefusal.NOT_YET_DUE, text=text)
    return moved(record, _S.EXPIRED, now, "nobody answered in time")


def next_expiry(records: Iterable[ActionRecord]) -> datetime | None:
    """Return the real time at which the next waiting action expires; None when none waits."""
    waiting = (record.proposal.expires_at for record in records if record.state is _S.WAITING)
    return min((moment for moment in waiting if moment is not None), default=None)


def with_records(records: Iterable[ActionRecord], new: Iterable[ActionRecord]) -> tuple[ActionRecord, ...]:
    """Return records with others put in by id; the oldest blocked ones, then the oldest ended ones, are dropped first.

    What is open or done is never dropped: it may have to be undone. Nor is what has orders: they count against a day.
    """
    by_id = {record.action_id: record for record in records}
    by_id.update({record.action_id: record for record in new})
    kept = list(by_id.values())
    blocked = [record for record in kept if record.state is _S.BLOCKED]
    ended = [record for record in kept if record.state.is_final and not record.proposal.value_krw]
    for record in (*blocked, *ended):
        if len(kept) > MOST_RECORDS and record in kept:
            kept.remove(record)
    return tuple(kept)
