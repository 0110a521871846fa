"""The ledger's stores, all bound to one place: the database, or the session of one unit of work."""

from abc import ABC, abstractmethod
from functools import cached_property

from sqlalchemy.orm import Session

from daybook.storage.approvals import ApprovalStore
from daybook.storage.audit import AuditLog
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from daybook.storage.decisions import DecisionStore
from daybook.storage.intents import IntentStore
from daybook.storage.ledger import Ledger
from daybook.storage.notices import NoticeStore
from daybook.storage.states import StateStore
from daybook.storage.statistics import Statistics


class Stores(ABC):
    """Every store the trading layer works with."""

    @property
    @abstractmethod
    def _place(self) -> Database | Session:
        """Where the stores read and write."""

    @cached_property
    def intents(self) -> IntentStore:
        """Intents and attempts."""
        return IntentStore(self._place)

    @cached_property
    def ledger(self) -> Ledger:
        """Fills, positions, cash, equity."""
        return Ledger(self._place)

    @cached_property
    def states(self) -> StateStore:
        """Trading state, locks, arming."""
        return StateStore(self._place)

    @cached_property
    def approvals(self) -> ApprovalStore:
        """Approvals."""
        return ApprovalStore(self._place)

    @cached_property
    def decisions(self) -> DecisionStore:
        """Decisions."""
        return DecisionStore(self._place)

    @cached_property
    def days(self) -> DayStore:
        """Days."""
        return DayStore(self._place)

    @cached_property
    def audit(self) -> AuditLog:
        """The audit chain."""
        return AuditLog(self._place)

    @cached_property
    def bars(self) -> BarStore:
        """Daily and minute bars."""
        return BarStore(self._place)

    @cached_property
    def notices(self) -> NoticeStore:
        """The broker's notices."""
        return NoticeStore(self._place)

    @cached_property
    def statistics(self) -> Statistics:
        """Counts for the risk rules."""
        return Statistics(self._place)


class Books(Stores):
    """Stores bound to one session: one transaction instead of one for each question; on SQLite, facts of one moment."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def _place(self) -> Session:
        return self._session
