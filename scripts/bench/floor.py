"""Measuring the floor: start to completion of the bare workflow, as its client sees it."""

import asyncio
import time
import uuid
from datetime import timedelta

from floor_workflow import WORKFLOW_QUEUE, BenchFloor
from temporalio.client import Client


async def once(client: Client) -> float:
    """Run the bare workflow and return how long it took, in seconds."""
    began = time.perf_counter()
    await client.execute_workflow(
        BenchFloor.run,
        id=f"bench-floor-{uuid.uuid4().hex}",
        task_queue=WORKFLOW_QUEUE,
        execution_timeout=timedelta(seconds=60),
    )
    return time.perf_counter() - began


async def in_a_row(client: Client, count: int) -> list[float]:
    """Run ``count`` workflows one after the other."""
    return [await once(client) for _ in range(count)]


async def in_flight(client: Client, count: int, at_once: int) -> list[float]:
    """Run ``count`` workflows, ``at_once`` at a time."""

    async def lane(times: int) -> list[float]:
        return await in_a_row(client, times)

    lanes = await asyncio.gather(*(lane(count // at_once) for _ in range(at_once)))
    return [duration for durations in lanes for duration in durations]
