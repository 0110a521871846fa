"""The commands of ``daybook``, one group per file."""
