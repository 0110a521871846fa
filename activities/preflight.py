"""What every layer answers when a day asks whether it is fit to work."""

import os
from datetime import UTC, datetime

from temporalio.exceptions import ApplicationError

from daybook import __version__
from daybook.contracts.base import Mode
from daybook.contracts.calls import Layer
from daybook.contracts.day import PreflightReport, PreflightRequest


def answer_preflight(
    layer: Layer, mode: Mode | None, request: PreflightRequest, facts: tuple[str, ...] = ()
) -> PreflightReport:
    """Return the layer's report.

    Raises ``ApplicationError`` of type ``Configuration`` when the layer runs in another mode than the day.
    """
    if mode is not None and mode is not request.mode:
        raise ApplicationError(
            f"the {layer.value} worker runs in mode {mode.value}, the day in {request.mode.value}; restart one of them",
            type="Configuration",
            non_retryable=True,
        )
    return PreflightReport(
        layer=layer.value,
        version=__version__,
        process_id=os.getpid(),
        answered_at=datetime.now(UTC),
        facts=facts,
    )
