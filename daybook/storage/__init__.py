"""What the desk remembers: tables, stores and migrations.

A :class:`Database` is opened once per process; the stores are plain classes on it. ``Store(database)`` makes every
call a transaction of its own, ``Store(session)`` takes part in the unit of work of ``database.session()``.
"""

from daybook.contracts.execution import ApprovalVerdict
from daybook.storage.approvals import ApprovalRecord, ApprovalStore, ShownOrder
from daybook.storage.attempts import AttemptRecord
from daybook.storage.audit import AuditLog, AuditRow
from daybook.storage.bars import BarStore
from daybook.storage.canonical import message_digest
from daybook.storage.database import Database
from daybook.storage.days import DayRecord, DayStore
from daybook.storage.decisions import DecisionRecord, DecisionStore
from daybook.storage.equity import EquityPoint
from daybook.storage.errors import (
    AttemptRefused,
    ConstraintViolated,
    CorruptRecord,
    IntentConflict,
    LedgerError,
    ReadOnlyDatabase,
    RecordConflict,
    RecordNotFound,
    StorageBusy,
    StorageConfigurationError,
    StorageError,
    StorageUnavailable,
    StorageUsageError,
)
from daybook.storage.intents import IntentRecord, IntentStore, RecordedIntent
from daybook.storage.ledger import Ledger
from daybook.storage.ledger_records import FillRecord, LedgerEntry, PositionRecord
from daybook.storage.notices import NoticeStore
from daybook.storage.order_progress import Progress
from daybook.storage.states import HaltRecord, StateStore, SymbolLock, TradingStateRecord
from daybook.storage.statistics import DayCounters, Statistics

__all__ = [
    "ApprovalRecord",
    "ApprovalStore",
    "ApprovalVerdict",
    "AttemptRecord",
    "AttemptRefused",
    "AuditLog",
    "AuditRow",
    "BarStore",
    "ConstraintViolated",
    "CorruptRecord",
    "Database",
    "DayCounters",
    "DayRecord",
    "DayStore",
    "DecisionRecord",
    "DecisionStore",
    "EquityPoint",
    "FillRecord",
    "HaltRecord",
    "IntentConflict",
    "IntentRecord",
    "IntentStore",
    "Ledger",
    "LedgerEntry",
    "LedgerError",
    "NoticeStore",
    "PositionRecord",
    "Progress",
    "ReadOnlyDatabase",
    "RecordConflict",
    "RecordNotFound",
    "RecordedIntent",
    "ShownOrder",
    "StateStore",
    "Statistics",
    "StorageBusy",
    "StorageConfigurationError",
    "StorageError",
    "StorageUnavailable",
    "StorageUsageError",
    "SymbolLock",
    "TradingStateRecord",
    "message_digest",
]
