"""What goes into the jail and what comes out: requests, journal entries, outcomes and the engine's interface."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from sandbox.report import SandboxReport

MAX_CALLS = 1_000
MAX_CODE_BYTES = 200_000


@dataclass(frozen=True)
class Limits:
    """What one turn of a script may use. ``calls`` counts the whole run: the journal and what is still pending."""

    wall_s: float = 30.0
    cpu_s: int = 20
    memory_mb: int = 512
    stdout_bytes: int = 65_536
    result_bytes: int = 1_000_000
    frame_bytes: int = 8_388_608
    calls: int = 50
    nodes: int = 200_000
    depth: int = 32


@dataclass(frozen=True)
class ToolSignature:
    """A tool as the script sees it: an async function of these parameters, in this order.

    ``open`` is for stand-ins whose parameters nobody wrote down: any names are taken, and positional arguments are
    called ``arg1``, ``arg2`` and so on.
    """

    name: str
    parameters: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    signature: str = ""
    open: bool = False

    @property
    def text(self) -> str:
        """The signature shown in errors; made from the parameters when none was given."""
        if self.signature:
            return self.signature
        if self.open:
            return f"async def {self.name}(...)"
        shown = (name if name in self.required else f"{name}=..." for name in self.parameters)
        return f"async def {self.name}({', '.join(shown)})"


@dataclass(frozen=True)
class JournalEntry:
    """A call that was made and answered, in the order of the script's calls (``number`` starts at 1)."""

    number: int
    name: str
    digest: str
    ok: bool
    value: Any = None
    error_code: str = ""
    error_message: str = ""


@dataclass(frozen=True)
class PendingCall:
    """A call the script waits for. ``digest`` is the parent's, over the arguments as they were received."""

    number: int
    name: str
    arguments: dict[str, Any]
    digest: str


@dataclass(frozen=True)
class AdvanceRequest:
    """One turn: the script, what its calls answered so far, and the frozen world it runs in.

    ``now`` is an ISO time with an offset; the script's local time zone is that offset.
    """

    code: str
    now: str
    journal: tuple[JournalEntry, ...] = ()
    tools: tuple[ToolSignature, ...] = ()
    inputs: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    limits: Limits = field(default_factory=Limits)


class Status(StrEnum):
    """How a turn ended."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a turn failed."""

    SYNTAX_ERROR = "syntax_error"
    SCRIPT_ERROR = "script_error"
    TIMEOUT = "timeout"
    CPU_LIMIT = "cpu_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    RESULT_TOO_LARGE = "result_too_large"
    BAD_RESULT = "bad_result"
    TOO_MANY_CALLS = "too_many_calls"
    UNKNOWN_TOOL = "unknown_tool"
    BAD_ARGUMENTS = "bad_arguments"
    NOT_DETERMINISTIC = "not_deterministic"
    PROTOCOL = "protocol"
    DIED = "died"
    NO_SANDBOX = "no_sandbox"
    CODE_TOO_LARGE = "code_too_large"
    JOURNAL_TOO_LARGE = "journal_too_large"
    UNSUPPORTED = "unsupported"
    BUSY = "busy"


@dataclass(frozen=True)
class Advance:
    """What one turn came to. ``stdout`` is data the script wrote, never parsed; ``cpu_ms`` is informative."""

    status: Status
    calls: tuple[PendingCall, ...] = ()
    result: Any = None
    stdout: str = ""
    stdout_bytes: int = 0
    reason: Reason | None = None
    message: str = ""
    line: int | None = None
    engine: str = "jail"
    tier: int = 0
    wall_ms: float = 0.0
    cpu_ms: int = 0


class ScriptEngine(Protocol):
    """Anything that can run a script one turn at a time."""

    @property
    def name(self) -> str:
        """The engine's name in reports and outcomes."""
        ...

    def advance(self, request: AdvanceRequest) -> Advance:
        """Run the script from its start on the journal. Safe to call from several threads.

        Raises:
            InvalidRequest: The request itself is not well formed (the caller's fault, not the script's).
        """
        ...

    def probe(self) -> SandboxReport:
        """What protects the host here, from a self-test in a real child."""
        ...

    def close(self) -> None:
        """Stop every process the engine started."""
        ...
