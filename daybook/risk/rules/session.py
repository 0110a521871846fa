"""Rules on time: the ticket's own, the calendar's, the session's. All in market time."""

from datetime import timedelta

from daybook.contracts.base import KST, Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext, PostContext
from daybook.contracts.session import DayKind
from daybook.risk.rules.rule import Finding, Rule


def find_expired_ticket(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a ticket of another day, or one whose validity has ended."""
    today = context.market_now.astimezone(KST).date()
    if ticket.day != today:
        return Finding(f"the ticket is of {ticket.day}, today is {today}", today.isoformat(), ticket.day.isoformat())
    if context.market_now < ticket.valid_until:
        return None
    return Finding(
        f"the ticket was valid until {ticket.valid_until:%H:%M:%S}",
        ticket.valid_until.isoformat(),
        context.market_now.isoformat(),
    )


def find_calendar_disagreement(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a date on which calendar sources differ and no override decides."""
    if context.session.kind is not DayKind.DISAGREED:
        return None
    return Finding(f"calendars disagree on {context.session.day}: {context.session.reason}")


def find_closed_session(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a time outside the hours of the ticket's side. The start belongs to the hours, the end does not.

    The hours lie within continuous trading: the desk sends nothing into an auction.
    """
    session = context.session
    if session.kind is DayKind.DISAGREED:
        return None
    if not session.is_open or session.day != ticket.day:
        return Finding(f"no session of {ticket.day}: {session.reason or session.kind.value}", value=session.kind)
    times = session.times()
    if ticket.side is Side.BUY:
        from_open_min, before_close_min = limits.entries_from_open_min, limits.entries_before_close_min
    else:
        from_open_min, before_close_min = limits.exits_from_open_min, limits.exits_before_close_min
    starts = times.opens + timedelta(minutes=from_open_min)
    ends = min(times.closes - timedelta(minutes=before_close_min), times.closing_auction_from)
    if starts <= context.market_now < ends:
        return None
    hours = f"{starts.astimezone(KST):%H:%M:%S}-{ends.astimezone(KST):%H:%M:%S}"
    now = f"{context.market_now.astimezone(KST):%H:%M:%S}"
    return Finding(f"{ticket.side.value} orders are sent {hours}, now is {now}", hours, now)


POST_RULES: tuple[Rule[PostContext], ...] = (
    Rule(DenialCode.TICKET_EXPIRED, "the ticket is of another day or past `valid_until`", find_expired_ticket),
)
FULL_RULES: tuple[Rule[CheckContext], ...] = (
    Rule(DenialCode.CALENDAR_DISAGREE, "calendar sources differ and no override decides", find_calendar_disagreement),
    Rule(DenialCode.SESSION_CLOSED, "outside the hours of the side, or no session", find_closed_session),
)
