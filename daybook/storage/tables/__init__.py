"""All tables, on one metadata."""

from daybook.storage.tables import desk, intelligence, journal, ledger, market, orders
from daybook.storage.tables.base import metadata

__all__ = ["desk", "intelligence", "journal", "ledger", "market", "metadata", "orders"]
