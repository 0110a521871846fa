"""Ask the desk a question: starts the workflow Ask and waits for its answer."""

import uuid
from datetime import UTC, datetime, timedelta

from daybook.contracts.ask import LONGEST_TEXT, AskAnswer, AskInput
from daybook.contracts.clock import MarketClock
from daybook.contracts.layers import Layer
from daybook.front.calls import TemporalCalls
from daybook.front.desk import Desk
from daybook.front.errors import DeskError
from daybook.front.identifiers import without_identifiers
from daybook.settings import Settings

ANSWER_WITHIN_S = 300.0


async def ask_desk(
    desk: Desk, settings: Settings, question: str, *, by: str, model: str = "", clock: MarketClock | None = None
) -> AskAnswer:
    """Ask a question and return its answer; a question that cannot be answered gets the reason, and is kept as well.

    Args:
        desk: the connected desk.
        settings: of the asking process.
        question: in Korean or English.
        by: who asks.
        model: a model of the catalogue; empty leaves the choice to the router.
        clock: market time of a rehearsal; real time without it.

    Raises:
        DeskError: when the text is beyond all measure.
        DeskNoAnswer: when a worker it needs does not run, or none answers within five minutes.
        DeskUnreachable: when no server answers.
    """
    if len(question) > LONGEST_TEXT:
        raise DeskError(f"the question has {len(question):,} characters; ask in at most 4,000")
    # What the server keeps of a question must not hold what identifies the person.
    question = without_identifiers(question, settings)
    calls = TemporalCalls(desk.client, settings.temporal.address)
    await calls.require_workers(Layer.CONTROL, Layer.PIPELINE)
    clock = clock or MarketClock.real_time()
    run_id = f"q-{uuid.uuid4().hex[:12]}"
    workflow_id = await calls.start_once(
        "Ask",
        AskInput(
            run_id=run_id,
            question=question,
            model=model,
            asked_at=clock.market_time(datetime.now(UTC)),
            by=by,
            clock=clock,
            desk=settings.desk_config(),
            day_workflow_id=await desk.running_day(),
        ),
        workflow_id=f"ask-{run_id}",
        idempotency_key="",
        body_digest="",
        execution_timeout=timedelta(seconds=2 * ANSWER_WITHIN_S),
        static_summary=" ".join(question.split())[:120] or "an empty question",
    )
    answer: AskAnswer = await calls.result(
        desk.client.get_workflow_handle(workflow_id, result_type=AskAnswer),
        otherwise=f"look at it in the Temporal UI: {workflow_id}",
        timeout_s=ANSWER_WITHIN_S,
    )
    return answer
