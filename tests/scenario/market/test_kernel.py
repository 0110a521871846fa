import hashlib
from dataclasses import fields
from pathlib import Path

import numpy as np

from daybook.contracts.scenario import MarketModel
from daybook.scenario.arrays import ActiveEvents
from daybook.scenario.market import kernel
from daybook.scenario.market.simulate import simulate, simulate_wealth
from tests.scenario.market.markets import a_market, some_events

PARTS = ("counter_random.py", "event_moves.py", "fused.py", "stock_moves.py", "workspace.py")


def test_kernel_when_a_part_of_it_changes_then_its_digest_is_renewed() -> None:
    """Numba keeps compiled code by the kernel's own text: without this an old kernel would go on running."""
    folder = Path(kernel.__file__).parent
    digest = hashlib.sha256(b"".join((folder / part).read_bytes() for part in PARTS)).hexdigest()[:16]
    assert digest == kernel.PARTS, f'write PARTS = "{digest}" in kernel.py'


def test_kernel_when_arrays_are_read_only_or_strided_then_it_is_not_compiled_again() -> None:
    market, events, plan = a_market(), some_events(300, 7, 5), np.arange(20.0)[::2]
    simulate(market, events, 0, 300, 5, 1, MarketModel.FACTOR_JUMP)
    known = len(kernel.run_lanes.signatures)
    stored = ActiveEvents(
        **{field.name: np.frombuffer(getattr(events, field.name).tobytes(), getattr(events, field.name).dtype)
           for field in fields(events)}
    )  # fmt: skip
    simulate(market, stored, 0, 300, 5, 1, MarketModel.GBM, price_limits=False)
    simulate_wealth(market, stored, 0, 300, 5, 1, MarketModel.BOOTSTRAP, plan, 0.0)
    assert len(kernel.run_lanes.signatures) == known == 1
