"""Where the trading worker can be killed: every await and every boundary of the order path.

A point is named after what is about to happen or has just happened, and where: ``begin_attempt:committed@submit_order``
is the instant after the transaction of ``begin_attempt`` was committed inside the activity ``submit_order``.
"""

ACTIVITIES = (
    "record_intent",
    "check_order",
    "record_approval",
    "submit_order",
    "find_order",
    "poll_order",
    "cancel_order",
    "update_intent",
)
"""Activities of the order path, without the layer's prefix."""

_TRANSACTIONS = (
    "record_intent@record_intent",
    "append_audit@check_order",
    "request_approval@record_approval",
    "decide_approval@record_approval",
    "begin_attempt@submit_order",
    "link_order@submit_order",
    "finish_attempt@submit_order",
    "set_state@submit_order",
    "link_order@find_order",
    "finish_attempt@find_order",
    "apply_progress@poll_order",
    "set_state@poll_order",
    "finish_attempt@update_intent",
    "set_state@update_intent",
    "record_notice@watch_account",
)
_REQUESTS = ("order@submit_order", "cancel@cancel_order", "order_list@find_order", "order_list@poll_order")


def _at(name: str, moment: str) -> str:
    what, where = name.split("@")
    return f"{what}:{moment}@{where}"


ACTIVITY_POINTS = tuple(f"{moment}@{name}" for name in ACTIVITIES for moment in ("begins", "ends"))
"""Before an activity does anything, and after it did everything but before its completion is reported."""

COMMIT_POINTS = tuple(_at(name, moment) for name in _TRANSACTIONS for moment in ("committing", "committed"))
"""Just before and just after each transaction of the order path."""

WIRE_POINTS = tuple(_at(name, moment) for name in _REQUESTS for moment in ("writing", "written", "answered"))
"""Before a request is written, after it was written and before the reply is read, after the reply was read."""

POINTS = (*ACTIVITY_POINTS, *COMMIT_POINTS, *WIRE_POINTS)
"""Every point of the order path."""

AROUND_THE_POST = (
    "begin_attempt:committing@submit_order",
    "begin_attempt:committed@submit_order",
    "order:writing@submit_order",
    "order:written@submit_order",
    "order:answered@submit_order",
    "link_order:committing@submit_order",
    "link_order:committed@submit_order",
    "finish_attempt:committing@submit_order",
    "finish_attempt:committed@submit_order",
    "ends@submit_order",
)
"""The points at which a naive desk doubles or loses an order."""
