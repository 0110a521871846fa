from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner

from tests.workflows.scripted_layers import ScriptedLayers, hosted


@pytest.fixture
def layers() -> ScriptedLayers:
    return ScriptedLayers()


@pytest.fixture
async def control(temporal: Client, layers: ScriptedLayers) -> AsyncIterator[Client]:
    """A client with all layers at work; the control worker forgets every workflow, so each task replays it.

    Without the sandbox, which would import every module again for each of these replays.
    """
    options: dict[str, Any] = {"max_cached_workflows": 0, "workflow_runner": UnsandboxedWorkflowRunner()}
    async with hosted(temporal, layers, **options) as client:
        yield client


@pytest.fixture
async def remembering_control(temporal: Client, layers: ScriptedLayers) -> AsyncIterator[Client]:
    """A client with all layers at work: workflows are remembered and sandboxed, as in production."""
    async with hosted(temporal, layers) as client:
        yield client


@pytest.fixture
async def skipping_control(skipping_temporal: Client, layers: ScriptedLayers) -> AsyncIterator[Client]:
    """A client with all layers at work, whose workflows skip over every wait."""
    async with hosted(skipping_temporal, layers) as client:
        yield client
