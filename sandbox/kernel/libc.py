"""The C library through ctypes: raw system calls and prctl, with errors as exceptions."""

import ctypes
import os
from functools import lru_cache
from typing import Any

from sandbox.errors import KernelRefused


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL:
    """The process's own C library."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def checked(outcome: int, what: str) -> int:
    """The outcome, or the error the C library left behind.

    Raises:
        KernelRefused: The outcome is negative.
    """
    if outcome < 0:
        number = ctypes.get_errno()
        raise KernelRefused(number, f"{what}: {os.strerror(number)}")
    return outcome


def syscall(what: str, number: int, *arguments: Any) -> int:
    """A raw system call.

    Raises:
        KernelRefused: It failed.
    """
    ctypes.set_errno(0)
    values = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return checked(library().syscall(ctypes.c_long(number), *values), what)


def prctl(what: str, option: int, *arguments: int) -> int:
    """The prctl call.

    Raises:
        KernelRefused: It failed.
    """
    ctypes.set_errno(0)
    values = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    return checked(library().prctl(option, *values), f"prctl {what}")
