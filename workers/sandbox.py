"""The sandbox worker: serves ``sandbox.*``, holds nothing. Scripts run in its engine, never in its own process.

The engine is a jail that this worker starts as a child process, or, where ``DAYBOOK_SANDBOX_SOCKET`` names a Unix
socket, the runner that listens there. Without a jail that holds (tier 0) the worker refuses scripts, and still answers
the day's preflight.
"""

import atexit
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from temporalio.client import Client

from activities.sandbox import SandboxActivities, facts_of
from activities.serving import served_by
from daybook.contracts.calls import Layer
from daybook.settings import Settings
from sandbox.client import RemoteEngine
from sandbox.engine import JailEngine
from sandbox.errors import SandboxError
from sandbox.model import ScriptEngine
from workers.hosting import run_worker

SOCKET_VARIABLE: Final = "DAYBOOK_SANDBOX_SOCKET"
SCRIPTS_AT_ONCE: Final = 4

_log = logging.getLogger("daybook.sandbox")


def build_engine(environment: Mapping[str, str]) -> ScriptEngine:
    """Return the engine an environment asks for. Nothing is started yet."""
    socket_path = environment.get(SOCKET_VARIABLE, "")
    return RemoteEngine(socket_path) if socket_path else JailEngine(idle_children=SCRIPTS_AT_ONCE - 1)


def announce(engine: ScriptEngine) -> None:
    """Start the engine, and log what it protects; an engine that is away is asked again when a script comes."""
    try:
        facts = facts_of(engine.probe())
    except SandboxError as error:
        _log.warning("scripts wait for the sandbox: %s", error)
        return
    for fact in facts:
        _log.info("%s", fact)


def rooms(settings: Settings, client: Client) -> Sequence[Callable[..., Any]]:
    """Build the sandbox layer's activities."""
    engine = build_engine(os.environ)
    atexit.register(engine.close)
    announce(engine)
    return served_by(SandboxActivities(engine))


if __name__ == "__main__":
    run_worker(Layer.SANDBOX, rooms=rooms, threads=SCRIPTS_AT_ONCE)
