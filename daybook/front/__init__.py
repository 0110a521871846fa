"""The front door: a Temporal client that starts, signals, updates and queries workflows. No state, no broker."""
