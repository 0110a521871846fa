"""What a tool may know of the call it serves."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The call a tool serves; injected into tools that take a keyword-only ``context``.

    Args:
        run_id: the question, code run or MCP session the call belongs to.
        number: the how-manieth call of that run it is, from 1.
        as_of: the point in time of the run, or None for the present; nothing later may be used.
        now: ``as_of`` where there is one, else the clock; always with an offset.
    """

    run_id: str
    number: int
    as_of: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True)
class NotConfigured:
    """Stands in the providers for something this worker could have but was not given.

    Args:
        how: one line that says what to set; it becomes the message of the UNAVAILABLE reply.
    """

    how: str
