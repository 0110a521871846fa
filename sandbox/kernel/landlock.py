"""Landlock: a ruleset that handles every right this kernel knows and grants none of them."""

import ctypes
from typing import Final

from sandbox.errors import KernelRefused
from sandbox.kernel import libc
from sandbox.kernel.syscalls import NUMBERS

CREATE: Final = NUMBERS["landlock_create_ruleset"][0] or 0
RESTRICT: Final = NUMBERS["landlock_restrict_self"][0] or 0
VERSION_FLAG: Final = 1
# How many file-system rights each version of the interface knows (linux/landlock.h).
FILE_RIGHTS_BITS: Final = {1: 13, 2: 14, 3: 15, 4: 15}
NEWEST_FILE_RIGHTS_BITS: Final = 16


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


def version() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    try:
        return libc.syscall("landlock version", CREATE, None, 0, VERSION_FLAG)
    except (KernelRefused, AttributeError):
        return 0


def deny_everything() -> int:
    """A ruleset descriptor that denies all files, TCP, abstract sockets and signals outside, as far as known here.

    Raises:
        KernelRefused: Landlock is not to be had.
    """
    known = version()
    attributes = _Ruleset(
        (1 << FILE_RIGHTS_BITS.get(known, NEWEST_FILE_RIGHTS_BITS)) - 1,
        0b11 if known >= 4 else 0,
        0b11 if known >= 6 else 0,
    )
    size = 8 if known < 4 else 16 if known < 6 else 24
    return libc.syscall("landlock_create_ruleset", CREATE, ctypes.byref(attributes), size, 0)


def restrict_self(ruleset: int) -> None:
    """Put this process under the ruleset, for good.

    Raises:
        KernelRefused: The kernel refused.
    """
    libc.syscall("landlock_restrict_self", RESTRICT, ruleset, 0)
