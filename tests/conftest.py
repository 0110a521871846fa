import logging
from collections.abc import AsyncIterator, Iterator

import pytest
from temporalio.client import Client

from daybook.stack.temporal_server import TemporalMissing, temporal_binary
from tests.temporal_environment import TemporalServer, end_everything, skipping


@pytest.fixture(autouse=True)
def _levels_of_loggers() -> Iterator[None]:
    """Give every logger its level back: a command or a worker under test quietens some for the whole process."""
    known = {name: logger.level for name, logger in _loggers()}
    yield
    for name, logger in _loggers():
        logger.setLevel(known.get(name, logging.NOTSET))


def _loggers() -> list[tuple[str, logging.Logger]]:
    kept = logging.Logger.manager.loggerDict
    return [(name, logger) for name, logger in kept.items() if isinstance(logger, logging.Logger)]


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
    await end_everything(client, "the test has ended")


@pytest.fixture
def skipping_temporal(temporal: Client) -> Client:
    """A client whose workflows skip over every wait."""
    return skipping(temporal)
