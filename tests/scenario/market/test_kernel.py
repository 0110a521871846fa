import hashlib
from pathlib import Path

from daybook.scenario.market import kernel

PARTS = ("counter_random.py", "event_moves.py", "fused.py", "stock_moves.py", "workspace.py")


def test_kernel_when_a_part_of_it_changes_then_its_digest_is_renewed() -> None:
    """Numba keeps compiled code by the kernel's own text: without this an old kernel would go on running."""
    folder = Path(kernel.__file__).parent
    digest = hashlib.sha256(b"".join((folder / part).read_bytes() for part in PARTS)).hexdigest()[:16]
    assert digest == kernel.PARTS, f'write PARTS = "{digest}" in kernel.py'
