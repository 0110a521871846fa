"""Bind an activity to its row in the table of calls."""

import inspect
import typing
from collections.abc import Callable
from typing import Any, TypeVar

from temporalio import activity

from daybook.contracts.calls import Call

F = TypeVar("F", bound=Callable[..., Any])

SERVED_CALL = "__daybook_call__"


def serves(entry: Call[Any, Any]) -> Callable[[F], F]:
    """Register a function as the activity of a call.

    Raises:
        TypeError: when the function's argument or result differ from the table's.
    """

    def bind(function: F) -> F:
        hints = typing.get_type_hints(function)
        parameters = [name for name in inspect.signature(function).parameters if name != "self"]
        if len(parameters) != 1 or hints.get(parameters[0]) != entry.argument:
            raise TypeError(f"{function.__qualname__} must take one {entry.argument.__name__} to serve {entry.name}")
        if hints.get("return") != entry.result:
            raise TypeError(f"{function.__qualname__} must return {entry.result.__name__} to serve {entry.name}")
        bound = activity.defn(name=entry.name)(function)
        setattr(bound, SERVED_CALL, entry)
        return bound

    return bind


def served_by(room: object) -> list[Callable[..., Any]]:
    """Return the bound activities of a room (an object with ``@serves`` methods), in order of their names."""
    methods = (getattr(room, name) for name in dir(room) if not name.startswith("_"))
    return [method for method in methods if hasattr(method, SERVED_CALL)]
