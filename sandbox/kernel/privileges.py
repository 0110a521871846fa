"""Giving up what a process could do: its user, its capabilities, new privileges, and being looked into."""

import ctypes
import os
import signal
import struct
from typing import Final

from sandbox.errors import KernelRefused
from sandbox.kernel import libc
from sandbox.kernel.syscalls import here

NOBODY: Final = 65_534
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 23, 24, 38
_CAPABILITY_VERSION_3: Final = 0x20080522


def become_nobody() -> None:
    """Leave root for good: no groups, and uid and gid 65534."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def no_new_privileges() -> None:
    """No program started from here on can gain privileges."""
    libc.prctl("PR_SET_NO_NEW_PRIVS", PR_SET_NO_NEW_PRIVS, 1)


def not_dumpable() -> None:
    """No other process of the same user may read this one's memory or attach to it."""
    libc.prctl("PR_SET_DUMPABLE", PR_SET_DUMPABLE, 0)


def die_with_parent() -> None:
    """Be killed when the process that forked this one ends."""
    libc.prctl("PR_SET_PDEATHSIG", PR_SET_PDEATHSIG, int(signal.SIGKILL))


def drop_bounding_set() -> bool:
    """Drop every capability from the bounding set; False where that is not permitted (there are none to use then)."""
    for capability in range(64):
        try:
            if libc.prctl("PR_CAPBSET_READ", PR_CAPBSET_READ, capability) == 0:
                continue
        except KernelRefused:
            break
        try:
            libc.prctl("PR_CAPBSET_DROP", PR_CAPBSET_DROP, capability)
        except KernelRefused:
            return False
    return True


def drop_capabilities() -> None:
    """Hold no capability at all.

    Raises:
        KernelRefused: The kernel refused.
    """
    machine = here()
    if machine is None:
        raise KernelRefused(38, "no system call table for this machine")
    header = ctypes.create_string_buffer(struct.pack("Ii", _CAPABILITY_VERSION_3, 0), 8)
    libc.syscall("capset", machine.number("capset"), header, ctypes.create_string_buffer(24))
