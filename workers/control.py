"""The control worker: workflows only, nothing secret."""

from daybook.contracts.calls import Layer
from workers.hosting import run_worker
from workflows.registry import WORKFLOWS

if __name__ == "__main__":
    run_worker(Layer.CONTROL, workflows=WORKFLOWS)
