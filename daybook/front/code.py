"""Run a script on the desk: starts the workflow CodeRun and waits for its result."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from daybook.contracts.clock import MarketClock
from daybook.contracts.code import LONGEST_SCRIPT, CodeLimits, CodeRunInput, CodeRunResult
from daybook.contracts.layers import Layer
from daybook.contracts.routing import LONGEST_QUESTION
from daybook.front.calls import TemporalCalls
from daybook.front.desk import Desk
from daybook.front.errors import DeskError
from daybook.front.identifiers import without_identifiers
from daybook.settings import Settings

RECORDING_S = 300.0
"""What a run may take beyond its own time: its explanation and its tickets."""


async def run_code(
    desk: Desk,
    settings: Settings,
    *,
    by: str,
    task: str = "",
    code: str = "",
    script_id: str = "",
    inputs: Mapping[str, JsonValue] | None = None,
    tools: Sequence[str] = (),
    model: str = "",
    language: str = "ko",
    limits: CodeLimits | None = None,
    clock: MarketClock | None = None,
) -> CodeRunResult:
    """Run a task, a script or a stored script and return what came of it; also a run without a result has one.

    Args:
        desk: the connected desk.
        settings: of the asking process.
        by: who asks.
        task: in Korean or English; empty for a script that is given.
        code: the script itself.
        script_id: of a stored script.
        inputs: what the script finds in ``inputs``; over what the task names.
        tools: what it may call; none leaves the choice to the router.
        model: a model of the catalogue; empty for the default.
        language: of the explanation, ``ko`` or ``en``.
        limits: caps of the run.
        clock: market time of a rehearsal; real time without it.

    Raises:
        DeskError: when task or script is too long, or the run is refused.
        DeskNoAnswer: when a worker it needs does not run, or the run does not end in its time.
        DeskUnreachable: when no server answers.
    """
    if len(task) > LONGEST_QUESTION:
        raise DeskError(f"the task has {len(task):,} characters; write it in at most {LONGEST_QUESTION:,}")
    if len(code) > LONGEST_SCRIPT:
        raise DeskError(f"the script has {len(code):,} characters; at most {LONGEST_SCRIPT:,} are run")
    task = without_identifiers(task, settings)
    calls = TemporalCalls(desk.client, settings.temporal.address)
    await calls.require_workers(Layer.CONTROL, Layer.PIPELINE, Layer.SANDBOX)
    clock = clock or MarketClock.real_time()
    run = CodeRunInput(
        run_id=f"c-{uuid.uuid4().hex[:12]}",
        task=task,
        code=code,
        script_id=script_id,
        inputs=dict(inputs or {}),
        tools=tuple(tools),
        model=model,
        language=language,
        limits=limits or CodeLimits(),
        asked_at=clock.market_time(datetime.now(UTC)),
        by=by,
        clock=clock,
        desk=settings.desk_config(),
    )
    wait_s = run.limits.run_s + RECORDING_S
    workflow_id = await calls.start_once(
        "CodeRun",
        run,
        workflow_id=f"code-{run.run_id}",
        idempotency_key="",
        body_digest="",
        execution_timeout=timedelta(seconds=2 * wait_s),
        static_summary=" ".join((task or f"script {script_id[:12]}".strip()).split())[:120],
    )
    result: CodeRunResult = await calls.result(
        desk.client.get_workflow_handle(workflow_id, result_type=CodeRunResult),
        otherwise=f"look at it in the Temporal UI: {workflow_id}",
        timeout_s=wait_s,
    )
    return result
