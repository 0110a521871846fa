"""Read one request, run its script, send one frame. The last thing a jailed child does."""

import ast
import asyncio
import datetime as dt
import os
import sys
import traceback
import types
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox import frames
from sandbox.child.clock import VirtualClock
from sandbox.child.convert import Converter, NotPlain
from sandbox.child.journal import BAD_ARGUMENTS, Journal, Tool, ToolError
from sandbox.child.loop import ScriptLoop, ScriptLoopPolicy
from sandbox.child.randomness import Randomness
from sandbox.child.shape import Shape, keep_value_of_main, read_shape
from sandbox.child.stop import Stop

REQUEST_FD = 3
MAX_REQUEST_BYTES = 64 << 20
SCRIPT = "<script>"


def serve_one(request_fd: int = REQUEST_FD) -> None:
    """Wait for the request of this child's only turn and run it; returns only when none came."""
    world = World()
    world.rehearse()
    body = frames.read_frame(lambda size: os.read(request_fd, size), MAX_REQUEST_BYTES)
    if body is None:
        return
    os.close(request_fd)
    Turn(frames.parse(body), Stop(), world).run()


class World:
    """Time and chance of this process. Made, and gone through once, while the child still waits for its request."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.randomness = Randomness()
        self.clock.install()
        self.randomness.install()

    def start(self, now: str, seed: int) -> None:
        """Begin at this instant, from this seed."""
        self.clock.start(dt.datetime.fromisoformat(now))
        self.randomness.start(seed)

    def rehearse(self) -> None:
        """Touch the memory a turn writes to, so that the pages are this child's own before it matters."""
        self.start("2026-01-01T00:00:00+09:00", 0)
        tree = ast.parse("import json\nasync def work():\n    return [1, 'a', {'b': 2.5}]\nresult = await work()")
        keep_value_of_main(tree)
        program = compile(tree, SCRIPT, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if read_shape(tree).waits else 0)
        space: dict[str, Any] = {}
        asyncio.set_event_loop_policy(ScriptLoopPolicy(lambda: ScriptLoop(Journal([], 1, Stop(), 1, 1), self.clock)))
        asyncio.run(eval(program, space))  # noqa: S307 - our own text
        frames.parse(frames.encode({"result": Converter(100, 10).plain(space["result"])})[frames.HEADER.size :])


