"""One process per layer."""
