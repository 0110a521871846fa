"""What can be wrong with a backtest's input.

``BacktestError`` (a ``ValueError``) is the only error of the room: its message names the input and what to change.
"""


class BacktestError(ValueError):
    """Prices, signals or settings that no backtest can run on."""
