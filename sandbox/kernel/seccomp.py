"""The allow-list a script runs under, and how it is installed.

What a script cannot do under it, whatever Python it writes: open or look at a path, make or use a socket, start a
process or a program, map an executable page, signal another process, or change a limit. Threads are possible.
"""

import ctypes
import errno
from typing import Final

from sandbox.errors import KernelRefused
from sandbox.kernel import libc
from sandbox.kernel.bpf import (
    ALLOW,
    JUMP_ANY_BIT,
    JUMP_AT_LEAST,
    JUMP_EQUAL,
    KILL,
    OFFSET_ARCHITECTURE,
    OFFSET_NUMBER,
    Instruction,
    answer,
    assemble,
    high,
    jump,
    load,
    low,
    only_for,
    refuse,
)
from sandbox.kernel.syscalls import X86_64, Architecture, here

PLAIN: Final = (  # noqa: SIM905 - one word a name is the readable form
    "read write close lseek munmap brk rt_sigaction rt_sigprocmask rt_sigreturn readv writev fstat pread64 poll ppoll "
    "select pselect6 sched_yield mremap madvise dup dup2 dup3 nanosleep clock_nanosleep clock_gettime clock_getres "
    "gettimeofday times getrusage getrlimit getpid gettid getppid getuid geteuid getgid getegid uname getcwd "
    "sigaltstack futex sched_getaffinity set_tid_address set_robust_list rseq restart_syscall membarrier getrandom "
    "exit exit_group"
).split()
# A path is never looked at: the answer is always "no such file", which programs know how to take.
PATHS: Final = (
    *("open", "openat", "stat", "lstat", "newfstatat", "statx"),
    *("access", "faccessat", "faccessat2", "readlink", "readlinkat"),
)
X32_BIT: Final = 0x40000000
CLONE_THREAD: Final = 0x00010000
CLONE_NEW_NAMESPACES: Final = 0x7E020000
PROT_EXEC: Final = 4
FCNTL_ALLOWED: Final = (0, 1, 2, 3, 4, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC
TCGETS: Final = 0x5401
PR_SET_SECCOMP: Final = 22


def script_filter(pid: int, architecture: Architecture | None = None) -> bytes:
    """The filter of one jailed process, as bytes for the kernel.

    Args:
        pid: The process's own pid as it sees it: the only one it may signal (abort does that).
        architecture: This machine's unless given.

    Raises:
        KernelRefused: There is no table for this machine.
    """
    machine = architecture or here()
    if machine is None:
        raise KernelRefused(errno.ENOSYS, "no system call table for this machine")
    program: list[Instruction] = [
        load(OFFSET_ARCHITECTURE),
        jump(JUMP_EQUAL, machine.audit, then=1, otherwise=0),
        answer(KILL),
    ]
    if machine is X86_64:
        program += [load(OFFSET_NUMBER), jump(JUMP_AT_LEAST, X32_BIT, then=0, otherwise=1), answer(KILL)]
    for call in PATHS:
        if machine.has(call):
            program += only_for(machine.number(call), [refuse(errno.ENOENT)])
    program += only_for(machine.number("clone3"), [refuse(errno.ENOSYS)])
    program += only_for(machine.number("clone"), _threads_only())
    for call in ("mmap", "mprotect"):
        program += only_for(machine.number(call), _without_bits(2, PROT_EXEC))
    program += only_for(machine.number("fcntl"), _one_of(1, FCNTL_ALLOWED))
    program += only_for(machine.number("ioctl"), _one_of(1, (TCGETS,)))
    program += only_for(machine.number("tgkill"), _one_of(0, (pid,)))
    program += only_for(machine.number("prlimit64"), _own_limits_read_only())
    program.append(load(OFFSET_NUMBER))
    for call in PLAIN:
        if machine.has(call):
            program += [jump(JUMP_EQUAL, machine.number(call), then=0, otherwise=1), answer(ALLOW)]
    program.append(refuse(errno.EPERM))
    return assemble(program)


def _threads_only() -> list[Instruction]:
    return [
        low(0),
        jump(JUMP_ANY_BIT, CLONE_THREAD, then=0, otherwise=2),
        jump(JUMP_ANY_BIT, CLONE_NEW_NAMESPACES, then=1, otherwise=0),
        answer(ALLOW),
        refuse(errno.EPERM),
    ]


def _without_bits(argument: int, bits: int) -> list[Instruction]:
    return [low(argument), jump(JUMP_ANY_BIT, bits, then=0, otherwise=1), refuse(errno.EPERM), answer(ALLOW)]


def _one_of(argument: int, values: tuple[int, ...]) -> list[Instruction]:
    tests = [jump(JUMP_EQUAL, value, then=len(values) - place, otherwise=0) for place, value in enumerate(values)]
    return [low(argument), *tests, refuse(errno.EPERM), answer(ALLOW)]


def _own_limits_read_only() -> list[Instruction]:
    """Process 0 (itself) and no new limit (a null pointer)."""
    return [
        low(0),
        jump(JUMP_EQUAL, 0, then=0, otherwise=5),
        low(2),
        jump(JUMP_EQUAL, 0, then=0, otherwise=3),
        high(2),
        jump(JUMP_EQUAL, 0, then=0, otherwise=1),
        answer(ALLOW),
        refuse(errno.EPERM),
    ]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install(program: bytes) -> None:
    """Put this process under the filter, for good. It must have given up new privileges before.

    Raises:
        KernelRefused: The kernel has no seccomp filter, or refused this one.
    """
    machine = here()
    if machine is None:
        raise KernelRefused(errno.ENOSYS, "no system call table for this machine")
    buffer = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    try:
        libc.syscall("seccomp", machine.number("seccomp"), 1, 0, ctypes.byref(described))
    except KernelRefused as refused:
        if refused.errno != errno.ENOSYS:
            raise
        outcome = libc.library().prctl(PR_SET_SECCOMP, 2, ctypes.byref(described), 0, 0)
        libc.checked(outcome, "prctl PR_SET_SECCOMP")
