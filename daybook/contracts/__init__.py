"""Typed messages and the table of calls; imported by everybody, imports nobody."""
