"""What the four protocols share in a stand-in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from daybook.contracts.llm import Usage
from tests.llm.stand_ins.script import Asked, Reply


class WireError(Exception):
    """An answer that is an error: HTTP status, the provider's code and its text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Strict(BaseModel):
    """A part of a request; a field the provider does not know is an error."""

    model_config = ConfigDict(extra="forbid")


class StrictCamel(Strict):
    """The same with camelCase names on the wire; like every protobuf server it takes snake_case too."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Desk:
    """What a protocol needs to know of its stand-in.

    ``serves`` are the model names it knows; ``minimum_cacheable`` overrides the protocol's own minimum of a prefix;
    ``now`` is the clock of the cache; ``decide`` answers questions of the decision endpoints with probabilities.
    """

    api_key: str
    serves: frozenset[str]
    minimum_cacheable: int | None
    now: Callable[[], float]
    decide: Callable[[str, dict[str, Any]], dict[str, float]] | None = None
    memory: dict[Any, float] = field(default_factory=dict)
    signatures: set[str] = field(default_factory=set)

    def remembers(self, key: Any) -> bool:
        """Whether a prefix is in the cache now."""
        return self.memory.get(key, float("-inf")) >= self.now()

    def remember(self, key: Any, ttl_s: float) -> None:
        """Keep a prefix, or keep it longer."""
        self.memory[key] = max(self.memory.get(key, 0.0), self.now() + ttl_s)


@dataclass(frozen=True)
class Outcome:
    """A finished answer: the body to send and the usage in it, in the provider's and in our words."""

    body: dict[str, Any]
    raw_usage: dict[str, Any]
    usage: Usage


class Wire(Protocol):
    """One provider's protocol."""

    def check(self, request: HttpRequest, desk: Desk) -> Asked | Outcome:
        """The request in plain words; an ``Outcome`` where no model is asked (counting, lists, decisions).

        Raises:
            WireError: as the provider would answer.
        """
        ...

    def answer(self, asked: Asked, reply: Reply, desk: Desk) -> Outcome:
        """The body of the answer, with its usage."""
        ...

    def error(self, error: WireError) -> dict[str, Any]:
        """The body of an error."""
        ...

    def status_error(self, status: int, code: str) -> WireError:
        """The provider's error for an HTTP status."""
        ...


def _how_far(error: Any) -> tuple[int, bool]:
    return len(error["loc"]), error["type"] == "extra_forbidden"


@contextmanager
def refusing(status: int, code: str) -> Iterator[None]:
    """Turn a request that does not fit its models into the provider's error."""
    try:
        yield
    except ValidationError as error:
        # Of the many errors of a union the one that got furthest is the one the sender means.
        first = max(error.errors(include_url=False, include_input=False), key=_how_far)
        where = ".".join(str(part) for part in first["loc"])
        raise WireError(status, code, f"{where}: {first['msg']}") from None


def objects_in(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object schema inside a schema."""
    if isinstance(schema, list):
        for item in schema:
            yield from objects_in(item)
    if isinstance(schema, dict):
        if schema.get("type") == "object" or "properties" in schema:
            yield schema
        for value in schema.values():
            yield from objects_in(value)
