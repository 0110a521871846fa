"""Run a script to its end in this process: advance, answer the calls, advance again."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.model import Advance, AdvanceRequest, JournalEntry, PendingCall, ScriptEngine, Status


@dataclass(frozen=True)
class LocalRun:
    """The last turn, the calls with their answers, and how many turns it took."""

    last: Advance
    calls: tuple[PendingCall, ...]
    journal: tuple[JournalEntry, ...]
    turns: int


def run_to_end(
    engine: ScriptEngine, request: AdvanceRequest, answer: Callable[[PendingCall], JournalEntry]
) -> LocalRun:
    """Advance until the script is done or has failed; the request's call limit bounds the turns.

    Raises:
        InvalidRequest: As ``ScriptEngine.advance``.
    """
    calls: list[PendingCall] = []
    journal = list(request.journal)
    turns = 0
    while True:
        turns += 1
        last = engine.advance(replace(request, journal=tuple(journal)))
        if last.status is not Status.PENDING:
            return LocalRun(last, tuple(calls), tuple(journal), turns)
        calls += last.calls
        journal += [answer(call) for call in last.calls]
