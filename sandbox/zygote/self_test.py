"""Run in a real jailed child at the start: everything a script must not do is tried, and must fail."""

import ctypes
import errno
import mmap
import os
import socket
from collections.abc import Callable
from typing import Any

from sandbox.errors import KernelRefused
from sandbox.kernel import libc
from sandbox.kernel.facts import parse_status
from sandbox.kernel.syscalls import here

REFUSED = (errno.EPERM, errno.EACCES, errno.ENOENT, errno.ENOSYS)


def second_layer(namespaces: bool) -> dict[str, str]:
    """Before the filter: what Landlock or the namespaces hold on their own."""
    outcome = {}
    try:
        seen = os.listdir("/")
        outcome["files behind the second layer"] = "ok" if not seen else f"{len(seen)} names in /"
    except OSError:
        outcome["files behind the second layer"] = "ok"
    if namespaces:
        interfaces = [name for _, name in socket.if_nameindex()]
        outcome["network of its own"] = "ok" if not set(interfaces) - {"lo"} else f"interfaces {interfaces}"
    return outcome


def under_the_filter(status_fd: int) -> dict[str, str]:
    """After the filter: each attempt by its outcome, "ok" when it was refused as it must be.

    Args:
        status_fd: This process's /proc status, opened before the jail, or -1.
    """
    outcome = {name: _attempt(action) for name, action in _attempts().items()}
    if status_fd >= 0:
        status = parse_status(os.read(status_fd, 65_536).decode())
        outcome["status Seccomp 2"] = "ok" if status.get("Seccomp") == "2" else f"it is {status.get('Seccomp')}"
        outcome["status NoNewPrivs 1"] = "ok" if status.get("NoNewPrivs") == "1" else "it is not set"
        outcome["status no capability"] = "ok" if int(status.get("CapEff", "1"), 16) == 0 else "some are held"
    outcome["not root"] = "ok" if os.getuid() != 0 else "uid 0"
    return outcome


def _attempt(action: Callable[[], Any]) -> str:
    try:
        action()
    except OSError as error:
        return "ok" if error.errno in REFUSED else f"failed with {error.errno}"
    return "it worked"


def _attempts() -> dict[str, Callable[[], Any]]:
    machine = here()
    if machine is None:
        raise KernelRefused(errno.ENOSYS, "no system call table for this machine")

    def raw(name: str, *arguments: Any) -> Callable[[], Any]:
        number = machine.number(name)
        return lambda: libc.syscall(name, number, *arguments)

    path = ctypes.create_string_buffer(b"/proc/self/status")
    at_cwd = -100
    return {
        "open": raw("openat", at_cwd, path, os.O_RDONLY, 0),
        "open for writing": raw("openat", at_cwd, path, os.O_WRONLY | os.O_CREAT, 0o600),
        "openat2": raw("openat2", at_cwd, path, ctypes.create_string_buffer(24), 24),
        "look at a path": lambda: os.stat("/"),
        "socket": raw("socket", 1, 1, 0),
        "socket pair": raw("socketpair", 1, 2, 0, ctypes.create_string_buffer(8)),
        "fork": _try_fork,
        "new user namespace": raw("unshare", 0x10000000),
        "execve": raw("execve", path, None, None),
        "kill": lambda: os.kill(os.getppid() or 1, 0),
        "ptrace": raw("ptrace", 0, 0, 0, 0),
        "process_vm_readv": raw("process_vm_readv", 1, None, 0, None, 0, 0),
        "pidfd_open": raw("pidfd_open", os.getpid(), 0),
        "memfd_create": raw("memfd_create", path, 0),
        "executable memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
        "io_uring": raw("io_uring_setup", 1, ctypes.create_string_buffer(120)),
        "bpf": raw("bpf", 0, None, 0),
        "userfaultfd": raw("userfaultfd", 0),
        "mount": raw("mount", None, path, None, 0, None),
        "prctl": raw("prctl", 4, 1, 0, 0, 0),
    }


def _try_fork() -> None:
    if os.fork() == 0:
        os._exit(0)
