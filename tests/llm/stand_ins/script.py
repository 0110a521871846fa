"""What a stand-in answers: a script gets the request in plain words and says what the model would say."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ToolCall:
    """A call the model makes. ``arguments`` may be text, to send what is no JSON where the protocol allows it."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """What the model says.

    ``json``: a structured answer, sent as its text. ``thinking_tokens`` are billed as output. ``truncated``: it ran
    into the output limit. ``refusal``: the model declines.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    json: Any = None
    thinking_tokens: int = 0
    truncated: bool = False
    refusal: bool = False


@dataclass(frozen=True)
class AskedMessage:
    """One message of a request. ``role``: user, assistant or tool; ``name`` and ``call_id`` of a tool's result."""

    role: str
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    name: str = ""
    call_id: str = ""


@dataclass(frozen=True)
class Asked:
    """A request in the same words for every provider. ``allowed`` are the tools that may be called now."""

    provider: str
    model: str
    system: str
    messages: tuple[AskedMessage, ...]
    tools: tuple[str, ...]
    allowed: tuple[str, ...]
    schema: dict[str, Any] | None
    body: dict[str, Any]

    @property
    def last(self) -> AskedMessage:
        """The newest message."""
        return self.messages[-1]

    @property
    def question(self) -> str:
        """The newest text of the user."""
        return next(message.text for message in reversed(self.messages) if message.role == "user" and message.text)

    @property
    def results(self) -> tuple[AskedMessage, ...]:
        """The results of tools since the user's newest message."""
        found: list[AskedMessage] = []
        for message in reversed(self.messages):
            if message.role == "user":
                break
            if message.role == "tool":
                found.insert(0, message)
        return tuple(found)


Say = Callable[[Asked], "Reply | str"]
"""A script."""


def in_turn(replies: "Iterable[Reply | str]") -> Say:
    """A script that gives these replies one after another, and fails when there are none left."""
    rest = iter(tuple(replies))

    def say(_asked: Asked) -> Reply | str:
        try:
            return next(rest)
        except StopIteration:
            raise AssertionError("the script has no reply left") from None

    return say
