"""Resource limits of one jailed process."""

import os
import resource
from typing import Final

MEBIBYTE: Final = 1 << 20
MAX_OPEN_FILES: Final = 32
# Threads the scripts of one fork server may have together.
MAX_TASKS: Final = 64


def tasks_of(uid: int) -> int:
    """How many threads this user has now: the kernel counts them all against the limit of any of them."""
    count = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if _real_uid(name) == uid:
                    count += len(os.listdir(f"/proc/{name}/task"))
            except (OSError, ValueError, StopIteration):
                continue
    return count


def _real_uid(pid: str) -> int:
    # Not the owner of the folder: what cannot be dumped belongs to root there.
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Uid:"))


def set_limits(*, cpu_s: int, memory_bytes: int, tasks: int) -> None:
    """Bound CPU time, address space and threads; forbid files, core dumps, locked memory and queues.

    Args:
        cpu_s: CPU seconds; the kernel asks at this mark and kills one second later.
        memory_bytes: Address space, what the fork server had mapped included.
        tasks: Threads of this process's user on the whole machine, above which it gets no more.
    """
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 1),
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_NPROC, tasks, tasks),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES, MAX_OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
    ):
        _, ceiling = resource.getrlimit(kind)
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(kind, (soft, hard))
