"""Serve the paper exchange of a containerised desk, as ``daybook up`` does: on loopback, with a journal, unhurried."""

from pathlib import Path

from daybook.paper.command import ServeConfig, serve

JOURNAL = Path("/var/lib/paper/paper.jsonl")

if __name__ == "__main__":
    serve(ServeConfig(journal=JOURNAL, rate_limit="off"))
