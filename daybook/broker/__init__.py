"""The broker room: the port every broker serves, the KIS client, and reconciliation."""
