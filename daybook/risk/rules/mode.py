"""Rules on the desk itself: mode, armed record, trading state, reconciliation."""

from daybook.contracts.base import Mode, Side, TradingState
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext, PostContext
from daybook.risk.arithmetic import exact, percent
from daybook.risk.rules.rule import Finding, Rule


def find_mode_mismatch(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a ticket written for another mode than the process that would send it."""
    if ticket.mode is context.mode:
        return None
    return Finding(
        f"the ticket is for {ticket.mode.value}, this process is {context.mode.value}", context.mode, ticket.mode
    )


def find_not_armed(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a live process without an armed record for this session."""
    if context.mode is not Mode.LIVE or context.armed:
        return None
    return Finding("live trading is not armed for this session")


def find_halted(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a halted desk."""
    if context.trading_state is not TradingState.HALTED:
        return None
    return Finding("the desk is halted", value=context.trading_state)


def find_reducing(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a desk that may only reduce positions."""
    if context.trading_state is not TradingState.REDUCING:
        return None
    return Finding("the desk only reduces positions", value=context.trading_state)


def find_not_reconciled(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a day whose start was not signed off."""
    return None if context.reconciled else Finding("the day's start is not reconciled")


def find_old_balance(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a balance too old to buy against, or one from the future."""
    age_s = (context.real_now - context.account.observed_at).total_seconds()
    if -limits.clock_skew_max_s <= age_s <= limits.account_max_age_s:
        return None
    return Finding(f"the balance is {age_s:.1f} s old", limits.account_max_age_s, age_s)


def find_falling_index(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a market that has fallen as far as the index breaker allows, before the breaker itself looks."""
    change = context.index_change_ratio
    if change is None or -exact(change) < exact(limits.index_fall_reduce_ratio):
        return None
    return Finding(f"KOSPI is at {percent(change)}", -limits.index_fall_reduce_ratio, change)


POST_RULES: tuple[Rule[PostContext], ...] = (
    Rule(DenialCode.MODE_MISMATCH, "ticket and sending process have different modes", find_mode_mismatch),
    Rule(DenialCode.MODE_NOT_ARMED, "live without an armed record for this session", find_not_armed),
    Rule(DenialCode.TRADING_HALTED, "the desk is halted", find_halted),
    Rule(DenialCode.TRADING_REDUCING, "the desk only reduces positions", find_reducing, Side.BUY),
    Rule(DenialCode.NOT_RECONCILED, "the day's start is not reconciled", find_not_reconciled),
)
FULL_RULES: tuple[Rule[CheckContext], ...] = (
    Rule(DenialCode.NOT_RECONCILED, "the balance is older than `account_max_age_s`", find_old_balance, Side.BUY),
    Rule(DenialCode.TRADING_REDUCING, "KOSPI fell by `index_fall_reduce_ratio`", find_falling_index, Side.BUY),
)
