"""The storage room's errors; every message is one line, without SQL and without values.

StorageError
|- StorageConfigurationError   the URL, the driver or the schema is wrong; retrying cannot help
|- StorageUnavailable          no usable connection; nothing was committed as far as is known
|- StorageBusy                 locks or deadlocks outlasted the bounded retries; nothing was committed
|- ReadOnlyDatabase            a write was asked of a read-only database
|- StorageUsageError           the caller broke a rule: naive time, nested unit of work, unusable value
|- ConstraintViolated          a row would break a rule of the schema
|- RecordNotFound              the named record does not exist
|- RecordConflict              the same identity with a different content
|- CorruptRecord               stored bytes no longer match their digest
|- AttemptRefused              a further POST of an order is not allowed
|- LedgerError                 the ledger is not open, or an input contradicts what it holds
"""


class StorageError(Exception):
    """Base of all storage errors."""


class StorageConfigurationError(StorageError):
    """The URL, the driver or the schema is wrong; retrying cannot help."""


class StorageUnavailable(StorageError):
    """No usable connection. A commit that was under way may or may not have happened."""


class StorageBusy(StorageError):
    """Locks or deadlocks outlasted the bounded retries. Nothing was committed."""


class ReadOnlyDatabase(StorageError):
    """A write was asked of a database opened, or granted, for reading only."""


class StorageUsageError(StorageError):
    """The caller broke a rule of this room: a naive time, a nested unit of work, an unusable value."""


class ConstraintViolated(StorageError):
    """A row would break a rule of the schema."""


class RecordNotFound(StorageError):
    """The named record does not exist."""


class RecordConflict(StorageError):
    """The same identity was given with a different content."""


class CorruptRecord(StorageError):
    """Stored bytes no longer match the digest stored beside them."""


class IntentConflict(RecordConflict):
    """The same intent id was given with a different ticket."""


class AttemptRefused(StorageError):
    """A further POST of an order is not allowed: the intent is final, or an earlier attempt is unresolved."""


class LedgerError(StorageError):
    """The ledger is not open for the account, or an input contradicts what the ledger holds."""
