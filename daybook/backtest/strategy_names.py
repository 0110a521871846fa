"""The named strategies; free of numpy, so that schemas can be built anywhere."""

from enum import StrEnum


class Strategy(StrEnum):
    """A trading rule of :mod:`daybook.backtest.rules`."""

    SMA_CROSS = "sma_cross"
    RSI_REVERSION = "rsi_reversion"
    BREAKOUT = "breakout"
    BUY_AND_HOLD = "buy_and_hold"
    MOMENTUM_ROTATION = "momentum_rotation"
