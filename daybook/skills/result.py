"""A value together with where it comes from."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from daybook.contracts.tools import SourceRef

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sourced(Generic[T]):
    """A tool's value and its sources; the sources travel beside the value, never inside it."""

    value: T
    sources: tuple[SourceRef, ...] = ()
