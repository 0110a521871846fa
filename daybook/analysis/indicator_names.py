"""The indicators there are, by name; free of numpy, so that schemas can be built anywhere."""

from enum import StrEnum


class Indicator(StrEnum):
    """A technical indicator; :data:`daybook.analysis.indicators.INDICATORS` says how each is computed."""

    SMA = "sma"
    EMA = "ema"
    RSI = "rsi"
    MACD = "macd"
    BOLLINGER = "bollinger"
    ATR = "atr"
    STOCHASTIC = "stochastic"
    OBV = "obv"
    ADX = "adx"
