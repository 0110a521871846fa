"""All rules in one order: first what needs database facts only, then what needs quote and balance."""

from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext, PostContext
from daybook.risk.rules import cash, decision, exposure, frequency, liquidity, mode, price, session, size, symbol
from daybook.risk.rules.rule import Rule

POST_RULES: tuple[Rule[PostContext], ...] = (
    *mode.POST_RULES,
    *session.POST_RULES,
    *symbol.POST_RULES,
    *size.POST_RULES,
    *price.POST_RULES,
    *frequency.POST_RULES,
)
"""What the gateway repeats right before a POST."""

RULES: tuple[Rule[CheckContext], ...] = (
    *POST_RULES,
    *mode.FULL_RULES,
    *session.FULL_RULES,
    *symbol.FULL_RULES,
    *price.FULL_RULES,
    *liquidity.FULL_RULES,
    *size.FULL_RULES,
    *exposure.FULL_RULES,
    *cash.FULL_RULES,
    *frequency.FULL_RULES,
    *decision.FULL_RULES,
)
"""What a full check evaluates."""

APPROVAL_CODES: dict[DenialCode, str] = {
    DenialCode.FAT_FINGER: "above a multiple of the median own order: a person is asked",
    DenialCode.APPROVAL_MISSING: "no answer to the question for exactly this order",
    DenialCode.APPROVAL_REJECTED: "a person said no",
    DenialCode.APPROVAL_EXPIRED: "answered or used too late, or the price moved since",
}
"""What :mod:`daybook.risk.approvals` produces."""

ORDER_PATH_CODES: dict[DenialCode, str] = {
    DenialCode.BROKER_REFUSED: "the broker refused the order; recorded by the order path",
}
"""What no check produces, because it is only known after a POST."""
