"""AI-written code: one script, run as a pure function of its journal, its tool calls made durable by the workflow."""

from enum import StrEnum

from pydantic import Field, JsonValue

from daybook.contracts.base import AwareDatetime, Message, Side, Symbol, Won
from daybook.contracts.clock import MarketClock
from daybook.contracts.desk import DeskConfig
from daybook.contracts.layers import Effect
from daybook.contracts.llm import Completion
from daybook.contracts.tools import SourceRef, ToolRow, ToolStatus

LONGEST_SCRIPT = 40_000
"""Characters of a script."""
MOST_REPAIRS = 3


class CodeReason(StrEnum):
    """Why a run has no result, or why a script may not run. The sandbox's own reasons have the same names there."""

    # the static gate
    SYNTAX_ERROR = "SYNTAX_ERROR"
    CODE_TOO_LARGE = "CODE_TOO_LARGE"
    FORBIDDEN = "FORBIDDEN"
    UNKNOWN_TOOL = "UNKNOWN_TOOL"
    BAD_ARGUMENTS = "BAD_ARGUMENTS"
    # the sandbox
    SCRIPT_ERROR = "SCRIPT_ERROR"
    TIMEOUT = "TIMEOUT"
    CPU_LIMIT = "CPU_LIMIT"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    OUTPUT_LIMIT = "OUTPUT_LIMIT"
    RESULT_TOO_LARGE = "RESULT_TOO_LARGE"
    BAD_RESULT = "BAD_RESULT"
    NOT_DETERMINISTIC = "NOT_DETERMINISTIC"
    PROTOCOL = "PROTOCOL"
    DIED = "DIED"
    NO_SANDBOX = "NO_SANDBOX"
    # the run
    TOO_MANY_CALLS = "TOO_MANY_CALLS"
    TOO_MANY_TURNS = "TOO_MANY_TURNS"
    JOURNAL_TOO_LARGE = "JOURNAL_TOO_LARGE"
    TOKENS_SPENT = "TOKENS_SPENT"
    BUDGET_SPENT = "BUDGET_SPENT"
    TIME_SPENT = "TIME_SPENT"
    NO_MODEL = "NO_MODEL"
    NO_CODE = "NO_CODE"
    SAME_ERROR_TWICE = "SAME_ERROR_TWICE"
    CANCELLED = "CANCELLED"


class CodeLimits(Message):
    """Caps of one run; every one has its reason code."""

    calls: int = Field(default=60, ge=0, le=1_000)
    turns: int = Field(default=400, ge=1, le=1_200, description="advances of the script")
    wall_s: float = Field(default=30, gt=0, le=120, description="of one advance")
    cpu_s: int = Field(default=20, ge=1, le=120, description="of one advance")
    memory_mb: int = Field(default=512, ge=64, le=4_096)
    stdout_bytes: int = Field(default=65_536, ge=0, le=1_000_000)
    result_bytes: int = Field(default=200_000, ge=100, le=1_000_000)
    journal_bytes: int = Field(default=1_500_000, ge=1_000, le=1_900_000, description="of all tool results together")
    tokens: int = Field(default=60_000, ge=0, description="of the models, in and out")
    budget_krw: int = Field(default=300, ge=0)
    run_s: float = Field(default=900, gt=0, le=86_400, description="of the whole run")


class ScriptTool(Message):
    """What the sandbox knows of a tool: how its arguments are named."""

    name: str
    parameters: tuple[str, ...]
    required: tuple[str, ...] = ()
    signature: str = Field(description="one line, shown in errors")


class ScriptCall(Message):
    """A call a script waits for; ``digest`` is of the name and the canonical arguments."""

    number: int = Field(ge=1)
    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    digest: str


class JournalEntry(Message):
    """The outcome of a call, replayed to the script; an error is raised there as ``ToolError``."""

    number: int = Field(ge=1)
    tool: str
    digest: str
    ok: bool
    value: JsonValue = None
    error_code: str = ""
    error_message: str = Field(default="", max_length=2_000)


class AdvanceScript(Message):
    """Run a script until it ends or waits.

    ``journal`` holds the entries after the first ``known_entries``, which the sandbox worker remembers of this run by
    ``known_digest``, and then ``code``, ``tools`` and ``inputs`` are left out as well; a worker that does not remember
    them answers ``needs_journal``.
    """

    run_id: str
    code: str = Field(max_length=LONGEST_SCRIPT)
    journal: tuple[JournalEntry, ...] = ()
    known_entries: int = Field(default=0, ge=0)
    known_digest: str = ""
    tools: tuple[ScriptTool, ...] = ()
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    frozen_at: AwareDatetime
    seed: int = 0
    limits: CodeLimits = CodeLimits()


