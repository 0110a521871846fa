"""A Temporal dev server for tests: one process for the whole session, a client for each test."""

import asyncio
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from daybook.stack.local import free_port
from daybook.stack.temporal_server import server_options, temporal_binary

READY_WITHIN_S = 60.0
MOST_SKIPS = 10_000


@dataclass
class TemporalServer:
    """A dev server that keeps everything in memory, with the desk's options and time skipping allowed."""

    address: str
    process: "subprocess.Popen[bytes]"

    @classmethod
    def start(cls, log: Path) -> "TemporalServer":
        """Start a server on a free loopback port and wait until it listens."""
        port = free_port()
        command = [
            str(temporal_binary()),
            "server",
            "start-dev",
            "--headless",
            "--ip",
            "127.0.0.1",
            "--port",
            str(port),
            "--log-level",
            "error",
            *server_options(),
            "--dynamic-config-value",
            "frontend.WorkflowTimeSkippingEnabled=true",
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        server = cls(f"127.0.0.1:{port}", process)
        deadline = time.monotonic() + READY_WITHIN_S
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                server.stop()
                raise RuntimeError(f"the Temporal server did not start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.05)
        return server

    async def client(self, identity: str = "tests") -> Client:
        """Connect a client with the desk's converter."""
        for _ in range(100):
            try:
                return await Client.connect(
                    self.address, data_converter=pydantic_data_converter, identity=identity, lazy=False
                )
            except RuntimeError:
                await asyncio.sleep(0.1)
        raise RuntimeError(f"no Temporal server at {self.address}")

    def stop(self) -> None:
        """Stop the server."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)


def skipping(client: Client) -> Client:
    """Return a client whose workflows have clocks of their own that jump over every wait."""
    return TimeSkipper(client, config=TimeSkippingConfig(max_session_skip_count=MOST_SKIPS)).client


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def end_everything(client: Client, reason: str) -> None:
    """Terminate every running workflow; one that ends by itself meanwhile is ended as well."""
    async for execution in client.list_workflows("ExecutionStatus='Running'"):
        try:
            await client.get_workflow_handle(execution.id).terminate(reason)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
