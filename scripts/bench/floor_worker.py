"""A worker of the floor: ``floor_worker.py control|trading ADDRESS``, one process for each queue as in the desk."""

import asyncio
import signal
import sys

from floor_workflow import ACTIVITY_QUEUE, WORKFLOW_QUEUE, BenchFloor, do_nothing
from temporalio.client import Client
from temporalio.worker import Worker


async def serve(role: str, address: str) -> None:
    """Serve one queue until told to stop."""
    client = await Client.connect(address)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if role == "control":
        worker = Worker(client, task_queue=WORKFLOW_QUEUE, workflows=[BenchFloor])
    else:
        worker = Worker(client, task_queue=ACTIVITY_QUEUE, activities=[do_nothing])
    async with worker:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
