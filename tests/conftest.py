from collections.abc import AsyncIterator, Iterator

import pytest
from temporalio.client import Client

from daybook.stack.temporal_server import TemporalMissing, temporal_binary
from tests.temporal_environment import TemporalServer, skipping


@pytest.fixture(scope="session")
def temporal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    """A Temporal dev server for the session; skips with a reason where its program is missing."""
    try:
        temporal_binary()
    except TemporalMissing as reason:
        pytest.skip(str(reason))
    server = TemporalServer.start(tmp_path_factory.mktemp("temporal") / "server.log")
    yield server
    server.stop()


@pytest.fixture
async def temporal(temporal_server: TemporalServer) -> AsyncIterator[Client]:
    """A client of the session's server; what a test leaves running is ended."""
    client = await temporal_server.client()
    yield client
    async for execution in client.list_workflows("ExecutionStatus='Running'"):
        await client.get_workflow_handle(execution.id).terminate("the test has ended")


@pytest.fixture
def skipping_temporal(temporal: Client) -> Client:
    """A client whose workflows skip over every wait."""
    return skipping(temporal)
