"""The steps that shut one forked child in, in their order. Any failure ends the child before it reads a byte."""

import fcntl
import importlib.machinery
import os
import signal
import sys
from dataclasses import dataclass
from typing import Final

from sandbox.kernel import landlock, limits, privileges, seccomp

JAIL_FAILED: Final = 97
_ABOVE_ALL: Final = 100


@dataclass(frozen=True)
class JailPlan:
    """What every child of this fork server gets.

    ``base_bytes`` is the address space the fork server itself has mapped; ``ruleset`` is -1 without Landlock.
    ``tasks`` is the number of threads of its user above which a script gets no more.
    """

    base_bytes: int
    ruleset: int
    tasks: int


def take_descriptors(null: int, request: int, reply: int, output: int, *, ruleset: int = -1) -> int:
    """Arrange 0 /dev/null, 1 and 2 output, 3 request, 4 reply; close all others. Returns the ruleset's new place."""
    moved = [fcntl.fcntl(fd, fcntl.F_DUPFD, _ABOVE_ALL) for fd in (null, output, output, request, reply)]
    kept = fcntl.fcntl(ruleset, fcntl.F_DUPFD, _ABOVE_ALL + 50) if ruleset >= 0 else -1
    for place, fd in enumerate(moved):
        os.dup2(fd, place, inheritable=True)
    if kept < 0:
        os.closerange(5, 4096)
        return -1
    os.dup2(kept, 5)
    os.closerange(6, 4096)
    return 5


def detach_from_server() -> None:
    """A session of its own, default signals, killed with the fork server, nothing under its feet but /."""
    privileges.die_with_parent()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    os.chdir("/")
    os.umask(0o077)


def shut_in(plan: JailPlan, ruleset: int, *, cpu_s: int, memory_mb: int) -> None:
    """Everything up to the filter.

    Raises:
        OSError: A step was refused; the child must not go on.
    """
    memory_bytes = plan.base_bytes + memory_mb * limits.MEBIBYTE
    limits.set_limits(cpu_s=cpu_s, memory_bytes=memory_bytes, tasks=plan.tasks)
    privileges.not_dumpable()
    privileges.no_new_privileges()
    if ruleset >= 0:
        landlock.restrict_self(ruleset)
        os.close(ruleset)
    privileges.drop_bounding_set()
    privileges.drop_capabilities()


def close_the_imports() -> None:
    """From here on only what was imported before can be imported: anything else is a clean ModuleNotFoundError."""
    sys.path.clear()
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()
    sys.meta_path[:] = [importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter]


def install_filter() -> None:
    """The last step: the allow-list of system calls."""
    seccomp.install(seccomp.script_filter(os.getpid()))
