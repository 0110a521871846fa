"""The gateway: the only place from which an order is POSTed.

It trusts nobody. Whatever the message says, it reads mode, halt, reconciliation, limits and approval from the
database, writes the attempt ahead, looks at the kill-switch file last, and then sends once.
"""

from datetime import datetime, timedelta

from daybook.broker.port import (
    BrokerConfigurationError,
    BrokerError,
    ModeLockError,
    OrderNotSent,
    OrderRefused,
    RateLimited,
)
from daybook.contracts.orders import AttemptOutcome, BrokerOrderId, IntentState, SubmitOutcome, SubmitRequest
from daybook.contracts.reasons import DenialCode
from daybook.execution.context import ContextReader
from daybook.execution.desk import ExecutionDesk
from daybook.execution.stores import Books
from daybook.risk.checks import check_before_post

CHECK_VALID_FOR = timedelta(seconds=30)
"""Real time after which pre-trade checks are too old to send an order on."""


class OrderGateway:
    """Submits attempts of tickets."""

    def __init__(self, desk: ExecutionDesk, contexts: ContextReader) -> None:
        self._desk = desk
        self._contexts = contexts

    def submit(self, request: SubmitRequest) -> SubmitOutcome:
        """Send one attempt at most once, and say what is known of it.

        Never raises for the broker's sake: every way a POST can end is an ``AttemptOutcome``.
        """
        ticket, now = request.ticket, self._desk.real_now()
        if now - request.checked_at > CHECK_VALID_FOR:
            return _not_begun("the checks are too old; check again")
        with self._desk.books() as books:
            obstacle = self._obstacle(books, request)
        if obstacle is not None:
            return obstacle
        now = self._desk.real_now()
        if not self._desk.intents.begin_attempt(ticket.intent_id, request.attempt, now):
            return SubmitOutcome(
                outcome=AttemptOutcome.UNKNOWN, text="this attempt was begun before; it is not sent again"
            )
        return self._send(request, now)

    def _send(self, request: SubmitRequest, begun_at: datetime) -> SubmitOutcome:
        ticket = request.ticket
        if self._desk.kill_switch.is_on():
            return self._finish(
                request,
                AttemptOutcome.NOT_ACCEPTED,
                denials=(DenialCode.TRADING_HALTED,),
                text=f"kill-switch file: {self._desk.kill_switch.reason()}",
            )
        if (self._desk.real_now() - begun_at).total_seconds() > self._desk.post_lead_s / 2:
            return self._finish(request, AttemptOutcome.NOT_EXECUTED, text="this process was too slow to send it")
        try:
            order = self._desk.broker.submit(
                ticket.symbol, ticket.side, ticket.shares, ticket.kind, ticket.limit_price_krw
            )
        except OrderRefused as error:
            return self._finish(request, AttemptOutcome.REFUSED, code=error.code, text=str(error))
        except (RateLimited, OrderNotSent) as error:
            return self._finish(request, AttemptOutcome.NOT_EXECUTED, code=error.code, text=str(error))
        except (ModeLockError, BrokerConfigurationError) as error:
            return self._finish(
                request,
                AttemptOutcome.REFUSED,
                denials=(DenialCode.MODE_MISMATCH,),
                code=error.code,
                text=f"{error} {error.advice}".strip(),
            )
        except BrokerError as error:
            return self._finish(request, AttemptOutcome.UNKNOWN, code=error.code, text=str(error))
        return self._finish(request, AttemptOutcome.ACCEPTED, order=order)

    def _finish(
        self,
        request: SubmitRequest,
        outcome: AttemptOutcome,
        *,
        order: BrokerOrderId | None = None,
        denials: tuple[DenialCode, ...] = (),
        code: str = "",
        text: str = "",
    ) -> SubmitOutcome:
        """Write what is known. A crash before this leaves SUBMITTING, which counts as unknown."""
        ticket, now = request.ticket, self._desk.real_now()
        if order is not None and not self._desk.intents.link_order(ticket.day, order, ticket.intent_id):
            outcome, text = AttemptOutcome.UNKNOWN, f"broker order {order.number} already belongs to another intent"
            order = None
        self._desk.intents.finish_attempt(ticket.intent_id, request.attempt, outcome, order, code, text, now)
        recorded = outcome is AttemptOutcome.ACCEPTED and self._desk.intents.set_state(
            ticket.intent_id, IntentState.WORKING, f"broker order {order and order.number}", at=now
        )
        if denials and outcome is AttemptOutcome.NOT_ACCEPTED:
            outcome = AttemptOutcome.REFUSED
        return SubmitOutcome(
            outcome=outcome, order=order, denials=denials, broker_code=code, text=text[:300], recorded=recorded
        )

    def _obstacle(self, books: Books, request: SubmitRequest) -> SubmitOutcome | None:
        """Return why nothing may be sent now, by the database and the kill-switch file alone."""
        ticket = request.ticket
        waiting = self._unknown_of_others(books, ticket.intent_id)
        if waiting:
            return _not_begun(f"{waiting} has an unknown outcome; wait until it is known")
        denied = self._denied(books, request)
        if denied is not None:
            return denied
        if books.intents.get(ticket.intent_id).ticket != ticket:
            return SubmitOutcome(
                outcome=AttemptOutcome.REFUSED,
                denials=(DenialCode.MODE_MISMATCH,),
                text="the ticket differs from the one on record",
            )
        return None

    def _denied(self, books: Books, request: SubmitRequest) -> SubmitOutcome | None:
        if self._desk.kill_switch.is_on():
            return SubmitOutcome(
                outcome=AttemptOutcome.REFUSED,
                denials=(DenialCode.TRADING_HALTED,),
                text=f"kill-switch file: {self._desk.kill_switch.reason()}",
            )
        context = self._contexts.before_post(books, request.ticket, request.clock)
        denials = check_before_post(request.ticket, context, self._desk.limits).denials
        if not denials:
            return None
        if {denial.code for denial in denials} == {DenialCode.RATE}:
            return _not_begun(denials[0].text)
        return SubmitOutcome(
            outcome=AttemptOutcome.REFUSED,
            denials=tuple(dict.fromkeys(denial.code for denial in denials)),
            text="; ".join(denial.text for denial in denials)[:300],
        )

    def _unknown_of_others(self, books: Books, intent_id: str) -> str:
        unknown = (IntentState.UNKNOWN, IntentState.NEEDS_HUMAN)
        return next(
            (
                record.intent_id
                for record in books.intents.open_intents(self._desk.account)
                if record.state in unknown and record.intent_id != intent_id
            ),
            "",
        )


def _not_begun(text: str) -> SubmitOutcome:
    """Nothing was written and nothing was sent: the attempt's number is still free."""
    return SubmitOutcome(outcome=AttemptOutcome.NOT_EXECUTED, is_begun=False, text=text)
