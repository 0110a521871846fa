"""Widths and rows of the kernel's workspace."""

LANES = 256
"""Scenarios side by side; chunks need not be a multiple of it."""

JUMP, MARKET, SHOCK, LIFT, VOLATILITY, STEP, ROWS = 0, 1, 2, 3, 4, 5, 6
"""Rows of one day's workspace: the market's jump, its ordinary return, the shock of market-wide events still felt, the
share of own gains lost today, what falls are multiplied by, the index's return; and how many rows there are."""
