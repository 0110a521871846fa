"""The journal of the script that runs now, and every answer the run has got, so that each call is made once."""

from collections.abc import Iterable
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.code import AdvanceScript, JournalEntry, ScriptCall
    from daybook.contracts.script_digest import first_link, json_bytes, next_link

LARGEST_REQUEST_BYTES: Final = 1_900_000
"""Of a script with its whole journal: Temporal takes no message of two megabytes and more, and would try for ever."""


class RunJournal:
    """What a script is replayed, and what of it the sandbox worker knows."""

    def __init__(self, beginning: AdvanceScript) -> None:
        self.beginning = beginning
        self._link = first_link(beginning)
        self.request_bytes = json_bytes(beginning.model_dump(mode="json"))
        self.entries: list[JournalEntry] = []
        self.known_entries = 0
        self.known_digest = ""

    @property
    def digest(self) -> str:
        """The link of the chain after the last entry."""
        return self._link

    def append(self, entries: Iterable[JournalEntry]) -> None:
        """Go on by some entries."""
        for entry in entries:
            self.entries.append(entry)
            self._link = next_link(self._link, entry)
            self.request_bytes += json_bytes(entry.model_dump(mode="json"))

    @property
    def is_too_large(self) -> bool:
        """Whether the whole of it could no longer be sent, which a restarted sandbox worker needs."""
        return self.request_bytes > LARGEST_REQUEST_BYTES

    def whole_request(self) -> AdvanceScript:
        """Return the script with its whole journal."""
        return self.beginning.model_copy(update={"journal": tuple(self.entries)})

    def next_request(self) -> AdvanceScript:
        """Return what has to be sent to a worker that remembers the run; all of it when none does."""
        if not self.known_digest:
            return self.whole_request()
        return self.beginning.model_copy(
            update={
                "code": "",
                "tools": (),
                "inputs": {},
                "journal": tuple(self.entries[self.known_entries :]),
                "known_entries": self.known_entries,
                "known_digest": self.known_digest,
            }
        )

    def mark_known(self) -> None:
        """Note that a worker has all of it now."""
        self.known_entries, self.known_digest = len(self.entries), self._link


class Answers:
    """What was answered in this run, by tool and arguments; only values, since an error may be gone by the next try."""

    def __init__(self) -> None:
        self._values: dict[str, JournalEntry] = {}
        self.size_bytes = 0

    def __contains__(self, call: ScriptCall) -> bool:
        return _key(call.tool, call.digest) in self._values

    def keep(self, call: ScriptCall, entry: JournalEntry) -> None:
        """Keep a value, and count the size of call and answer."""
        self.size_bytes += json_bytes(entry.value) + json_bytes(call.arguments)
        if entry.ok:
            self._values.setdefault(_key(entry.tool, entry.digest), entry)

    def repeat(self, call: ScriptCall) -> JournalEntry:
        """Return the entry of a call that was answered before."""
        return self._values[_key(call.tool, call.digest)].model_copy(update={"number": call.number})

    def packed(self) -> tuple[JournalEntry, ...]:
        """Return all of them."""
        return tuple(self._values.values())

    @classmethod
    def unpacked(cls, entries: Iterable[JournalEntry], size_bytes: int) -> "Answers":
        """Return what was packed."""
        answers = cls()
        answers._values = {_key(entry.tool, entry.digest): entry for entry in entries}
        answers.size_bytes = size_bytes
        return answers

    def without_values(self, entries: Iterable[JournalEntry]) -> tuple[JournalEntry, ...]:
        """Return a journal without the values that are kept here."""
        return tuple(
            entry.model_copy(update={"value": None})
            if entry.ok and _key(entry.tool, entry.digest) in self._values
            else entry
            for entry in entries
        )

    def with_values(self, entries: Iterable[JournalEntry]) -> tuple[JournalEntry, ...]:
        """Return a journal with its values again."""
        return tuple(
            entry.model_copy(update={"value": self._values[_key(entry.tool, entry.digest)].value})
            if entry.ok and _key(entry.tool, entry.digest) in self._values
            else entry
            for entry in entries
        )


def _key(tool: str, digest: str) -> str:
    return f"{tool}:{digest}"
