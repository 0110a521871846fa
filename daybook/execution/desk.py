"""The trading layer's composition: one broker, one ledger, one kill switch."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from daybook.broker.port import Broker
from daybook.contracts.base import Mode
from daybook.contracts.limits import RiskLimits
from daybook.execution.kill_switch import KillSwitch
from daybook.execution.securities import SecurityDirectory
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


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class ExecutionDesk:
    """What the trading activities work with.

    Args:
        account: alias of the one account this desk trades.
        mode: the mode of this process; never taken from a message.
        broker: the account's broker, built for that mode.
        database: the ledger's database.
        kill_switch: the file read before each POST.
        limits: this process's own limits, re-checked before each POST whatever a message says.
        post_lead_s: longest time between writing an attempt and starting its POST; later it is not sent.
        post_timeout_s: longest time a started POST can take.
        real_now: the real clock.
    """

    account: str
    mode: Mode
    broker: Broker
    database: Database
    kill_switch: KillSwitch
    limits: RiskLimits
    post_lead_s: float = 6.0
    post_timeout_s: float = 5.0
    real_now: Callable[[], datetime] = _utc_now

    @property
    def post_horizon(self) -> timedelta:
        """Real time after which a begun attempt can no longer reach the broker: before it, absence proves nothing."""
        return timedelta(seconds=self.post_lead_s + self.post_timeout_s + 0.5)

    @cached_property
    def securities(self) -> SecurityDirectory:
        """Listing facts by symbol."""
        return SecurityDirectory(self.broker.quote)

    @cached_property
    def intents(self) -> IntentStore:
        """Intents and attempts."""
        return IntentStore(self.database)

    @cached_property
    def ledger(self) -> Ledger:
        """Fills, positions, cash, equity."""
        return Ledger(self.database)

    @cached_property
    def states(self) -> StateStore:
        """Trading state, locks, arming."""
        return StateStore(self.database)

    @cached_property
    def approvals(self) -> ApprovalStore:
        """Approvals."""
        return ApprovalStore(self.database)

    @cached_property
    def decisions(self) -> DecisionStore:
        """Decisions."""
        return DecisionStore(self.database)

    @cached_property
    def days(self) -> DayStore:
        """Days."""
        return DayStore(self.database)

    @cached_property
    def audit(self) -> AuditLog:
        """The audit chain."""
        return AuditLog(self.database)

    @cached_property
    def bars(self) -> BarStore:
        """Daily and minute bars."""
        return BarStore(self.database)

    @cached_property
    def notices(self) -> NoticeStore:
        """The broker's notices."""
        return NoticeStore(self.database)

    @cached_property
    def statistics(self) -> Statistics:
        """Counts for the risk rules."""
        return Statistics(self.database)
