"""The health check of the workers' containers, against a real server and a real worker."""

import asyncio
import os
import socket
import subprocess
import sys

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from daybook.stack.local import free_port
from tests.deploy.imports import ROOT
from tests.temporal_environment import TemporalServer

PROGRAM = ROOT / "deploy" / "docker" / "worker_health.py"


def checked(layer: str, address: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-I", "-B", str(PROGRAM), layer],
        env={"PATH": os.defpath, "DAYBOOK_TEMPORAL__ADDRESS": address},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@activity.defn
async def work() -> None:
    """Nothing."""


async def wait_until_well(layer: str, address: str) -> "subprocess.CompletedProcess[str]":
    for _ in range(20):
        done = await asyncio.to_thread(checked, layer, address)
        if not done.returncode:
            break
        await asyncio.sleep(0.2)
    return done


async def test_health_when_a_worker_of_this_host_asks_for_work_then_its_layer_alone_is_well(
    temporal: Client, temporal_server: TemporalServer
) -> None:
    here = f"1@{socket.gethostname()}"
    async with Worker(temporal, task_queue="health-pipeline", activities=[work], identity=here):
        done = await wait_until_well("health-pipeline", temporal_server.address)
        other = await asyncio.to_thread(checked, "health-trading", temporal_server.address)
    assert (done.returncode, done.stderr) == (0, "")
    assert (other.returncode, other.stderr) == (1, "this worker asks for no health-trading work (last: None)\n")


async def test_health_when_only_another_host_asks_for_work_then_this_worker_is_not_well(
    temporal: Client, temporal_server: TemporalServer
) -> None:
    async with Worker(temporal, task_queue="health-elsewhere", activities=[work], identity="1@another-host"):
        await asyncio.sleep(0.5)
        done = await asyncio.to_thread(checked, "health-elsewhere", temporal_server.address)
    assert done.returncode == 1


def test_health_when_no_server_answers_then_the_line_says_so() -> None:
    address = f"127.0.0.1:{free_port()}"
    done = checked("control", address)
    assert done.returncode == 1
    assert done.stderr.startswith(f"no answer from {address}: ")
    assert done.stderr.count("\n") == 1
