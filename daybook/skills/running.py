"""Run one tool: check the arguments, inject, keep the time, and always come back with a reply."""

import asyncio
import inspect
import json
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from daybook.contracts.base import KST
from daybook.contracts.tools import SourceRef, ToolReply, ToolRequest, ToolStatus
from daybook.logs import mask
from daybook.skills.context import NotConfigured, ToolContext
from daybook.skills.errors import BadArguments, SourceUnavailable, ToolError, ToolRefused, UnknownTool
from daybook.skills.replies import jsonable
from daybook.skills.result import Sourced
from daybook.skills.spec import ToolSpec
from daybook.skills.stub import signature_of

Providers = Mapping[type, object]
"""What a worker can inject, by the type that tools ask for."""

LARGEST_ARGUMENTS_BYTES = 16_000
_MOST_SOURCES = 50
_LONGEST_MESSAGE = 500
_log = logging.getLogger("daybook.skills")


def _korean_now() -> datetime:
    return datetime.now(KST)


async def run_tool(
    spec: ToolSpec, request: ToolRequest, providers: Providers, *, clock: Callable[[], datetime] = _korean_now
) -> ToolReply:
    """Run a tool and return its value or the reason why there is none; never raises for what a tool does.

    A function that is not async runs in a thread; when its time is up the reply comes back and the thread's result is
    dropped.

    Args:
        spec: the tool; a request for another name is answered UNKNOWN_TOOL.
        request: its arguments, the run it serves, and the point in time.
        providers: what may be injected; a ``NotConfigured`` says why something is missing.
        clock: the time, with an offset.
    """
    started = time.monotonic()
    try:
        value, sources = await _run(spec, request, providers, clock)
        status, message = ToolStatus.OK, ""
    except UnknownTool as error:
        value, sources, status, message = None, (), ToolStatus.UNKNOWN_TOOL, str(error)
    except ToolError as error:
        value, sources, status, message = None, (), error.status, str(error)
    except Exception as error:  # noqa: BLE001 - whatever a tool does, its caller gets a coded reply and the log the rest
        _log.exception("tool %s failed in run %s, call %d", spec.name, request.run_id, request.number)
        code = f"INTERNAL:{type(error).__name__}"
        value, sources, status = None, (), ToolStatus.FAILED
        message = f"{spec.name} failed ({code}); the {spec.layer.value} worker's log has the reason"
    return ToolReply(
        tool=request.tool,
        status=status,
        value=value,
        message=_one_line(message),
        sources=sources[:_MOST_SOURCES],
        is_untrusted=spec.is_untrusted,
        elapsed_ms=int((time.monotonic() - started) * 1000),
    )


async def _run(
    spec: ToolSpec, request: ToolRequest, providers: Providers, clock: Callable[[], datetime]
) -> tuple[Any, tuple[SourceRef, ...]]:
    if request.tool != spec.name:
        raise UnknownTool(request.tool)
    arguments = check_arguments(spec, request.arguments)
    if request.as_of is not None and not spec.takes_context:
        raise ToolRefused(f"{spec.name} knows the present only, and this run stands at {request.as_of.isoformat()}")
    given = {name: getattr(arguments, name) for name in type(arguments).model_fields}
    given |= {name: _provider(spec, wanted, providers) for name, wanted in spec.injected.items()}
    if spec.takes_context:
        now = request.as_of or clock()
        given[spec.takes_context] = ToolContext(request.run_id, request.number, request.as_of, now)
    result = await _in_time(spec, given)
    value, sources = (result.value, tuple(result.sources)) if isinstance(result, Sourced) else (result, ())
    _check_point_in_time(spec, request, sources)
    return jsonable(spec, value), sources


def check_arguments(spec: ToolSpec, arguments: Mapping[str, Any]) -> BaseModel:
    """Return the validated arguments.

    Raises:
        BadArguments: one line with the signature and what is wrong with which argument.
    """
    text = json.dumps(dict(arguments), ensure_ascii=False)
    if len(text) > LARGEST_ARGUMENTS_BYTES:
        raise BadArguments(f"{signature_of(spec)}: the arguments are larger than {LARGEST_ARGUMENTS_BYTES:,} bytes")
    try:
        return spec.arguments.model_validate_json(text)
    except ValidationError as error:
        raise BadArguments(f"{signature_of(spec)}: {_complaints(error)}") from error


def _complaints(error: ValidationError) -> str:
    lines = []
    for entry in error.errors(include_url=False, include_input=False)[:3]:
        place = ".".join(str(part)[:48] for part in entry["loc"]) or "arguments"
        known = {"missing": "is missing", "extra_forbidden": "is not an argument of this tool"}
        lines.append(f"{place} {known.get(entry['type']) or ': ' + entry['msg']}".replace(" : ", ": "))
    return "; ".join(lines)


def _provider(spec: ToolSpec, wanted: type, providers: Providers) -> object:
    provider = providers.get(wanted)
    if isinstance(provider, NotConfigured):
        raise SourceUnavailable(f"{spec.name} is not available: {provider.how}")
    if provider is None:
        what = (inspect.getdoc(wanted) or "").partition("\n")[0].partition(". ")[0].rstrip(".")
        raise SourceUnavailable(
            f"{spec.name} needs {wanted.__name__}{f' ({what})' if what else ''}, "
            f"and the {spec.layer.value} worker was started without it"
        )
    return provider


async def _in_time(spec: ToolSpec, given: dict[str, Any]) -> object:
    limit = asyncio.timeout(spec.timeout_s)
    try:
        async with limit:
            if inspect.iscoroutinefunction(spec.function):
                return await spec.function(**given)
            return await asyncio.to_thread(spec.function, **given)
    except TimeoutError:
        if not limit.expired():
            raise
        raise SourceUnavailable(f"{spec.name} gave no answer within {spec.timeout_s:g} s; try again later") from None


def _check_point_in_time(spec: ToolSpec, request: ToolRequest, sources: tuple[SourceRef, ...]) -> None:
    if request.as_of is None:
        return
    late = [entry.name for entry in sources if entry.published_at is not None and entry.published_at > request.as_of]
    if late:
        _log.error("tool %s used sources from after %s: %s", spec.name, request.as_of, late[:3])
        raise ToolRefused(f"{spec.name} found only what was published after {request.as_of.isoformat()}")


def _one_line(text: str) -> str:
    line = mask(" ".join(text.split()))
    return line if len(line) <= _LONGEST_MESSAGE else line[: _LONGEST_MESSAGE - 1] + "…"
