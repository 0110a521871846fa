"""All tables, on one metadata."""

from daybook.storage.tables import code, desk, intelligence, journal, ledger, market, orders, scenario
from daybook.storage.tables.base import metadata

__all__ = ["code", "desk", "intelligence", "journal", "ledger", "market", "metadata", "orders", "scenario"]
