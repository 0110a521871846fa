"""Compile the simulator's kernels before the first run needs them."""

import contextlib
import logging
import os
import threading

_NICENESS = 10


def warm_up() -> None:
    """Run a small preview on simulated prices, so that the first run of this process does not wait for compilers."""
    from daybook.scenario.engine.run import run_scenario
    from daybook.scenario.threats.catalogue import default_scenario
    from daybook.scenario_desk.history import simulated_history

    scenario = default_scenario().model_copy(update={"scenarios": 500})
    run_scenario(scenario, simulated_history(scenario), run_id="warm-up", preview=True, threads=1)


def start_warming() -> threading.Thread:
    """Warm up in the background, behind everything else the process does, and return the thread."""
    thread = threading.Thread(target=_warm_behind, name="scenario-warm-up", daemon=True)
    thread.start()
    return thread


def _warm_behind() -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)  # of this thread alone (Linux)
    try:
        warm_up()
    except Exception:
        logging.getLogger("daybook").exception("the simulator could not be warmed up; its first run will show why")
