from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner

from daybook.front.desk import Desk
from daybook.settings import Settings, TemporalSettings
from tests.temporal_environment import TemporalServer
from tests.workflows.scripted_layers import ScriptedLayers, hosted, unique


@pytest.fixture
def layers() -> ScriptedLayers:
    return ScriptedLayers()


@pytest.fixture
def settings(temporal_server: TemporalServer, tmp_path: Path) -> Settings:
    """Settings of a desk with an account of its own."""
    return Settings(
        _env_file=None,
        home=tmp_path,
        account=unique("a"),
        temporal=TemporalSettings(address=temporal_server.address),
        settle_interval_s=0.05,
        settle_polls=3,
        poll_interval_s=0.4,
    )


@pytest.fixture
def idle_desk(temporal: Client, settings: Settings) -> Desk:
    """A desk whose workers do not run."""
    return Desk(temporal, settings)


@pytest.fixture
async def desk(temporal: Client, settings: Settings, layers: ScriptedLayers) -> AsyncIterator[Desk]:
    """A desk with all layers at work."""
    async with hosted(temporal, layers, workflow_runner=UnsandboxedWorkflowRunner()):
        yield Desk(temporal, settings)
