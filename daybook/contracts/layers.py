"""The privilege layers, and the shape of a call from a workflow to one of them."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")


class Layer(StrEnum):
    """A privilege layer; each has one task queue of the same name."""

    CONTROL = "control"
    SANDBOX = "sandbox"
    PIPELINE = "pipeline"
    TRADING = "trading"


class Effect(StrEnum):
    """What a call does to the world."""

    READ = "read"
    RECORD = "record"
    PREPARE = "prepare"
    """Makes a draft that does nothing until a person agrees to it."""
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Call(Generic[A, R]):
    """One call a workflow may make.

    Args:
        name: activity name, ``layer.verb_object``.
        layer: the layer that serves it; also its task queue.
        argument: type of the single argument.
        result: type of the result (``type(None)`` for none).
        timeout: start-to-close limit of one attempt.
        attempts: attempts the server may make; 0 means until it succeeds.
        effect: what it does to the world; ``ORDER`` calls must have one attempt.
        heartbeat: silence after which the worker counts as dead; the worker beats by itself while it works.
        not_retryable: error types after which another attempt is useless.
    """

    name: str
    layer: Layer
    argument: type[A]
    result: type[R]
    timeout: timedelta
    attempts: int = 0
    effect: Effect = Effect.READ
    heartbeat: timedelta = timedelta(seconds=5)
    not_retryable: tuple[str, ...] = field(default=("Configuration", "BadRequest"))

    def __post_init__(self) -> None:
        if not self.name.startswith(f"{self.layer.value}."):
            raise ValueError(f"call {self.name} must be named after its layer {self.layer.value}")
        if self.effect is Effect.ORDER and self.attempts != 1:
            raise ValueError(f"call {self.name} places orders and must have exactly one attempt")
