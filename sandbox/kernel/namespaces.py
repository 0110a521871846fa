"""Own namespaces: no network, no other processes, and a root directory with nothing in it."""

import ctypes
import os
import signal
from typing import Final

from sandbox.errors import KernelRefused
from sandbox.kernel import libc
from sandbox.kernel.privileges import become_nobody, die_with_parent, not_dumpable
from sandbox.kernel.syscalls import here

NEW_MOUNT, NEW_UTS, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 16384, 1 << 18
MNT_DETACH: Final = 2
# Any directory that exists everywhere will do: the empty file system is mounted over it and becomes the root.
MOUNT_POINT: Final = "/proc"


def unshare(flags: int, what: str) -> None:
    """Leave the namespaces named by the flags for new ones.

    Raises:
        KernelRefused: The kernel refused.
    """
    ctypes.set_errno(0)
    libc.checked(libc.library().unshare(ctypes.c_int(flags)), f"unshare {what}")


def join_pid_namespace(descriptor: int) -> None:
    """Make this PID namespace the one of the next children.

    Raises:
        KernelRefused: The kernel refused.
    """
    ctypes.set_errno(0)
    libc.checked(libc.library().setns(descriptor, NEW_PID), "setns")


def enter_empty_world() -> None:
    """Own network, IPC, host name and mounts, with an empty read-only root; root becomes nobody on the way.

    Afterwards the process holds capabilities over its own user namespace only.

    Raises:
        KernelRefused: The kernel or its policy refused (nothing can be undone: try it in a child first).
    """
    uid, gid = os.getuid(), os.getgid()
    apart = NEW_MOUNT | NEW_NET | NEW_IPC | NEW_UTS
    if uid == 0:
        unshare(apart, "as root")
    else:
        unshare(NEW_USER | apart, "as a user")
        _map_only(uid, gid)
    _mount("", "/", "", MS_REC | MS_PRIVATE)
    _mount("none", MOUNT_POINT, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,nr_inodes=2,mode=555")
    os.chdir(MOUNT_POINT)
    machine = here()
    if machine is None:
        raise KernelRefused(38, "no system call table for this machine")
    libc.syscall("pivot_root", machine.number("pivot_root"), ctypes.c_char_p(b"."), ctypes.c_char_p(b"."))
    ctypes.set_errno(0)
    libc.checked(libc.library().umount2(b".", MNT_DETACH), "umount of the old root")
    os.chdir("/")
    if uid == 0:
        become_nobody()
        unshare(NEW_USER, "of nobody")


def _map_only(uid: int, gid: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    ctypes.set_errno(0)
    outcome = libc.library().mount(
        source.encode() or None, target.encode(), kind.encode() or None, ctypes.c_ulong(flags), options.encode() or None
    )
    libc.checked(outcome, f"mount {target}")


def into_own_pid_namespace(proc: int) -> int:
    """Continue as the first process of a new PID namespace; the old process waits and hands on the exit code.

    Args:
        proc: A descriptor of the /proc directory, opened before the world became empty.

    Returns:
        A descriptor of the new namespace, to come back to after a child got its own.

    Raises:
        KernelRefused: The kernel refused.
    """
    unshare(NEW_PID, "of the fork server")
    pid = os.fork()
    if pid:
        not_dumpable()
        os.closerange(0, 1024)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    die_with_parent()
    return os.open("self/ns/pid", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
