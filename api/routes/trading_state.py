"""The trading state: stop at once, come back in two steps, reconcile."""

import asyncio
import logging
import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request
from fastapi.concurrency import run_in_threadpool

from api.context import ApiContext, Context
from api.errors import ApiProblem, problem_responses, request_id_of
from api.idempotency import OptionalKey, RequiredKey, body_digest, required, scoped
from api.schemas import ConfirmResume, Nothing, Reconcile, StateChanged, StateNow, Stop
from api.security import Caller, Controller, Reader
from daybook.contracts.base import TradingState
from daybook.contracts.reconciliation import ReconcileReport
from daybook.contracts.state import StateAction
from daybook.front.errors import DeskError, DeskNoAnswer, IdempotencyConflict

BEGIN_TIMEOUT_S = 4.0
"""How long a halt waits for Temporal to take it over from the kill-switch file."""

ANSWER_TIMEOUT_S = 10.0
"""How long a halt waits for the workers; after that it is queued, and the file holds meanwhile."""

router = APIRouter(prefix="/v1", tags=["trading state"])

_log = logging.getLogger("daybook.api")
_CHANGES = problem_responses(400, 409, 422, 503)
_NOTHING = Nothing()
_ONLY_COMPARE = Reconcile()


@router.get("/state", responses=problem_responses(503))
def state(_caller: Reader, context: Context) -> StateNow:
    """Return what the desk may do, why, and what waits for a person."""
    record, locks, waiting = context.books.state()
    switched_off = context.kill_switch.is_on()
    return StateNow(
        state=TradingState.HALTED if switched_off else record.state,
        reason_code=record.reason_code or ("KILL_SWITCH" if switched_off else ""),
        reason=record.reason or (f"kill-switch file: {context.kill_switch.reason()}" if switched_off else ""),
        by=record.by,
        since=record.at,
        kill_switch_file=switched_off,
        locked_symbols={symbol: lock.reason for symbol, lock in locks.items()},
        orders_waiting=waiting,
    )


@router.post("/halt", status_code=202, responses=problem_responses(422, 503))
async def halt(
    body: Stop, request: Request, caller: Controller, context: Context, key: OptionalKey = None
) -> StateChanged:
    """Stop every order now.

    The kill-switch file comes first and needs neither Temporal nor the database; a key is therefore not asked for.
    """
    engaged = await _engage_file(context, caller, body.reason, request)
    try:
        async with asyncio.timeout(BEGIN_TIMEOUT_S):
            desk = await context.link.desk()
            workflow_id = await desk.begin_state_change(
                StateAction.HALT,
                by=caller.name,
                reason=body.reason,
                idempotency_key=scoped(caller, key or f"halt-{uuid.uuid4().hex}"),
                body_digest=body_digest(request, body),
            )
    except IdempotencyConflict as error:
        halted = "the kill-switch file is set, but " if engaged else ""
        raise ApiProblem(422, "idempotency_key_reused", f"{halted}{error}") from None
    except Exception as error:  # noqa: BLE001 - whatever fails here, the file halts
        return _halted_by_file(engaged, error, request, "file")
    try:
        result = await desk.state_change_result(workflow_id, timeout_s=ANSWER_TIMEOUT_S)
    except Exception as error:  # noqa: BLE001 - whatever fails here, the file halts and the change is queued
        return _halted_by_file(engaged, error, request, "workflow", workflow_id)
    return StateChanged(
        state=result.state, accepted=result.accepted, durable="workflow", text=result.text, workflow_id=workflow_id
    )


@router.post("/reduce", status_code=202, responses=_CHANGES)
async def reduce(
    body: Stop, request: Request, caller: Controller, context: Context, key: RequiredKey = None
) -> StateChanged:
    """Let only sells through from now on."""
    return await _change(StateAction.REDUCE, request, body, caller, context, key, reason=body.reason)


@router.post("/resume", responses=_CHANGES)
async def resume(
    request: Request,
    caller: Controller,
    context: Context,
    body: Annotated[Nothing, Body()] = _NOTHING,
    key: RequiredKey = None,
) -> StateChanged:
    """Take the first step of a resume: get a token that is valid for ten minutes."""
    return _accepted(await _change(StateAction.REQUEST_RESUME, request, body, caller, context, key))


@router.post("/resume/confirm", responses=_CHANGES)
async def confirm_resume(
    body: ConfirmResume, request: Request, caller: Controller, context: Context, key: RequiredKey = None
) -> StateChanged:
    """Take the second step of a resume: trade again."""
    return _accepted(await _change(StateAction.CONFIRM_RESUME, request, body, caller, context, key, token=body.token))


@router.post("/reconcile", responses=_CHANGES)
async def reconcile(
    request: Request,
    caller: Controller,
    context: Context,
    body: Annotated[Reconcile, Body()] = _ONLY_COMPARE,
    key: RequiredKey = None,
) -> ReconcileReport:
    """Compare ledger and broker now; with ``accept``, adopt unexplained differences in the caller's name."""
    key = scoped(caller, required(key))
    desk = await context.link.desk()
    try:
        return await desk.reconcile(
            accept_by=caller.name if body.accept else "",
            idempotency_key=key,
            body_digest=body_digest(request, body),
        )
    except DeskNoAnswer as error:
        raise _ask_again(error) from None


async def _engage_file(context: ApiContext, caller: Caller, reason: str, request: Request) -> bool:
    try:
        await run_in_threadpool(context.kill_switch.engage, caller.name, reason)
    except OSError as error:
        _log.error("halt request=%s: the kill-switch file cannot be written: %s", request_id_of(request), error)
        return False
    return True


def _halted_by_file(
    engaged: bool, error: Exception, request: Request, durable: Literal["file", "workflow"], workflow_id: str = ""
) -> StateChanged:
    """Answer for a halt the workers have not confirmed: it holds if the file was written, else nobody is halted."""
    why = str(error) if isinstance(error, DeskError) else "Temporal does not answer"
    _log.warning("halt request=%s is unconfirmed: %r", request_id_of(request), error)
    if not engaged:
        raise ApiProblem(503, "not_halted", f"the kill-switch file cannot be written, and {why}: stop the workers")
    return StateChanged(
        state=TradingState.HALTED,
        accepted=True,
        durable=durable,
        text=f"halted by the kill-switch file; {why}",
        workflow_id=workflow_id,
    )


async def _change(
    action: StateAction,
    request: Request,
    body: Stop | Nothing | ConfirmResume,
    caller: Caller,
    context: ApiContext,
    key: str | None,
    *,
    reason: str = "",
    token: str = "",
) -> StateChanged:
    scoped_key = scoped(caller, required(key))
    desk = await context.link.desk()
    workflow_id = await desk.begin_state_change(
        action,
        by=caller.name,
        reason=reason,
        token=token,
        idempotency_key=scoped_key,
        body_digest=body_digest(request, body),
    )
    try:
        result = await desk.state_change_result(workflow_id)
    except DeskNoAnswer as error:
        raise _ask_again(error) from None
    return StateChanged(
        state=result.state,
        accepted=result.accepted,
        durable="workflow",
        text=result.text,
        token=result.token,
        workflow_id=workflow_id,
    )


def _accepted(changed: StateChanged) -> StateChanged:
    if not changed.accepted:
        raise ApiProblem(409, "refused", changed.text)
    return changed


def _ask_again(error: DeskNoAnswer) -> ApiProblem:
    message = f"{error}; ask again with the same Idempotency-Key for the result"
    return ApiProblem(503, "no_answer", message, {"Retry-After": "10"})
