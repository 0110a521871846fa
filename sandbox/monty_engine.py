"""A second, optional engine: Monty, an interpreter of a part of Python, for hosts without a jail.

Never mixed with the jail within a run, and never a silent fallback: whoever configures it gets it. It runs about half
of ordinary scripts (no numpy, pandas, generators, inheritance); what it does not know is the reason UNSUPPORTED.
``ToolError`` is RuntimeError there, its code and signature in its text.
"""

import datetime as dt
import importlib
import time
from typing import Any, Final

from sandbox.budget import OverBudget, check
from sandbox.child.convert import Converter
from sandbox.child.journal import BAD_ARGUMENTS, Tool, ToolError
from sandbox.digest import arguments_digest, canonical_json
from sandbox.errors import SandboxUnavailable
from sandbox.model import MAX_CODE_BYTES, Advance, AdvanceRequest, PendingCall, Reason, Status, ToolSignature
from sandbox.parent.replies import Reply, failed
from sandbox.parent.requests import check_request
from sandbox.report import SandboxReport

ENGINE: Final = "monty"
MODULE: Final = "pydantic_monty"
MEBIBYTE: Final = 1 << 20
UNSUPPORTED: Final = ("NotImplementedError", "not supported", "not yet supported", "No module named")
NO_RESULT: Final = "name 'result' is not defined"


class MontyEngine:
    """Scripts in worker processes of the ``pydantic-monty`` package (an optional extra)."""

    name = ENGINE

    def __init__(self, *, binary_path: str | None = None, workers: int = 2) -> None:
        """Start the pool.

        Args:
            binary_path: The worker program, or one that shuts itself in and then becomes it.
            workers: How many may run at a time.

        Raises:
            SandboxUnavailable: The package is not installed.
        """
        try:
            self._monty: Any = importlib.import_module(MODULE)
        except ImportError as error:
            raise SandboxUnavailable(f"{MODULE} is not installed") from error
        options = {"binary_path": binary_path} if binary_path else {}
        self._jailed = binary_path is not None
        self._pool = self._monty.Monty(min_processes=1, max_processes=workers, **options)
        self._pool.__enter__()

    def advance(self, request: AdvanceRequest) -> Advance:
        """Run one turn.

        Raises:
            InvalidRequest: The request is not well formed.
        """
        started = time.perf_counter()
        check_request(request)
        output = self._monty.CollectString(max_bytes=request.limits.stdout_bytes)
        if len(request.code.encode("utf-8", "replace")) > MAX_CODE_BYTES:
            reply = failed(Reason.CODE_TOO_LARGE, f"a script may have {MAX_CODE_BYTES} bytes")
        else:
            reply = self._reply(request, output)
        text = output.output
        return Advance(
            status=reply.status,
            calls=reply.calls,
            result=reply.result,
            stdout=text,
            stdout_bytes=len(text.encode("utf-8", "replace")),
            reason=reply.reason,
            message=reply.message,
            line=reply.line,
            engine=ENGINE,
            tier=1,
            wall_ms=round((time.perf_counter() - started) * 1000, 3),
        )

    def probe(self) -> SandboxReport:
        """What holds a script here: the interpreter itself, in a process of its own."""
        missing = () if self._jailed else ("seccomp, Landlock, namespaces around the worker process",)
        return SandboxReport(
            engine=ENGINE,
            tier=1,
            protects=("an interpreter without files, network or processes, in its own process with its own limits",),
            missing=missing,
        )

    def close(self) -> None:
        """End the workers."""
        self._pool.__exit__(None, None, None)

    def _reply(self, request: AdvanceRequest, output: Any) -> Reply:
        limits = request.limits
        now = dt.datetime.fromisoformat(request.now)
        session = self._pool.checkout(
            script_name="<script>",
            limits={
                "max_feed_duration_secs": min(limits.wall_s, float(limits.cpu_s)),
                "max_memory": limits.memory_mb * MEBIBYTE,
                "max_suspensions": 4 * limits.calls + 100,
            },
            os_policy={"datetime": now, "sleep": "zero", "random_start": {"seed": request.seed}},
        )
        turn = _Turn(self._monty, request)
        try:
            with session as opened:
                return turn.run(opened, output)
        except self._monty.MontySyntaxError as error:
            return Reply(Status.FAILED, reason=Reason.SYNTAX_ERROR, message=str(error), line=_line(error))
        except self._monty.MontyCrashedError as error:
            return failed(Reason.TIMEOUT if error.timed_out else Reason.DIED, str(error))
        except self._monty.MontyError as error:
            return _runtime_failure(error)
        except OverBudget as error:
            return failed(Reason.BAD_RESULT, f"the script's value is or holds {error}")


