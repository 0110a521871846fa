"""The two checks every order passes: a full one before approval, and one on database facts before each POST."""

from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.risk import CheckContext, CheckResult, Denial, PostContext
from daybook.risk.approvals import approval_reasons, judge_approval
from daybook.risk.rules.registry import POST_RULES, RULES
from daybook.risk.rules.rule import Facts, Rule
from daybook.risk.rules.size import find_bad_quantity


def check_order(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> CheckResult:
    """Evaluate every rule and return all denials, and what a person has to be asked for.

    ``needs_approval`` is empty once a valid answer is among the facts; an invalid one is a denial.
    """
    denials = _evaluate(RULES, ticket, context, limits)
    reasons = approval_reasons(_countable(ticket), context, limits)
    if context.approval is None:
        return CheckResult(denials=denials, needs_approval=reasons)
    verdict = judge_approval(ticket, context, limits, reasons)
    return CheckResult(denials=denials if verdict is None else (*denials, verdict))


def check_before_post(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> CheckResult:
    """Evaluate, from database facts only, what the gateway repeats right before a POST.

    Nobody can be asked any more at this point, so a missing approval is a denial and ``needs_approval`` is empty.
    """
    denials = _evaluate(POST_RULES, ticket, context, limits)
    verdict = judge_approval(ticket, context, limits, approval_reasons(_countable(ticket), context, limits))
    return CheckResult(denials=denials if verdict is None else (*denials, verdict))


def _evaluate(
    rules: tuple[Rule[Facts], ...], ticket: OrderTicket, context: Facts, limits: RiskLimits
) -> tuple[Denial, ...]:
    countable = _countable(ticket)
    findings = (rule.check(ticket if rule.find is find_bad_quantity else countable, context, limits) for rule in rules)
    return tuple(denial for denial in findings if denial is not None)


def _countable(ticket: OrderTicket) -> OrderTicket:
    """Return the ticket with a quantity the other rules can compute with; only its own rule sees a malformed one."""
    return ticket if type(ticket.shares) is int else ticket.model_copy(update={"shares": 0})
