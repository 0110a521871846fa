"""Whether all three layers answer, with clocks that agree."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.base import Mode
    from daybook.contracts.calls import PIPELINE_PREFLIGHT, SANDBOX_PREFLIGHT, TRADING_PREFLIGHT, Call
    from daybook.contracts.day import PreflightReport, PreflightRequest

from workflows.calling import call

PREFLIGHTS: tuple[Call[Any, PreflightReport], ...] = (SANDBOX_PREFLIGHT, PIPELINE_PREFLIGHT, TRADING_PREFLIGHT)
"""In the order in which they are asked."""


async def clock_skew_s(entry: Call[Any, PreflightReport], mode: Mode) -> float:
    """Ask a layer whether it is fit, and return by how many real seconds its clock is off; 0 or less: it agrees."""
    asked_at = workflow.now()
    request = PreflightRequest(mode=mode, asked_at=asked_at)
    report = await call(entry, request, summary=f"is the {entry.layer.value} layer fit?")
    answered_in = workflow.now() - asked_at
    return max(
        (asked_at - report.answered_at).total_seconds(),
        (report.answered_at - asked_at - answered_in).total_seconds(),
    )
