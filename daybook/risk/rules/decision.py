"""Rules on the decision behind an order: that there is one, that it is fresh, that its price is real."""

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext
from daybook.risk.arithmetic import part_of, percent
from daybook.risk.rules.rule import Finding, Rule


def find_stale_decision(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a decision made on a snapshot that is too old, or from the future."""
    if ticket.decided_at is None:
        return None
    age_s = (context.real_now - ticket.decided_at).total_seconds()
    if -limits.clock_skew_max_s <= age_s <= limits.decision_max_age_s:
        return None
    return Finding(f"the decision's snapshot is {age_s:.0f} s old", limits.decision_max_age_s, age_s)


def find_ungrounded(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find an order without a recorded decision, or one whose price the market does not know."""
    if not ticket.decision_id or ticket.decided_at is None:
        return Finding("the order names no decision")
    if ticket.reference_price_krw <= 0:
        return Finding("the decision names no price")
    quote = context.quote
    if quote is None or quote.price_krw <= 0:
        return None
    gap_krw = abs(ticket.reference_price_krw - quote.price_krw)
    if gap_krw <= part_of(quote.price_krw, limits.grounding_max_price_gap_ratio):
        return None
    gap = gap_krw / quote.price_krw
    return Finding(
        f"the decision's price {ticket.reference_price_krw:,} is {percent(gap)} off the quote",
        limits.grounding_max_price_gap_ratio,
        gap,
    )


FULL_RULES: tuple[Rule[CheckContext], ...] = (
    Rule(DenialCode.DECISION_STALE, "snapshot older than `decision_max_age_s`", find_stale_decision, Side.BUY),
    Rule(DenialCode.UNGROUNDED, "no decision, or its price is off the quote", find_ungrounded, Side.BUY),
)
