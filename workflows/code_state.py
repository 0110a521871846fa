"""Where a code run stands, and how it is carried over when its history has grown long."""

import base64
import zlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from pydantic import Field, JsonValue

    from daybook.contracts.base import AwareDatetime, Message
    from daybook.contracts.code import (
        AdvanceScript,
        CallRecord,
        CodeOutcome,
        CodeProblem,
        CodeReason,
        CodeRunInput,
        JournalEntry,
        ScriptCall,
        ScriptOrigin,
        WrittenScript,
    )
    from daybook.contracts.llm import Completion
    from daybook.contracts.tools import SourceRef

from workflows.code_journal import Answers, RunJournal

LARGEST_CARRIED_BYTES: Final = 1_700_000
MOST_SOURCES: Final = 200
_LONGEST_CALL_SHOWN = 120
_CALLS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Ending:
    """How a script, and with it perhaps the run, ended."""

    outcome: CodeOutcome
    reason: CodeReason | None = None
    message: str = ""
    line: int | None = None
    result: JsonValue = None
    is_repairable: bool = False


class CodeRunStatus(Message):
    """The answer to the query ``status``."""

    run_id: str
    phase: str
    origin: ScriptOrigin | None = None
    attempt: int = 1
    turns: int = 0
    calls: int = Field(default=0, description="executed so far, over all attempts")
    waiting_calls: int = 0
    problems: tuple[CodeProblem, ...] = ()
    started_at: AwareDatetime


class _Carried(Message):
    script: WrittenScript
    attempt: int
    problems: tuple[CodeProblem, ...]
    completions: tuple[Completion, ...]
    beginning: AdvanceScript
    entries: tuple[JournalEntry, ...]
    known_entries: int
    known_digest: str
    answers: tuple[JournalEntry, ...]
    answers_bytes: int
    waiting: tuple[ScriptCall, ...]
    records: tuple[CallRecord, ...]
    sources: tuple[SourceRef, ...]
    turns: int
    tier: int
    started_at: AwareDatetime


class CodeRunStart(CodeRunInput):
    """The workflow's input: a task for a script, and, in a run that is carried over, what it has come to so far."""

    carried: str = Field(default="", max_length=LARGEST_CARRIED_BYTES, description="JSON, compressed, as text")

    @property
    def run(self) -> CodeRunInput:
        """The task alone."""
        return CodeRunInput(**{name: getattr(self, name) for name in CodeRunInput.model_fields})


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """A run that goes on in a new history."""

    packed: str


@dataclass
class RunState:
    """Everything a run has come to so far."""

    started_at: datetime
    phase: str = "writing the script"
    attempt: int = 1
    script: WrittenScript = field(default_factory=WrittenScript)
    begun: RunJournal | None = None
    problems: list[CodeProblem] = field(default_factory=list)
    completions: list[Completion] = field(default_factory=list)
    answers: Answers = field(default_factory=Answers)
    waiting: tuple[ScriptCall, ...] = ()
    records: list[CallRecord] = field(default_factory=list)
    sources: list[SourceRef] = field(default_factory=list)
    turns: int = 0
    tier: int = 0
    stdout: str = ""

    @property
    def journal(self) -> RunJournal:
        """The journal of the script that runs; a script must have begun."""
        if self.begun is None:
            raise AssertionError("no script has begun")
        return self.begun

    @property
    def tokens(self) -> int:
        """Tokens of the run's model calls, in and out."""
        return sum(entry.usage.input_tokens + entry.usage.output_tokens for entry in self.completions)

    @property
    def cost_micro_krw(self) -> int:
        """What the run's model calls cost, in millionths of a won."""
        return sum(entry.cost_micro_krw for entry in self.completions)

    def keep_script(self, script: WrittenScript) -> None:
        """Keep a script, and what its model call took; what the model said is the script."""
        completion = script.completion
        if completion is not None:
            completion = completion.model_copy(update={"text": "", "tool_calls": (), "parsed": None})
            self.completions.append(completion)
        self.script = script.model_copy(update={"completion": completion})

    def begin(self, beginning: AdvanceScript) -> None:
        """Begin a script: its journal is empty, the run's answers stay."""
        self.begun = RunJournal(beginning)
        self.waiting, self.stdout = (), ""

    def add_sources(self, sources: tuple[SourceRef, ...]) -> None:
        """Keep sources, each once."""
        for source in sources:
            if len(self.sources) < MOST_SOURCES and source not in self.sources:
                self.sources.append(source)

    def status(self, run_id: str) -> CodeRunStatus:
        """Return what the query answers."""
        return CodeRunStatus(
            run_id=run_id,
            phase=self.phase,
            origin=self.script.origin if self.script.code else None,
            attempt=self.attempt,
            turns=self.turns,
            calls=len(self.records),
            waiting_calls=len(self.waiting),
            problems=tuple(self.problems),
            started_at=self.started_at,
        )

    def details(self, task: str) -> str:
        """Return where the run stands, in Markdown."""
        origin = f", script: {self.script.origin.value}" if self.script.code else ""
        lines = [f"**{self.phase}**{origin}", ""]
        if task:
            lines += [f"> {' '.join(task.split())[:500]}", ""]
        lines += [
            f"attempt {self.attempt}, turn {self.turns}, {len(self.records)} calls made, {self.tokens} tokens",
            "",
        ]
        lines += [f"- problem: {problem.reason.value} {problem.message[:300]}" for problem in self.problems]
        hidden = len(self.records) - _CALLS_SHOWN
        lines += [f"- {hidden} earlier calls"] if hidden > 0 else []
        lines += [
            f"- `{record.tool}` {str(record.arguments)[:_LONGEST_CALL_SHOWN]} {record.status.value}"
            for record in self.records[-_CALLS_SHOWN:]
        ]
        return "\n".join(lines)[:15_000]


def packed(state: RunState) -> CarriedOver | None:
    """Return a run between two turns to carry over; None when it is too large for one message even compressed."""
    carried = _Carried(
        script=state.script,
        attempt=state.attempt,
        problems=tuple(state.problems),
        completions=tuple(state.completions),
        beginning=state.journal.beginning,
        entries=state.answers.without_values(state.journal.entries),
        known_entries=state.journal.known_entries,
        known_digest=state.journal.known_digest,
        answers=state.answers.packed(),
        answers_bytes=state.answers.size_bytes,
        waiting=state.waiting,
        records=tuple(state.records),
        sources=tuple(state.sources),
        turns=state.turns,
        tier=state.tier,
        started_at=state.started_at,
    )
    text = base64.b64encode(zlib.compress(carried.model_dump_json().encode())).decode("ascii")
    return CarriedOver(text) if len(text) <= LARGEST_CARRIED_BYTES else None


def unpacked(text: str) -> RunState:
    """Return the run that was carried over."""
    carried = _Carried.model_validate_json(zlib.decompress(base64.b64decode(text)))
    state = RunState(
        started_at=carried.started_at,
        attempt=carried.attempt,
        problems=list(carried.problems),
        completions=list(carried.completions),
        records=list(carried.records),
        sources=list(carried.sources),
        turns=carried.turns,
        tier=carried.tier,
        answers=Answers.unpacked(carried.answers, carried.answers_bytes),
    )
    state.script = carried.script
    state.begin(carried.beginning)
    state.waiting = carried.waiting
    state.journal.append(state.answers.with_values(carried.entries))
    state.journal.known_entries, state.journal.known_digest = carried.known_entries, carried.known_digest
    return state