class Turn:
    """One run of one script from its start."""

    def __init__(self, request: dict[str, Any], stop: Stop, world: World) -> None:
        self._stop = stop
        self._code: str = request["code"]
        self._limits: dict[str, Any] = request["limits"]
        self._journal = Journal(
            request["journal"], self._limits["calls"], stop, self._limits["nodes"], self._limits["depth"]
        )
        self._tools = [
            Tool(tool["name"], tuple(tool["parameters"]), tuple(tool["required"]), tool["signature"], tool["open"])
            for tool in request["tools"]
        ]
        self._inputs: dict[str, Any] = request["inputs"]
        world.start(request["now"], request["seed"])
        asyncio.set_event_loop_policy(ScriptLoopPolicy(lambda: ScriptLoop(self._journal, world.clock)))
        self._called: frozenset[str] = frozenset()

    def run(self) -> None:
        """Run to the one frame that ends the turn."""
        try:
            tree = ast.parse(self._code, SCRIPT)
            shape = read_shape(tree)
            if not shape.sets_result:
                keep_value_of_main(tree)
            program = compile(tree, SCRIPT, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            self._stop.failed("syntax_error", f"{type(error).__name__}: {error}", getattr(error, "lineno", None))
        except (RecursionError, MemoryError) as error:
            self._stop.failed("syntax_error", f"the script nests too deep to be read ({type(error).__name__})")
        self._called = shape.called_names
        space = self._namespace(shape)
        try:
            self._execute(program, shape, space)
        except SystemExit as leaving:
            if leaving.code not in (None, 0):
                self._stop.failed("script_error", f"SystemExit: {leaving.code}", _line_of(leaving))
        except BaseException as error:  # noqa: BLE001 - whatever the script raised ends the turn
            self._fail(error)
        self._finish(space)

    def _namespace(self, shape: Shape) -> dict[str, Any]:
        make = self._waiting_tool if shape.waits else self._plain_tool
        functions = {tool.name: make(tool) for tool in self._tools}
        offered: dict[str, Any] = {**functions, "ToolError": ToolError}
        _add_module("tools", offered)
        for module, names in shape.tool_imports:
            if module not in sys.modules and all(name in offered for name in names):
                _add_module(module, offered)
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        space = main.__dict__
        space.update(offered, gather=asyncio.gather, inputs=self._inputs)
        return space

    def _waiting_tool(self, tool: Tool) -> Callable[..., Awaitable[Any]]:
        async def call(*positional: Any, **named: Any) -> Any:
            loop = asyncio.get_running_loop()
            made = self._journal.call(tool, positional, named)
            return await loop.make_call(made)  # type: ignore[attr-defined]

        return _named(call, tool)

    def _plain_tool(self, tool: Tool) -> Callable[..., Any]:
        def call(*positional: Any, **named: Any) -> Any:
            made = self._journal.call(tool, positional, named)
            ((ok, value),) = self._journal.answer([made])
            if not ok:
                raise value
            return value

        return _named(call, tool)

    def _execute(self, program: types.CodeType, shape: Shape, space: dict[str, Any]) -> None:
        outcome = eval(program, space)  # noqa: S307 - this is the jail
        if asyncio.iscoroutine(outcome):
            asyncio.run(outcome)
        main = space.get("main")
        if "result" in space or shape.calls_main or not callable(main):
            return
        value = main()
        if asyncio.iscoroutine(value):
            value = asyncio.run(value)
        space["result"] = value

    def _finish(self, space: dict[str, Any]) -> None:
        try:
            result = Converter(self._limits["nodes"], self._limits["depth"]).plain(space.get("result"))
            size = len(frames.encode(result))
        except NotPlain as error:
            reason = "result_too_large" if "too many" in str(error) else "bad_result"
            self._stop.failed(reason, f"the result is or holds {error}")
        except MemoryError:
            self._stop.failed("memory_limit", "the result does not fit into the run's memory")
        except BaseException as error:  # noqa: BLE001 - the script's own objects may do anything when read
            self._stop.failed("bad_result", f"the result cannot be read: {type(error).__name__}")
        if size > self._limits["result_bytes"]:
            limit = self._limits["result_bytes"]
            self._stop.failed("result_too_large", f"the result is {size} bytes of JSON; at most {limit} are taken")
        if not self._journal.complete:
            self._stop.failed("not_deterministic", "the script ended without making calls it made in an earlier turn")
        self._stop.done(result, self._journal.used)

    def _fail(self, error: BaseException) -> None:
        line = _line_of(error)
        message = _describe(error)
        if isinstance(error, MemoryError):
            self._stop.failed("memory_limit", message or "MemoryError", line)
        if isinstance(error, ToolError) and error.code == BAD_ARGUMENTS:
            self._stop.failed("bad_arguments", message, line)
        names = ", ".join(tool.name for tool in self._tools) or "none"
        unknown = isinstance(error, NameError) and getattr(error, "name", "") in self._called
        from_tools = isinstance(error, ImportError) and getattr(error, "name", "") == "tools"
        if (unknown and not isinstance(error, UnboundLocalError)) or from_tools:
            self._stop.failed("unknown_tool", f"{message}; the tools of this run: {names}", line)
        if "'coroutine' object" in message or "coroutine object" in message:
            message += " (a tool is an async function: write `await tool(...)`)"
        self._stop.failed("script_error", message, line)


def _named(function: Callable[..., Any], tool: Tool) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = tool.name
    function.__doc__ = tool.signature
    return function


def _add_module(name: str, offered: dict[str, Any]) -> None:
    parent, _, child = name.rpartition(".")
    if parent and parent not in sys.modules:
        _add_module(parent, {})
        sys.modules[parent].__dict__["__path__"] = []
    module = types.ModuleType(name)
    module.__dict__.update(offered)
    sys.modules[name] = module
    if parent:
        setattr(sys.modules[parent], child, module)


def _line_of(error: BaseException) -> int | None:
    try:
        steps = traceback.walk_tb(error.__traceback__)
        lines = [line for frame, line in steps if frame.f_code.co_filename == SCRIPT]
        return lines[-1] if lines else None
    except Exception:  # noqa: BLE001 - a hostile exception may break its own traceback
        return None


def _describe(error: BaseException) -> str:
    try:
        inner = error
        while isinstance(inner, BaseExceptionGroup) and len(inner.exceptions) == 1:
            inner = inner.exceptions[0]
        return f"{type(inner).__name__}: {inner}"
    except BaseException:  # noqa: BLE001 - a hostile exception may break its own text
        return "an exception that cannot be described"
