"""Point-in-time features of a panel: each a name, labels, the history it needs, its evidence, and a function."""
