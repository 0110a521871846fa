"""The fork server's start: import, shut itself in, test the jail in a real child, say so, serve."""

import gc
import json
import os
import signal
import socket
import sys
from typing import Any, Final

from sandbox.errors import KernelRefused
from sandbox.kernel import facts, landlock, limits, namespaces, privileges
from sandbox.zygote.jail import JailPlan
from sandbox.zygote.preload import preload
from sandbox.zygote.server import ForkServer

LANDLOCK: Final = "landlock"
NAMESPACES: Final = "namespaces"
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def main(control_fd: int, options_text: str) -> None:
    """Run the fork server on this control socket.

    Args:
        control_fd: A SOCK_SEQPACKET socket; its end ends the server.
        options_text: JSON: ``disable`` (list of layers left out), ``packages`` (list to preload).
    """
    control = socket.socket(fileno=control_fd)
    try:
        server, ready = start(control, json.loads(options_text))
    except Exception as error:  # noqa: BLE001 - the engine gets the reason and refuses to run code
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"[:2000]}).encode())
        return
    control.send(json.dumps(ready).encode())
    server.run()


def start(control: socket.socket, options: dict[str, Any]) -> tuple[ForkServer, dict[str, Any]]:
    """Everything before the loop; the server, and what it says about itself.

    Raises:
        SandboxError: The kernel refused what cannot be done without.
        OSError: The same, from Python's own calls.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shortfalls = facts.container_shortfalls()
    kernel = facts.kernel_facts()
    found = preload(tuple(options["packages"]))
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    if threads := len(os.listdir("/proc/self/task")) - 1:
        raise KernelRefused(0, f"{threads} extra threads after the imports; a fork would be unsafe")
    base_bytes = int(facts.read_text("/proc/self/statm").split()[0]) * PAGE_BYTES
    tasks = limits.tasks_of(os.getuid() or privileges.NOBODY) + limits.MAX_TASKS
    disabled = frozenset(options["disable"])
    why_no_namespaces = "switched off" if NAMESPACES in disabled else _try_namespaces()
    pid_namespace = -1
    if not why_no_namespaces:
        namespaces.enter_empty_world()
        pid_namespace = namespaces.into_own_pid_namespace(proc)
    elif os.getuid() == 0:
        privileges.drop_bounding_set()
        privileges.become_nobody()
    privileges.not_dumpable()
    privileges.no_new_privileges()
    ruleset = -1
    if LANDLOCK not in disabled and landlock.version():
        ruleset = landlock.deny_everything()
    gc.collect()
    gc.freeze()
    server = ForkServer(control, JailPlan(base_bytes, ruleset, tasks), null, pid_namespace, proc)
    findings = server.test_jail()
    os.close(proc)
    server.proc = -1
    return server, {
        "ready": True,
        "kernel": kernel,
        "container_shortfalls": shortfalls,
        "landlock": ruleset >= 0,
        "namespaces": pid_namespace >= 0,
        "why_no_namespaces": why_no_namespaces,
        "disabled": sorted(disabled),
        "self_test": findings,
        "packages": found,
        "modules": len(sys.modules),
        "uid": os.getuid(),
    }


def _try_namespaces() -> str:
    """Why namespaces cannot be had, from a child that tries; empty when they can."""
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            namespaces.enter_empty_world()
            namespaces.unshare(namespaces.NEW_PID, "of the fork server")
            code = 0
        except OSError as error:
            os.write(write_end, str(error).encode()[:500])
        finally:
            os._exit(code)
    os.close(write_end)
    said = os.read(read_end, 512).decode("utf-8", "replace")
    os.close(read_end)
    _, status = os.waitpid(pid, 0)
    return "" if status == 0 else said or f"the attempt ended with {status}"