class AdvanceStatus(StrEnum):
    """Where a script stands after an advance."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    NEEDS_JOURNAL = "needs_journal"


class AdvancedScript(Message):
    """The outcome of an advance."""

    status: AdvanceStatus
    calls: tuple[ScriptCall, ...] = ()
    result: JsonValue = None
    stdout: str = ""
    reason: CodeReason | None = None
    message: str = Field(default="", max_length=4_000)
    line: int | None = None
    engine: str = ""
    tier: int = 0
    wall_ms: int = 0
    cpu_ms: int = 0
    journal_digest: str = ""


class ScriptOrigin(StrEnum):
    """Where a run's script comes from."""

    GIVEN = "given"
    MODEL = "model"
    STORE = "store"
    """An approved script, reused without a model."""
    LIBRARY = "library"
    """A shipped, tested script, chosen by the router because no model could be asked."""


class CodeRunInput(Message):
    """A task for a script. With ``code`` it is run as given; with ``script_id`` a stored one is."""

    run_id: str = Field(max_length=80)
    task: str = Field(default="", max_length=4_000)
    code: str = Field(default="", max_length=LONGEST_SCRIPT)
    script_id: str = ""
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    tools: tuple[str, ...] = Field(default=(), description="empty: the router chooses")
    model: str = ""
    language: str = Field(default="ko", pattern=r"^(ko|en)$")
    limits: CodeLimits = CodeLimits()
    asked_at: AwareDatetime
    by: str = Field(default="cli", max_length=120)
    clock: MarketClock = Field(default_factory=MarketClock.real_time)
    desk: DeskConfig = DeskConfig()


class CodeProblem(Message):
    """Why a script may not run, or did not: one line, with its place."""

    reason: CodeReason
    message: str = Field(max_length=2_000)
    line: int | None = None


class WriteScript(Message):
    """Get a script for a task: from the store, from a model, or from the library; or a repair of the last one."""

    run: CodeRunInput
    attempt: int = Field(default=1, ge=1, le=1 + MOST_REPAIRS)
    previous_code: str = ""
    problem: CodeProblem | None = None


class WrittenScript(Message):
    """A script with all a run needs: its tools' rows and stubs, and the verdict of the static gate."""

    code: str = ""
    origin: ScriptOrigin = ScriptOrigin.GIVEN
    script_id: str = ""
    inputs: dict[str, JsonValue] = Field(default_factory=dict)
    rows: tuple[ToolRow, ...] = ()
    tools: tuple[ScriptTool, ...] = ()
    stub_digest: str = ""
    ast_digest: str = ""
    max_effect: Effect = Effect.READ
    reachable_tools: tuple[str, ...] = ()
    problems: tuple[CodeProblem, ...] = ()
    completion: Completion | None = None


class ScriptIntent(Message):
    """An order a script proposes; it becomes a ticket that waits for a person, through PlaceOrder's gate."""

    symbol: Symbol
    side: Side
    shares: int = Field(ge=1, le=10_000_000)
    limit_price_krw: Won = Field(gt=0)
    rationale: str = Field(default="", max_length=300)


class CallRecord(Message):
    """One tool call of a run, from the workflow's own log."""

    number: int
    tool: str
    arguments: dict[str, JsonValue]
    status: ToolStatus
    elapsed_ms: int = 0
    is_untrusted: bool = False


class CodeOutcome(StrEnum):
    """How a run ended."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


class ExplainRun(Message):
    """Explain a finished run, keep it, and keep the script when its result was valid."""

    run: CodeRunInput
    script: WrittenScript
    outcome: CodeOutcome
    reason: CodeReason | None = None
    message: str = Field(default="", max_length=4_000)
    result: JsonValue = None
    stdout: str = ""
    calls: tuple[CallRecord, ...] = ()
    sources: tuple[SourceRef, ...] = ()
    completions: tuple[Completion, ...] = ()
    turns: int = 0
    repairs: int = 0
    tier: int = 0
    ended_at: AwareDatetime


class CodeRunResult(Message):
    """The result of a run, with what it took."""

    run_id: str
    outcome: CodeOutcome
    reason: CodeReason | None = None
    message: str = Field(default="", max_length=4_000)
    result: JsonValue = None
    explanation: str = ""
    explained_by: str = Field(default="template", description="a model's name, or template")
    code: str = ""
    origin: ScriptOrigin = ScriptOrigin.GIVEN
    script_id: str = ""
    stdout: str = ""
    calls: tuple[CallRecord, ...] = ()
    sources: tuple[SourceRef, ...] = ()
    intents: tuple[ScriptIntent, ...] = ()
    tickets: tuple[str, ...] = Field(default=(), description="intent ids that wait for a person")
    turns: int = 0
    repairs: int = 0
    model_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_micro_krw: int = 0
    tier: int = 0
    ended_at: AwareDatetime
