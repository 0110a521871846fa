"""When a person has to be asked, and whether the answer covers the order. A late yes is a no."""

from datetime import timedelta
from fractions import Fraction
from statistics import median

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket, TicketOrigin
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext, Denial, PostContext
from daybook.risk.arithmetic import exact, order_value_krw, percent


def approval_reasons(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> tuple[DenialCode, ...]:
    """Return why a person has to be asked about an order, each reason once; empty when nobody has to be.

    ``APPROVAL_MISSING`` stands for a mode in which every order is asked, and for an order that a question or a script
    asked for. What an earlier check asked for stays.
    """
    reasons: list[DenialCode] = []
    asked_in_this_mode = context.mode in limits.approval_modes or ticket.mode in limits.approval_modes
    if asked_in_this_mode or ticket.origin is not TicketOrigin.STRATEGY:
        reasons.append(DenialCode.APPROVAL_MISSING)
    if isinstance(context, CheckContext) and _is_fat_finger(ticket, context, limits):
        reasons.append(DenialCode.FAT_FINGER)
    return tuple(dict.fromkeys((*reasons, *context.approval_reasons)))


def judge_approval(
    ticket: OrderTicket, context: PostContext, limits: RiskLimits, reasons: tuple[DenialCode, ...]
) -> Denial | None:
    """Return what is wrong with the answer to the question about this order, or None when it is a valid yes.

    A no counts even where nobody had to be asked; otherwise, without ``reasons``, the answer does not matter.
    """
    approval = context.approval
    if approval is not None and approval.intent_id == ticket.intent_id and not approval.granted:
        who = approval.answered_by or "a person"
        return Denial(code=DenialCode.APPROVAL_REJECTED, text=f"{who} said no")
    if not reasons:
        return None
    if approval is None:
        why = ", ".join(reason.value for reason in reasons)
        return Denial(code=DenialCode.APPROVAL_MISSING, text=f"nobody has answered yet ({why})")
    seen = (approval.intent_id, approval.shares, approval.limit_price_krw)
    if seen != (ticket.intent_id, ticket.shares, ticket.limit_price_krw):
        return Denial(code=DenialCode.APPROVAL_MISSING, text="the approval is for another order")
    skew = timedelta(seconds=limits.clock_skew_max_s)
    if not approval.asked_at - skew <= approval.answered_at <= context.real_now + skew:
        return Denial(code=DenialCode.APPROVAL_MISSING, text="the approval's times are impossible")
    expires_at = approval.asked_at + timedelta(seconds=limits.approval_valid_for_s)
    latest = max(approval.answered_at, context.real_now)
    if latest > expires_at:
        return Denial(
            code=DenialCode.APPROVAL_EXPIRED,
            text=f"the question ran out {(latest - expires_at).total_seconds():.0f} s before",
            limit=limits.approval_valid_for_s,
            value=(latest - approval.asked_at).total_seconds(),
        )
    return _judge_price_move(context, limits)


def _judge_price_move(context: PostContext, limits: RiskLimits) -> Denial | None:
    approval = context.approval
    quote = context.quote if isinstance(context, CheckContext) else None
    if approval is None or approval.price_krw == 0 or quote is None or quote.price_krw <= 0:
        return None
    move = Fraction(abs(quote.price_krw - approval.price_krw), approval.price_krw)
    if move <= exact(limits.approval_max_price_move_ratio):
        return None
    return Denial(
        code=DenialCode.APPROVAL_EXPIRED,
        text=f"the price moved {percent(move)} since the question; ask again",
        limit=limits.approval_max_price_move_ratio,
        value=float(move),
    )


def _is_fat_finger(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> bool:
    """Whether a buy is far above the median of recent own buys; too few of them say nothing."""
    recent = context.recent_notionals_krw[: limits.fat_finger_orders]
    if ticket.side is not Side.BUY or not recent or len(recent) < limits.fat_finger_min_orders:
        return False
    typical = Fraction(median(recent))
    return order_value_krw(ticket, context.quote) > typical * exact(limits.fat_finger_multiple)
