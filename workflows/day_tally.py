"""What a trading day counts of its orders, and its result; pure functions of its state."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.day import DayResult, DayState
    from daybook.contracts.execution import OrderSummary
    from daybook.contracts.orders import IntentState


def counted_order(state: DayState, summary: OrderSummary) -> dict[str, object]:
    """Return the changes of a day's state when an order has ended."""
    bought = summary.filled_amount_krw if summary.side == "buy" else 0
    return {
        "open_orders": tuple(order for order in state.open_orders if order != summary.intent_id),
        "pending_approvals": tuple(order for order in state.pending_approvals if order != summary.intent_id),
        "orders_filled": state.orders_filled + (summary.state is IntentState.FILLED),
        "orders_denied": state.orders_denied + (summary.state in (IntentState.DENIED, IntentState.EXPIRED)),
        "bought_krw": state.bought_krw + bought,
        "sold_krw": state.sold_krw + (summary.filled_amount_krw - bought),
    }


def day_result(state: DayState, reason: str, *, signed_off: bool = False) -> DayResult:
    """Return how a day ended."""
    return DayResult(
        day=state.day,
        phase=state.phase,
        reason=reason,
        signed_off=signed_off,
        equity_krw=state.equity_krw,
        opening_equity_krw=state.opening_equity_krw,
        orders_started=state.orders_started,
        orders_filled=state.orders_filled,
        ticks=state.ticks,
        report_markdown=state.report_markdown,
    )
