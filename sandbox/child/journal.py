"""The script's side of the journal: answers a call that was made before, stops the turn at one that was not."""

from dataclasses import dataclass
from typing import Any

from sandbox.child.convert import Converter, NotPlain
from sandbox.child.stop import Stop
from sandbox.digest import arguments_digest


class ToolError(Exception):
    """A tool answered with an error, or was called wrongly. A script may catch it and go on.

    Attributes: ``code`` (what went wrong), ``tool``, ``message``, and the tool's ``signature``.
    """

    def __init__(self, code: str, tool: str, message: str, signature: str) -> None:
        super().__init__(f"{tool}: {message} [{code}]; signature: {signature}")
        self.code = code
        self.tool = tool
        self.message = message
        self.signature = signature


BAD_ARGUMENTS = "bad_arguments"


@dataclass(frozen=True)
class Tool:
    """A tool of this run as its request describes it."""

    name: str
    parameters: tuple[str, ...]
    required: tuple[str, ...]
    signature: str
    open: bool = False

    def bind(self, positional: tuple[Any, ...], named: dict[str, Any], converter: Converter) -> dict[str, Any]:
        """The arguments by parameter name, as plain JSON.

        Raises:
            ToolError: Too many, unknown, doubled, missing, or not JSON.
        """
        parameters = self.parameters
        if self.open:
            parameters += tuple(f"arg{number}" for number in range(len(parameters) + 1, len(positional) + 1))
        if len(positional) > len(parameters):
            self._wrong(f"takes at most {len(parameters)} arguments, {len(positional)} were given")
        bound = dict(zip(parameters, positional, strict=False))
        for name, value in named.items():
            if name not in parameters and not self.open:
                self._wrong(f"has no parameter {name!r}")
            if name in bound:
                self._wrong(f"was given {name!r} twice")
            bound[name] = value
        missing = [name for name in self.required if name not in bound]
        if missing:
            self._wrong(f"needs {', '.join(missing)}")
        try:
            return {name: converter.plain(value, 1) for name, value in bound.items()}
        except NotPlain as error:
            raise ToolError(BAD_ARGUMENTS, self.name, f"an argument is {error}", self.signature) from None

    def _wrong(self, what: str) -> None:
        raise ToolError(BAD_ARGUMENTS, self.name, what, self.signature)


@dataclass(frozen=True)
class Call:
    """A call the script made, not yet numbered."""

    tool: Tool
    arguments: dict[str, Any]
    digest: str


class Journal:
    """Numbers the calls, compares them with the journal, and answers or stops."""

    def __init__(self, entries: list[dict[str, Any]], max_calls: int, stop: Stop, nodes: int, depth: int) -> None:
        self._entries = entries
        self._max_calls = max_calls
        self._stop = stop
        self._nodes = nodes
        self._depth = depth
        self.used = 0

    @property
    def complete(self) -> bool:
        """Whether every entry was asked for."""
        return self.used == len(self._entries)

    def call(self, tool: Tool, positional: tuple[Any, ...], named: dict[str, Any]) -> Call:
        """Bind a call's arguments. Raises ToolError when they do not fit."""
        arguments = tool.bind(positional, named, Converter(self._nodes, self._depth))
        return Call(tool, arguments, arguments_digest(arguments))

    def answer(self, calls: list[Call]) -> list[tuple[bool, Any]]:
        """The outcomes of calls that are outstanding together, as (ok, value or error); may never return."""
        first = self.used + 1
        self._stop_beyond_the_limit(first + len(calls) - 1)
        known = self._entries[self.used : self.used + len(calls)]
        for place, (call, entry) in enumerate(zip(calls, known, strict=False)):
            self._compare(first + place, call, entry)
        if not known:
            self._stop.pending(
                [
                    {"number": first + place, "name": call.tool.name, "arguments": call.arguments}
                    for place, call in enumerate(calls)
                ]
            )
        if len(known) < len(calls):
            self._stop.failed("not_deterministic", f"the journal ends inside the batch of calls {first} and up")
        self.used += len(known)
        return [self._outcome(call, entry) for call, entry in zip(calls, known, strict=True)]

    def _stop_beyond_the_limit(self, number: int) -> None:
        if number > self._max_calls:
            self._stop.failed("too_many_calls", f"the script made call {number}; a run may make {self._max_calls}")

    def _compare(self, number: int, call: Call, entry: dict[str, Any]) -> None:
        if entry["number"] == number and entry["name"] == call.tool.name and entry["digest"] == call.digest:
            return
        what = "the same tool with other arguments" if entry["name"] == call.tool.name else f"{entry['name']}"
        self._stop.failed(
            "not_deterministic", f"call {number} is {call.tool.name} now, but was {what} in an earlier turn"
        )

    @staticmethod
    def _outcome(call: Call, entry: dict[str, Any]) -> tuple[bool, Any]:
        if entry["ok"]:
            return True, entry["value"]
        tool = call.tool
        return False, ToolError(entry["error_code"], tool.name, entry["error_message"], tool.signature)
