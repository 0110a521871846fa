import errno

import pytest

from sandbox.kernel.seccomp import script_filter
from sandbox.kernel.syscalls import AARCH64, NUMBERS, X86_64, Architecture
from tests.sandbox.filter_machine import ALLOW, KILL, decide

PID = 4242
MACHINES = pytest.mark.parametrize("machine", [X86_64, AARCH64], ids=lambda machine: machine.name)
CLONE_THREAD_FLAGS = 0x3D0F00  # what the C library passes to start a thread


def ask(machine: Architecture, call: str, *arguments: int) -> str | int:
    return decide(script_filter(PID, machine), machine.audit, machine.number(call), arguments)


@MACHINES
def test_filter_when_a_call_is_on_the_list_then_it_passes(machine: Architecture) -> None:
    for call in ("read", "write", "futex", "exit_group", "clock_gettime", "munmap", "rt_sigreturn"):
        assert ask(machine, call) == ALLOW


@MACHINES
def test_filter_when_a_path_is_looked_at_then_there_is_no_such_file(machine: Architecture) -> None:
    for call in ("open", "openat", "stat", "newfstatat", "statx", "access", "faccessat2", "readlinkat"):
        if machine.has(call):
            assert ask(machine, call) == errno.ENOENT


@MACHINES
@pytest.mark.parametrize(
    "call",
    [
        "socket",
        "connect",
        "sendto",
        "socketpair",
        "fork",
        "vfork",
        "execve",
        "kill",
        "ptrace",
        "capset",
        "prctl",
        "pivot_root",
        "mount",
        "unshare",
        "memfd_create",
        "process_vm_readv",
        "seccomp",
        "bpf",
        "userfaultfd",
        "io_uring_setup",
        "pidfd_open",
        "openat2",
        "landlock_restrict_self",
    ],
)
def test_filter_when_a_call_is_not_on_the_list_then_it_is_refused(machine: Architecture, call: str) -> None:
    if machine.has(call):
        assert ask(machine, call) == errno.EPERM


@MACHINES
def test_filter_when_cloning_then_only_threads_are_made(machine: Architecture) -> None:
    assert ask(machine, "clone", CLONE_THREAD_FLAGS) == ALLOW
    assert ask(machine, "clone", 17) == errno.EPERM
    assert ask(machine, "clone", CLONE_THREAD_FLAGS | 0x10000000) == errno.EPERM
    assert ask(machine, "clone3") == errno.ENOSYS


@MACHINES
def test_filter_when_memory_is_to_be_executable_then_it_is_refused(machine: Architecture) -> None:
    for call in ("mmap", "mprotect"):
        assert ask(machine, call, 0, 4096, 3) == ALLOW
        assert ask(machine, call, 0, 4096, 5) == errno.EPERM
        assert ask(machine, call, 0, 4096, 7 | 1 << 40) == errno.EPERM


@MACHINES
def test_filter_when_signalling_then_only_itself(machine: Architecture) -> None:
    assert ask(machine, "tgkill", PID, PID, 6) == ALLOW
    assert ask(machine, "tgkill", PID + 1, PID, 6) == errno.EPERM


@MACHINES
def test_filter_when_limits_are_set_then_refused_and_read_then_allowed(machine: Architecture) -> None:
    assert ask(machine, "prlimit64", 0, 7, 0, 1 << 33) == ALLOW
    assert ask(machine, "prlimit64", 1, 7, 0, 1) == errno.EPERM
    assert ask(machine, "prlimit64", 0, 7, 1, 0) == errno.EPERM
    assert ask(machine, "prlimit64", 0, 7, 1 << 33, 0) == errno.EPERM


@MACHINES
def test_filter_when_descriptors_are_controlled_then_only_harmlessly(machine: Architecture) -> None:
    for command in (0, 1, 2, 3, 4, 1030):
        assert ask(machine, "fcntl", 3, command) == ALLOW
    for command in (5, 8, 10, 15, 1024, 1026, 1031, 1033):
        assert ask(machine, "fcntl", 3, command) == errno.EPERM
    assert ask(machine, "ioctl", 1, 0x5401) == ALLOW
    assert ask(machine, "ioctl", 1, 0x5412) == errno.EPERM


@MACHINES
def test_filter_when_the_call_is_of_another_architecture_then_the_process_is_killed(machine: Architecture) -> None:
    program = script_filter(PID, machine)
    assert decide(program, 0x40000003, 1) == KILL
    assert decide(program, (AARCH64 if machine is X86_64 else X86_64).audit, 1) == KILL


def test_filter_when_an_x32_call_is_made_then_the_process_is_killed() -> None:
    assert decide(script_filter(PID, X86_64), X86_64.audit, 0x40000000 | 1) == KILL


@MACHINES
def test_filter_when_every_other_number_is_tried_then_little_passes(machine: Architecture) -> None:
    program = script_filter(PID, machine)
    passing = {number for number in range(600) if decide(program, machine.audit, number, (0, 0, 0)) == ALLOW}
    named = {numbers[machine.column] for numbers in NUMBERS.values()}
    assert passing <= named
    assert len(passing) < 65


@MACHINES
def test_table_when_read_then_no_two_calls_share_a_number(machine: Architecture) -> None:
    numbers = [pair[machine.column] for pair in NUMBERS.values() if pair[machine.column] is not None]
    assert len(set(numbers)) == len(numbers)
