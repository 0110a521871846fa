"""Intake: an order's first step, the record of its intent and the first checks, in one call."""

from daybook.broker.port import BrokerError
from daybook.contracts.execution import CheckOrderRequest, IntentStatus, IntentToRecord
from daybook.contracts.orders import IntentState
from daybook.execution.check import OrderChecker
from daybook.execution.intents import IntentKeeper


class OrderIntake:
    """Records an intent, then checks it. The record is committed first: other orders' checks count with it."""

    def __init__(self, keeper: IntentKeeper, checker: OrderChecker) -> None:
        self._keeper = keeper
        self._checker = checker

    def take(self, request: IntentToRecord) -> IntentStatus:
        """Record a ticket once and, with a clock, check it; may be repeated.

        An intent that is a duplicate or already further on is not checked. When the broker cannot be read the checks
        are left out, and whoever places the order asks for them again.
        """
        status = self._keeper.record(request.ticket)
        if request.clock is None or status.duplicate_of or status.state is not IntentState.RECORDED:
            return status
        try:
            checked = self._checker.check(CheckOrderRequest(ticket=request.ticket, clock=request.clock))
        except BrokerError:
            return status
        return status.model_copy(update={"checked": checked})
