"""A paper exchange in a background thread, for tests and tools of this process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from daybook.paper.front import Front, FrontConfig
from daybook.paper.model import ExchangeEngine
from daybook.paper.server import Addresses, PaperServer


@dataclass(frozen=True, slots=True)
class HostedExchange:
    """Where a hosted exchange listens. ``front`` belongs to its thread: read it only for configuration."""

    mock_url: str
    real_url: str
    ws_url: str
    front: Front


@contextmanager
def hosted(
    engine: ExchangeEngine, config: FrontConfig | None = None, addresses: Addresses | None = None
) -> Iterator[HostedExchange]:
    """Serve an engine on free loopback ports (both environments) until the block ends."""
    ready = threading.Event()
    started: list[HostedExchange] = []
    failures: list[BaseException] = []
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()

    async def run() -> None:
        front = Front(engine, config)
        server = PaperServer(front, addresses or Addresses(real_port=0))
        await server.start()
        started.append(HostedExchange(server.mock_url, server.real_url, server.ws_url, front))
        ready.set()
        await stopping.wait()
        await server.stop()

    def main() -> None:
        try:
            loop.run_until_complete(run())
        except BaseException as error:  # noqa: BLE001
            failures.append(error)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
            ready.set()

    thread = threading.Thread(target=main, name="paper-exchange", daemon=True)
    thread.start()
    ready.wait()
    if failures:
        raise failures[0]
    try:
        yield started[0]
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(timeout=10)
    if failures:
        raise failures[0]
