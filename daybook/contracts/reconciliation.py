"""Reconciliation: ledger against broker, difference by difference."""

from datetime import date
from enum import StrEnum

from daybook.contracts.base import AwareDatetime, Message
from daybook.contracts.reasons import DifferenceCode


class ReconcileMoment(StrEnum):
    """When a reconciliation takes place."""

    START = "start"
    DURING = "during"
    END = "end"


class ReconcileRequest(Message):
    """Compare ledger and broker. ``accept_by`` adopts unexplained differences in the name of a person."""

    account: str
    day: date
    moment: ReconcileMoment
    market_now: AwareDatetime
    accept_by: str = ""


class Difference(Message):
    """One difference and what was done about it."""

    code: DifferenceCode
    subject: str
    ledger: str
    broker: str
    adopted: bool
    text: str


class ReconcileReport(Message):
    """The outcome. ``signed_off`` means ledger and broker agree, or every difference is explained and adopted."""

    moment: ReconcileMoment
    signed_off: bool
    opened_ledger: bool = False
    ledger_cash_krw: int
    broker_cash_krw: int
    positions_checked: int
    orders_checked: int
    differences: tuple[Difference, ...] = ()

    def summary(self) -> str:
        """One line for a person."""
        verdict = "agree" if self.signed_off else "DIFFER"
        return (
            f"ledger and broker {verdict}: cash {self.ledger_cash_krw:,} / {self.broker_cash_krw:,} KRW, "
            f"{self.positions_checked} positions, {self.orders_checked} orders, {len(self.differences)} differences"
        )


class ReconciliationInput(Message):
    """Input of Reconciliation. ``day_workflow_id`` is the running day, if any, to be woken."""

    request: ReconcileRequest
    day_workflow_id: str = ""
