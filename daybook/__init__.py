"""Daybook: everything the desk knows, free of Temporal and of FastAPI."""

__version__ = "0.1.0"
