"""What the API reads: the desk's database, opened for reading only."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from sqlalchemy.orm import Session

from daybook.contracts.orders import IntentState
from daybook.report.why import OrderExplanation, explain_order
from daybook.settings import Settings
from daybook.storage.database import Database
from daybook.storage.days import DayRecord, DayStore
from daybook.storage.errors import RecordNotFound
from daybook.storage.intents import IntentRecord, IntentStore
from daybook.storage.states import StateStore, SymbolLock, TradingStateRecord

Result = TypeVar("Result")

_LOCK_WAIT_S = 3.0
_WAITING = (IntentState.AWAITING_APPROVAL, IntentState.NEEDS_HUMAN)


class Books:
    """Blocking reads of one account; nothing is connected before the first one.

    Raises:
        StorageConfigurationError: when the configured URL cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._database = Database(settings.ledger_url, read_only=True, lock_wait_s=_LOCK_WAIT_S)
        self._account = settings.account

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def check(self) -> None:
        """Raise ``StorageError`` unless the database can be read and has the schema this program knows."""
        self._database.require_current_schema()

    def days(self, count: int) -> list[DayRecord]:
        """Return up to ``count`` days, newest first."""
        return self._read(lambda session: DayStore(session).recent(count, account=self._account))

    def day(self, day: date) -> DayRecord | None:
        """Return a day, or None when it was not begun."""
        try:
            return self._read(lambda session: DayStore(session).get(day, self._account))
        except RecordNotFound:
            return None

    def orders(self, day: date) -> list[IntentRecord]:
        """Return a day's orders, oldest first."""
        return self._read(lambda session: IntentStore(session).for_day(day, account=self._account))

    def explain(self, intent_id: str) -> OrderExplanation:
        """Return everything known of one order, named by its id or a unique beginning of it."""
        return explain_order(self._database, intent_id)

    def state(self) -> tuple[TradingStateRecord, dict[str, SymbolLock], list[str]]:
        """Return the trading state, the locked symbols, and the orders that wait for a person."""

        def read(session: Session) -> tuple[TradingStateRecord, dict[str, SymbolLock], list[str]]:
            states = StateStore(session)
            waiting = [
                record.intent_id
                for record in IntentStore(session).open_intents(self._account)
                if record.state in _WAITING
            ]
            return states.current(self._account), states.locked_symbols(self._account), waiting

        return self._read(read)

    def _read(self, work: Callable[[Session], Result]) -> Result:
        return self._database.read(work)
