"""What is known of one tool: the only source of everything that is derived from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, TypeAdapter

from daybook.contracts.layers import Effect, Layer

GROUPS = ("market_data", "fundamental", "technical", "trading", "intelligence")
"""The groups of skills, in the order they are shown."""


class Cost(StrEnum):
    """What a call costs beyond its tokens."""

    LOW = "low"
    """Computed here or one cheap request."""
    MEDIUM = "medium"
    """Several requests or seconds of work; counts against a source's rate limit."""
    HIGH = "high"
    """Money: a model is paid for the answer."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One declared tool. Two specs are equal when their names and digests are.

    Args:
        name: unique over all skills.
        group: first part of the skill's name.
        skill: ``group.skill``.
        description: the English line a model sees.
        parameters: trimmed JSON schema of the arguments, without references.
        returns: JSON schema of the value, with ``$defs``.
        layer: the layer it runs on.
        effect: what it does to the world; never ORDER.
        cost: what a call costs beyond its tokens.
        timeout_s: seconds until the call is given up.
        is_untrusted: its value holds text from outside the desk.
        keywords: words that speak for it, Korean and English.
        digest: SHA-256 over all that a caller relies on: name, description, schemas, effect, layer, trust.
        function: the declared function.
        arguments: model that validates the arguments.
        result: adapter of the declared type of the value.
        injected: keyword-only parameter to the type it is injected by; ``context`` is not among them.
        takes_context: name of the parameter that takes the ``ToolContext``; empty when the tool knows no point in time.
    """

    name: str
    group: str
    skill: str
    description: str
    parameters: Mapping[str, Any] = field(compare=False, repr=False)
    returns: Mapping[str, Any] = field(compare=False, repr=False)
    layer: Layer
    effect: Effect
    cost: Cost
    timeout_s: float
    is_untrusted: bool
    keywords: tuple[str, ...] = field(compare=False, repr=False)
    digest: str
    function: Callable[..., Any] = field(compare=False, repr=False)
    arguments: type[BaseModel] = field(compare=False, repr=False)
    result: TypeAdapter[Any] = field(compare=False, repr=False)
    injected: Mapping[str, type] = field(compare=False, repr=False)
    takes_context: str = field(default="", compare=False, repr=False)