class _Turn:
    def __init__(self, monty: Any, request: AdvanceRequest) -> None:
        self._monty = monty
        self._request = request
        self._tools = {tool.name: tool for tool in request.tools}
        # The only question asked of the text: whether a tool answers at once or is awaited.
        self._waits = "await" in request.code or "async" in request.code
        self._open: dict[int, tuple[str, dict[str, Any], str]] = {}
        self._used = 0

    def run(self, session: Any, output: Any) -> Reply:
        session.feed_run("ToolError = RuntimeError")
        step = session.feed_start(
            self._request.code,
            inputs={"inputs": self._request.inputs},
            external_lookup=dict.fromkeys(self._tools, _never),
            print_callback=output,
        )
        while not isinstance(step, self._monty.MontyComplete):
            outcome = self._step(step)
            if isinstance(outcome, Reply):
                return outcome
            step = outcome
        return self._finish(session)

    def _step(self, step: Any) -> Any:
        if isinstance(step, self._monty.FutureSnapshot):
            # The package gives the open calls in any order.
            return self._answer(step, sorted(step.pending_call_ids))
        if not isinstance(step, self._monty.FunctionSnapshot) or step.is_os_function:
            return step.resume_auto()
        tool = self._tools.get(step.function_name)
        if tool is None:
            return failed(Reason.UNKNOWN_TOOL, f"{step.function_name!r:.60} is no tool of this run")
        try:
            arguments = _bind(tool, step.args, step.kwargs, self._request)
        except ToolError as error:
            return step.resume({"exception": RuntimeError(str(error))})
        self._open[step.call_id] = (tool.name, arguments, arguments_digest(arguments))
        if self._waits:
            return step.resume({"future": ...})
        return self._answer(step, [step.call_id])

    def _answer(self, step: Any, call_ids: list[int]) -> Any:
        journal, limits = self._request.journal, self._request.limits
        calls = [self._open.pop(call_id) for call_id in call_ids]
        first = self._used + 1
        if self._used + len(calls) > limits.calls:
            return failed(Reason.TOO_MANY_CALLS, f"a run may make {limits.calls} calls")
        known = journal[self._used : self._used + len(calls)]
        for place, (entry, call) in enumerate(zip(known, calls, strict=False)):
            if (entry.name, entry.digest) != (call[0], call[2]):
                return failed(Reason.NOT_DETERMINISTIC, f"call {first + place} is not what it was in an earlier turn")
        if not known:
            pending = tuple(PendingCall(first + place, *call) for place, call in enumerate(calls))
            return Reply(Status.PENDING, calls=pending)
        if len(known) < len(calls):
            return failed(Reason.NOT_DETERMINISTIC, f"the journal ends inside the batch of calls {first} and up")
        self._used += len(known)
        settled: list[dict[str, Any]] = []
        for entry in known:
            if entry.ok:
                settled.append({"return_value": entry.value})
            else:
                signature = self._tools[entry.name].text
                error = ToolError(entry.error_code, entry.name, entry.error_message, signature)
                settled.append({"exception": RuntimeError(str(error))})
        if isinstance(step, self._monty.FutureSnapshot):
            return step.resume(dict(zip(call_ids, settled, strict=True)))
        return step.resume(settled[0])

    def _finish(self, session: Any) -> Reply:
        limits = self._request.limits
        if self._used != len(self._request.journal):
            return failed(Reason.NOT_DETERMINISTIC, "the script ended without making calls it made in an earlier turn")
        try:
            value = session.feed_run("result")
        except self._monty.MontyRuntimeError as error:
            if NO_RESULT not in str(error):
                raise
            value = None
        # Values keep sharing their parts across the process border: walk with a budget before anything else.
        _walk(value, nodes=limits.nodes)
        plain = Converter(limits.nodes, limits.depth).plain(value)
        check(plain, nodes=limits.nodes, depth=limits.depth, text_bytes=limits.result_bytes)
        if len(canonical_json(plain)) > limits.result_bytes:
            return failed(Reason.RESULT_TOO_LARGE, f"the result is over {limits.result_bytes} bytes of JSON")
        return Reply(Status.DONE, result=plain)


def _never(*_: Any, **__: Any) -> None:
    """Stands for a tool's name; its calls arrive as steps."""


def _bind(
    tool: ToolSignature, args: tuple[Any, ...], kwargs: dict[str, Any], request: AdvanceRequest
) -> dict[str, Any]:
    limits = request.limits
    try:
        _walk([list(args), kwargs], nodes=limits.nodes)
        bound = Tool(tool.name, tool.parameters, tool.required, tool.text, tool.open).bind(
            args, kwargs, Converter(limits.nodes, limits.depth)
        )
        check(bound, nodes=limits.nodes, depth=limits.depth, text_bytes=limits.result_bytes)
    except OverBudget as error:
        raise ToolError(BAD_ARGUMENTS, tool.name, f"an argument is {error}", tool.text) from None
    return bound


def _walk(value: Any, *, nodes: int) -> None:
    stack = [value]
    while stack:
        nodes -= 1
        if nodes < 0:
            raise OverBudget("too many values")
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list | tuple | set | frozenset):
            stack.extend(item)


def _runtime_failure(error: Any) -> Reply:
    text = str(error)
    reason = Reason.SCRIPT_ERROR
    if text.startswith("MemoryError"):
        reason = Reason.MEMORY_LIMIT
    elif text.startswith("TimeoutError"):
        reason = Reason.TIMEOUT
    elif any(sign in text for sign in UNSUPPORTED):
        reason = Reason.UNSUPPORTED
    return Reply(Status.FAILED, reason=reason, message=text[:4000], line=_line(error))


def _line(error: Any) -> int | None:
    if not hasattr(error, "traceback"):
        return None
    frames = error.traceback()
    return int(frames[-1].line) if frames else None
