"""Semantic routing: what a request wants, whether it may be an order, and what it needs."""
