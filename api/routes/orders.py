"""Orders: list them, explain one, answer for one."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request

from api.context import Context
from api.errors import ApiProblem, problem_responses
from api.idempotency import OptionalKey, body_digest, scoped
from api.schemas import Day, Decide, Done, IntentPath, OrderAnswer, OrderList, OrderRow, Resolve
from api.security import Caller, Reader, Trader
from daybook.contracts.base import KST
from daybook.contracts.orders import BrokerOrderId
from daybook.report.why import render_explanation
from daybook.storage.intents import IntentRecord

router = APIRouter(prefix="/v1/orders", tags=["orders"])

_ANSWERS = problem_responses(404, 409, 422, 503)
_AS_SHOWN = Decide()


@router.get("", responses=problem_responses(503))
def list_orders(
    _caller: Reader, context: Context, day: Annotated[Day | None, Query(description="default: today in Korea")] = None
) -> OrderList:
    """Return a day's orders, oldest first."""
    wanted: date = day or datetime.now(KST).date()
    return OrderList(day=wanted, orders=[_row(record) for record in context.books.orders(wanted)])


@router.get("/{intent_id}", responses=problem_responses(404, 409, 503))
def explain_one(intent_id: IntentPath, _caller: Reader, context: Context) -> OrderAnswer:
    """Return why an order exists and what became of it; a unique beginning of its id is enough."""
    explanation = context.books.explain(intent_id)
    return OrderAnswer(explanation=explanation, text=render_explanation(explanation))


@router.post("/{intent_id}/approve", responses=_ANSWERS)
async def approve(
    intent_id: IntentPath,
    request: Request,
    caller: Trader,
    context: Context,
    body: Annotated[Decide, Body()] = _AS_SHOWN,
    key: OptionalKey = None,
) -> Done:
    """Approve a waiting order; with ``digest``, only exactly the order that was shown."""
    return await _decide(intent_id, True, body, request, caller, context, key)


@router.post("/{intent_id}/reject", responses=_ANSWERS)
async def reject(
    intent_id: IntentPath,
    request: Request,
    caller: Trader,
    context: Context,
    body: Annotated[Decide, Body()] = _AS_SHOWN,
    key: OptionalKey = None,
) -> Done:
    """Reject a waiting order."""
    return await _decide(intent_id, False, body, request, caller, context, key)


async def _decide(
    intent_id: str, approve: bool, body: Decide, request: Request, caller: Caller, context: Context, key: str | None
) -> Done:
    desk = await context.link.desk()
    text = await desk.decide(
        intent_id,
        approve=approve,
        by=caller.name,
        digest=body.digest,
        idempotency_key=_update_key(caller, key, request, body),
    )
    return Done(intent_id=intent_id, text=text)


@router.post("/{intent_id}/resolve", responses=_ANSWERS)
async def resolve(
    intent_id: IntentPath,
    body: Resolve,
    request: Request,
    caller: Trader,
    context: Context,
    key: OptionalKey = None,
) -> Done:
    """Say which broker order an order of unknown outcome became, or that there is none."""
    if body.order_number is None and body.branch:
        raise ApiProblem(422, "invalid", "body.branch: a branch without an order number names nothing")
    order = None if body.order_number is None else BrokerOrderId(branch=body.branch, number=body.order_number)
    desk = await context.link.desk()
    text = await desk.resolve(
        intent_id, by=caller.name, order=order, idempotency_key=_update_key(caller, key, request, body)
    )
    return Done(intent_id=intent_id, text=text)


def _update_key(caller: Caller, key: str | None, request: Request, body: Decide | Resolve) -> str:
    """A key used again for another answer is another update, which the order then refuses."""
    return "" if key is None else f"{scoped(caller, key)}/{body_digest(request, body)}"


def _row(record: IntentRecord) -> OrderRow:
    ticket = record.ticket
    return OrderRow(
        intent_id=record.intent_id,
        symbol=ticket.symbol,
        side=ticket.side.value,
        shares=ticket.shares,
        limit_price_krw=ticket.limit_price_krw,
        state=record.state,
        detail=record.detail,
        filled_shares=record.filled_shares,
        filled_amount_krw=record.filled_amount_krw,
        costs_krw=record.costs_krw,
        recorded_at=record.recorded_at,
        closed_at=record.closed_at,
    )
