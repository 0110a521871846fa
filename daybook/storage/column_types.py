"""Column types that mean the same on SQLite, MariaDB and MySQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Double, Integer, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine

WonType = BigInteger
"""Money: whole won in 64 bits; never a floating-point number."""

RowNumber = BigInteger().with_variant(Integer(), "sqlite")
"""A key the database counts up itself; SQLite counts only an INTEGER key."""

IndexLevel = Double
"""Index points; they are not money."""

LongText = Text().with_variant(mysql.LONGTEXT(), "mysql")
"""Text without a practical bound, for canonical JSON."""

IntentIdType = String(80)
AccountType = String(40)
SymbolType = String(7)
OrderKeyType = String(40)
CodeType = String(40)
ActorType = String(120)
DigestType = String(64)
DETAIL_LENGTH = 500
DetailType = String(DETAIL_LENGTH)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, stored in UTC with microseconds; a time without an offset is refused.

    MySQL drops microseconds from a plain DATETIME, hence DATETIME(6).
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return DATETIME(6) for the MySQL family and the plain type elsewhere."""
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into naive UTC; raises ``ValueError`` on a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without an offset is ambiguous and is not stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored moment in UTC."""
        return None if value is None else value.replace(tzinfo=UTC)
