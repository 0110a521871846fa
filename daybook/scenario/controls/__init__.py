"""Protective controls: which sets may be taken, what they cost, and the search for the best one."""
