"""Tickets that a question or a script asks for: each waits for a person, in every mode."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.clock import MarketClock
    from daybook.contracts.desk import DeskConfig
    from daybook.contracts.execution import PlaceOrderInput
    from daybook.contracts.orders import OrderTicket

from workflows.place_order import PlaceOrder


def valid_until(market_now: datetime, clock: MarketClock, desk: DeskConfig) -> datetime:
    """Return the market time at which such a ticket is void: a person's patience, then an order's usual life."""
    patience = timedelta(seconds=desk.limits.approval_valid_for_s) * clock.speed
    return market_now + patience + timedelta(minutes=desk.strategy.order_ttl_min)


async def open_ticket(ticket: OrderTicket, clock: MarketClock, desk: DeskConfig, day_workflow_id: str = "") -> None:
    """Start a ticket's PlaceOrder, which outlives this workflow; one that exists already is left as it is."""
    try:
        await workflow.start_child_workflow(
            PlaceOrder.run,
            PlaceOrderInput(ticket=ticket, clock=clock, desk=desk, day_workflow_id=day_workflow_id),
            id=f"order-{ticket.intent_id}",
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            parent_close_policy=ParentClosePolicy.ABANDON,
            task_timeout=timedelta(seconds=5),
            static_summary=f"{ticket.origin.value}: {ticket.side.value} {ticket.shares} {ticket.symbol}",
            static_details=ticket.rationale,
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.info("ticket %s exists already", ticket.intent_id)
