"""What a sandbox worker remembers of the runs it advanced, so that only new journal entries have to be sent.

It is a cache: losing it costs one more message, never a result.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from daybook.contracts.code import AdvanceScript, JournalEntry
from daybook.contracts.script_digest import first_link, json_bytes, next_link

MOST_RUNS = 32
MOST_BYTES = 48_000_000
"""Of journals as JSON; in memory they take several times as much."""


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run as far as it is known: ``links[n]`` is the digest after the first ``n`` entries."""

    beginning: AdvanceScript
    entries: tuple[JournalEntry, ...]
    links: tuple[str, ...]
    size_bytes: int

    @property
    def request(self) -> AdvanceScript:
        """The whole request that this run is now: its beginning with all entries."""
        return self.beginning.model_copy(update={"journal": self.entries})

    @property
    def digest(self) -> str:
        """The digest of all of it."""
        return self.links[-1]


class JournalMemory:
    """Remembers the latest runs, within a number and a size. Safe to use from several threads."""

    def __init__(self, most_runs: int = MOST_RUNS, most_bytes: int = MOST_BYTES) -> None:
        self._most_runs = most_runs
        self._most_bytes = most_bytes
        self._runs: OrderedDict[str, KnownRun] = OrderedDict()
        self._lock = threading.Lock()

    def complete(self, request: AdvanceScript) -> KnownRun | None:
        """Return the whole of a request that may hold new entries only; None when the rest of it is not known."""
        if not request.known_digest:
            whole = _extended(KnownRun(_bare(request), (), (first_link(request),), 0), request.journal)
            return self._keep(whole)
        with self._lock:
            known = self._runs.get(request.run_id)
        count = request.known_entries
        if known is None or count >= len(known.links) or known.links[count] != request.known_digest:
            return None
        beginning = known.beginning.model_copy(update={"limits": request.limits})
        entries = known.entries[:count]
        size = known.size_bytes if count == len(known.entries) else sum(_size(entry) for entry in entries)
        return self._keep(_extended(KnownRun(beginning, entries, known.links[: count + 1], size), request.journal))

    def _keep(self, run: KnownRun) -> KnownRun:
        run_id = run.beginning.run_id
        with self._lock:
            self._runs[run_id] = run
            self._runs.move_to_end(run_id)
            while len(self._runs) > self._most_runs or (
                len(self._runs) > 1 and sum(entry.size_bytes for entry in self._runs.values()) > self._most_bytes
            ):
                self._runs.popitem(last=False)
        return run


def _bare(request: AdvanceScript) -> AdvanceScript:
    return request.model_copy(update={"journal": (), "known_entries": 0, "known_digest": ""})


def _extended(run: KnownRun, entries: tuple[JournalEntry, ...]) -> KnownRun:
    links = list(run.links)
    for entry in entries:
        links.append(next_link(links[-1], entry))
    size = run.size_bytes + sum(_size(entry) for entry in entries)
    return KnownRun(run.beginning, run.entries + entries, tuple(links), size)


def _size(entry: JournalEntry) -> int:
    return json_bytes(entry.value) + len(entry.error_message)
