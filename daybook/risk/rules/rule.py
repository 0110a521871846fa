"""What a rule is: a code, the side it is for, and a function of ticket, facts and limits."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import Denial, PostContext

Facts = TypeVar("Facts", bound=PostContext, contravariant=True)

Number = int | float | Fraction | str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: a sentence, the limit and the value that broke it."""

    text: str
    limit: Number = None
    value: Number = None


@dataclass(frozen=True, slots=True)
class Rule(Generic[Facts]):
    """One rule. ``side`` None is for both; the side decides, never the ticket's purpose, which is only a label.

    A rule for buys is an entry-only rule: it can never keep the desk from reducing a position.
    """

    code: DenialCode
    summary: str
    find: Callable[[OrderTicket, Facts, RiskLimits], Finding | None]
    side: Side | None = None

    def check(self, ticket: OrderTicket, context: Facts, limits: RiskLimits) -> Denial | None:
        """Return the denial of a ticket, or None when the rule has nothing against it."""
        if self.side is not None and ticket.side is not self.side:
            return None
        finding = self.find(ticket, context, limits)
        if finding is None:
            return None
        return Denial(code=self.code, text=finding.text, limit=_plain(finding.limit), value=_plain(finding.value))


def _plain(number: Number) -> int | float | str | None:
    if not isinstance(number, Fraction):
        return number
    return int(number) if number.denominator == 1 else float(number)
