from daybook.contracts.calls import Layer
from workers.hosting import run_worker
from workflows.code_run import CodeRun
from workflows.registry import WORKFLOWS

if __name__ == "__main__":
    run_worker(Layer.CONTROL, workflows=(*WORKFLOWS, CodeRun))
