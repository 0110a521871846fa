"""When a tick may sell a name for having lost its rank."""

from datetime import date

from daybook.contracts.limits import RebalanceRule


def is_rebalance_due(rule: RebalanceRule, day: date, previous_session: date | None, is_first_tick: bool) -> bool:
    """Return whether this tick rebalances.

    ``DAILY`` is the day's first tick; ``WEEKLY`` the first tick of the first session of an ISO week, which a holiday
    on Monday moves to Tuesday. ``previous_session`` None counts as another week.
    """
    if rule is RebalanceRule.EVERY_TICK:
        return True
    if rule is RebalanceRule.NEVER or not is_first_tick:
        return False
    if rule is RebalanceRule.DAILY or previous_session is None:
        return True
    return previous_session.isocalendar()[:2] != day.isocalendar()[:2]
