"""Resource limits of one jailed process."""

import resource
from typing import Final

MEBIBYTE: Final = 1 << 20
MAX_OPEN_FILES: Final = 32


def set_limits(*, cpu_s: int, memory_bytes: int) -> None:
    """Bound CPU time and address space; forbid files, core dumps, locked memory and queues.

    Args:
        cpu_s: CPU seconds; the kernel asks at this mark and kills one second later.
        memory_bytes: Address space, what the fork server had mapped included.
    """
    for kind, soft, hard in (
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 1),
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
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
