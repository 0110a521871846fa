"""The trading layer's composition: one broker, one ledger, one kill switch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from daybook.broker.port import Broker
from daybook.contracts.base import Mode
from daybook.contracts.limits import RiskLimits
from daybook.execution.kill_switch import KillSwitch
from daybook.execution.securities import SecurityDirectory
from daybook.execution.stores import Books, Stores
from daybook.storage.database import Database


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class ExecutionDesk(Stores):
    """What the trading activities work with.

    Args:
        account: alias of the one account this desk trades.
        mode: the mode of this process; never taken from a message.
        broker: the account's broker, built for that mode.
        database: the ledger's database.
        kill_switch: the file read before each POST.
        limits: this process's own limits, re-checked before each POST whatever a message says.
        hedge_symbol: the one symbol besides the day's universe that a hedge of the playbook may buy; empty for none.
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
    hedge_symbol: str = ""
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

    @property
    def _place(self) -> Database:
        return self.database

    @contextmanager
    def books(self) -> Iterator[Books]:
        """Open the stores for reading many facts in one transaction. Nothing is written through them."""
        with self.database.reading() as session:
            yield Books(session)
