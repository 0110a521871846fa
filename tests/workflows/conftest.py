from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from tests.workflows.scripted_layers import ScriptedLayers, hosted


@pytest.fixture
def layers() -> ScriptedLayers:
    return ScriptedLayers()


@pytest.fixture
async def control(temporal: Client, layers: ScriptedLayers) -> AsyncIterator[Client]:
    """A client with all layers at work; the control worker forgets every workflow, so each task replays it."""
    async with hosted(temporal, layers, max_cached_workflows=0) as client:
        yield client


@pytest.fixture
async def remembering_control(temporal: Client, layers: ScriptedLayers) -> AsyncIterator[Client]:
    """A client with all layers at work, as in production."""
    async with hosted(temporal, layers) as client:
        yield client


@pytest.fixture
async def skipping_control(skipping_temporal: Client, layers: ScriptedLayers) -> AsyncIterator[Client]:
    """A client with all layers at work, whose workflows skip over every wait."""
    async with hosted(skipping_temporal, layers) as client:
        yield client
