"""The sandbox worker: serves ``sandbox.*``, holds nothing."""

from activities.sandbox import SandboxActivities
from activities.serving import served_by
from daybook.contracts.calls import Layer
from workers.hosting import run_worker

if __name__ == "__main__":
    run_worker(Layer.SANDBOX, rooms=lambda settings, client: served_by(SandboxActivities()), threads=2)
