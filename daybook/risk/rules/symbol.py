"""Rules on the security: what may be bought, and what cannot be traded at all."""

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext, PostContext
from daybook.risk.rules.rule import Finding, Rule


def find_locked(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a symbol locked by a reconciliation break or by a person."""
    return Finding(f"{ticket.symbol} is locked") if ticket.symbol in context.locked_symbols else None


def find_not_listed_as_allowed(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a symbol that is not on the list of symbols that may be bought."""
    if ticket.symbol in context.allowed_symbols:
        return None
    return Finding(f"{ticket.symbol} is not among the {len(context.allowed_symbols)} allowed symbols")


def find_trading_halt(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a symbol the exchange has halted."""
    if context.quote is None or not context.quote.is_halted:
        return None
    return Finding(f"the exchange has halted {ticket.symbol}")


def find_designation(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find an administrative issue, liquidation trading, or a warning above the level bought."""
    quote = context.quote
    if quote is None:
        return None
    if quote.is_administrative:
        return Finding(f"{ticket.symbol} is an administrative issue")
    if quote.is_in_liquidation:
        return Finding(f"{ticket.symbol} is in liquidation trading")
    if quote.warning_level > limits.max_warning_level:
        return Finding(
            f"{ticket.symbol} has investment warning level {quote.warning_level}",
            limits.max_warning_level,
            quote.warning_level,
        )
    return None


def find_denied_product(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a kind of security, or a leveraged or inverse product, that is never bought."""
    if context.quote is not None and context.quote.kind in limits.denied_kinds:
        return Finding(f"{ticket.symbol} is an {context.quote.kind.value.upper()}", value=context.quote.kind)
    if context.is_leveraged and limits.deny_leveraged:
        return Finding(f"{ticket.symbol} is a leveraged or inverse product")
    return None


def find_recent_listing(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a symbol listed too recently, or of unknown listing age."""
    if limits.min_sessions_listed == 0:
        return None
    sessions = context.sessions_listed
    if sessions is None:
        return Finding(f"the listing age of {ticket.symbol} is not known", limits.min_sessions_listed)
    if sessions >= limits.min_sessions_listed:
        return None
    return Finding(f"{ticket.symbol} has {sessions} sessions of trading", limits.min_sessions_listed, sessions)


POST_RULES: tuple[Rule[PostContext], ...] = (
    Rule(DenialCode.SYMBOL_LOCKED, "locked by a reconciliation break or a person", find_locked),
)
_NOT_ALLOWED = DenialCode.SYMBOL_NOT_ALLOWED
FULL_RULES: tuple[Rule[CheckContext], ...] = (
    Rule(_NOT_ALLOWED, "not on the list of symbols that may be bought", find_not_listed_as_allowed, Side.BUY),
    Rule(_NOT_ALLOWED, "halted by the exchange", find_trading_halt),
    Rule(_NOT_ALLOWED, "administrative, in liquidation, or warning above the level", find_designation, Side.BUY),
    Rule(_NOT_ALLOWED, "an ETN, an ELW, a leveraged or inverse product", find_denied_product, Side.BUY),
    Rule(_NOT_ALLOWED, "fewer than `min_sessions_listed` sessions, or unknown", find_recent_listing, Side.BUY),
)
