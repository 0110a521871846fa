"""The pipeline worker: analysis and reports; reads the database, reaches no broker."""

from collections.abc import Callable, Sequence
from typing import Any

from temporalio.client import Client

from activities.pipeline import PipelineActivities
from activities.serving import served_by
from daybook.advice.momentum import MomentumAdvisor
from daybook.contracts.calls import Layer
from daybook.settings import Settings
from daybook.storage.database import Database
from workers.hosting import run_worker


def rooms(settings: Settings, client: Client) -> Sequence[Callable[..., Any]]:
    """Build the pipeline layer's activities."""
    database = Database(settings.ledger_url)
    database.upgrade()
    return served_by(PipelineActivities(database, settings.home, MomentumAdvisor))


if __name__ == "__main__":
    run_worker(Layer.PIPELINE, rooms=rooms, threads=4)
