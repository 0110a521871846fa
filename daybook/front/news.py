"""News analyses as a person or a program asks for them."""

import secrets
from datetime import datetime

from daybook.contracts.base import KST
from daybook.contracts.news import NewsAnalysisInput, NewsReport
from daybook.front.calls import TemporalCalls
from daybook.front.desk import Desk

ANALYSIS_TIMEOUT_S = 300.0


def new_run_id(now: datetime, prefix: str = "news") -> str:
    """Return the id of an analysis begun now; no other one has it."""
    return f"{prefix}-{now.astimezone(KST):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def news_workflow_id(run_id: str) -> str:
    """Return the id of an analysis' workflow."""
    return f"news-{run_id}"


async def start_news(desk: Desk, analysis: NewsAnalysisInput, *, address: str) -> str:
    """Start an analysis and return its workflow's id; from then on it is made.

    Raises:
        DeskUnreachable: when the server at ``address`` does not answer.
    """
    about = ", ".join((*analysis.symbols, *analysis.keywords)) or "the market"
    workflow_id = await TemporalCalls(desk.client, address).start_once(
        "NewsAnalysis",
        analysis,
        workflow_id=news_workflow_id(analysis.run_id),
        idempotency_key=analysis.run_id,
        body_digest="",
        static_summary=f"news of {analysis.days} days: {about}"[:200],
    )
    return workflow_id


async def news_report(desk: Desk, run_id: str, *, address: str, timeout_s: float = ANALYSIS_TIMEOUT_S) -> NewsReport:
    """Wait for an analysis and return its report.

    Raises:
        DeskNoAnswer: when it has not ended in time; it goes on.
        DeskError: when it failed.
    """
    report: NewsReport = await TemporalCalls(desk.client, address).result(
        desk.client.get_workflow_handle(news_workflow_id(run_id), result_type=NewsReport),
        otherwise=f"it goes on; look at it later with: daybook news show {run_id}",
        timeout_s=timeout_s,
    )
    return report
