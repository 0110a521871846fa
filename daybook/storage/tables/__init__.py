"""All tables, on one metadata."""

from daybook.storage.tables import desk, journal, ledger, market, orders
from daybook.storage.tables.base import metadata

__all__ = ["desk", "journal", "ledger", "market", "metadata", "orders"]
