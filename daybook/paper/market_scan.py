"""The running numbers of every listed symbol at once, kept for a moment because reading them all is costly."""

from daybook.paper.front import Front
from daybook.paper.model import Security, TradeState

KEPT_S = 1.0


def market_states(front: Front) -> list[tuple[Security, TradeState]]:
    """Return all listed securities with their numbers, at most ``KEPT_S`` real seconds old."""
    now_s = front.monotonic_s()
    if front.scan is None or not 0 <= now_s - front.scan[0] < KEPT_S:
        states = [(security, front.engine.trade_state(security.symbol)) for security in front.engine.securities()]
        front.scan = (now_s, states)
    return front.scan[1]
