"""Execution: the way of a ticket to the broker and back into the ledger, safe against crashes at any point."""
