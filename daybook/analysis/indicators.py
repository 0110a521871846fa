"""Technical indicators by TA-Lib, with the periods in common use.

Each line is an array as long as its input; the sessions of the warm-up are NaN. RSI, ATR and ADX use Wilder's
smoothing and EMA and MACD their usual one, all of which remember their start: give some hundred sessions more than
are shown, and the start no longer matters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from daybook.analysis.indicator_names import Indicator as Indicator
from daybook.analysis.price_frame import Floats, PriceFrame

SMA_PERIODS = (5, 20, 60, 120)
"""Sessions of a week, a month, a quarter and half a year, as Korean charts draw them."""
EMA_PERIODS = (12, 26)

Lines = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class IndicatorRule:
    """How an indicator is computed.

    Attributes:
        formula: its definition in a few words.
        needs: sessions until its first line has a value.
        compute: its lines from a frame.
    """

    formula: str
    needs: int
    compute: Callable[[PriceFrame], Lines]


def sma(values: Floats, period: int) -> Floats:
    """Return the mean of the latest ``period`` values."""
    import talib

    return _floats(talib.SMA(values, period)) if period > 1 else values.copy()


def rsi(values: Floats, period: int = 14) -> Floats:
    """Return Wilder's relative strength index, 0 to 100."""
    import talib

    return _floats(talib.RSI(values, period))


def highest(values: Floats, period: int) -> Floats:
    """Return the highest of the latest ``period`` values."""
    import talib

    return _floats(talib.MAX(values, period)) if period > 1 else values.copy()


def lowest(values: Floats, period: int) -> Floats:
    """Return the lowest of the latest ``period`` values."""
    import talib

    return _floats(talib.MIN(values, period)) if period > 1 else values.copy()


def atr(frame: PriceFrame, period: int = 14) -> Floats:
    """Return Wilder's average true range in won."""
    import talib

    return _floats(talib.ATR(frame.high, frame.low, frame.close, period))


def _sma(frame: PriceFrame) -> Lines:
    return {f"sma{period}": sma(frame.close, period) for period in SMA_PERIODS}


def _ema(frame: PriceFrame) -> Lines:
    import talib

    return {f"ema{period}": _floats(talib.EMA(frame.close, period)) for period in EMA_PERIODS}


def _macd(frame: PriceFrame) -> Lines:
    import talib

    line, signal, histogram = talib.MACD(frame.close, 12, 26, 9)
    return {"macd": _floats(line), "signal": _floats(signal), "histogram": _floats(histogram)}


def _bollinger(frame: PriceFrame) -> Lines:
    import talib

    upper, middle, lower = talib.BBANDS(frame.close, 20, 2.0, 2.0)
    return {"upper": _floats(upper), "middle": _floats(middle), "lower": _floats(lower)}


def _stochastic(frame: PriceFrame) -> Lines:
    import talib

    slow_k, slow_d = talib.STOCH(frame.high, frame.low, frame.close, fastk_period=14, slowk_period=3, slowd_period=3)
    return {"k": _floats(slow_k), "d": _floats(slow_d)}


def _obv(frame: PriceFrame) -> Lines:
    import talib

    return {"obv": _floats(talib.OBV(frame.close, frame.volume))}


def _adx(frame: PriceFrame) -> Lines:
    import talib

    prices = (frame.high, frame.low, frame.close, 14)
    return {
        "adx": _floats(talib.ADX(*prices)),
        "plus_di": _floats(talib.PLUS_DI(*prices)),
        "minus_di": _floats(talib.MINUS_DI(*prices)),
    }


INDICATORS: Mapping[Indicator, IndicatorRule] = {
    Indicator.SMA: IndicatorRule("mean of the latest 5, 20, 60 and 120 closes, won", 5, _sma),
    Indicator.EMA: IndicatorRule("exponential mean of closes, 12 and 26 sessions, won", 12, _ema),
    Indicator.RSI: IndicatorRule(
        "Wilder, 14 sessions: 100 x mean gain / (mean gain + mean loss)", 15, lambda frame: {"rsi": rsi(frame.close)}
    ),
    Indicator.MACD: IndicatorRule("EMA 12 - EMA 26, its EMA 9 as signal, their difference, won", 34, _macd),
    Indicator.BOLLINGER: IndicatorRule("SMA 20 and 2 population standard deviations around it, won", 20, _bollinger),
    Indicator.ATR: IndicatorRule("Wilder's mean true range, 14 sessions, won", 15, lambda frame: {"atr": atr(frame)}),
    Indicator.STOCHASTIC: IndicatorRule("slow stochastic 14, 3, 3 of high, low and close, 0-100", 18, _stochastic),
    Indicator.OBV: IndicatorRule("running volume, plus on rises and minus on falls, shares", 2, _obv),
    Indicator.ADX: IndicatorRule("Wilder's directional movement, 14 sessions, 0-100", 28, _adx),
}
"""All indicators by name."""


def compute(indicator: Indicator, frame: PriceFrame) -> Lines:
    """Return an indicator's lines; raises ``TooShort`` below its first value."""
    rule = INDICATORS[indicator]
    frame.require(indicator.value, rule.needs)
    return rule.compute(frame)


def _floats(values: object) -> Floats:
    return np.asarray(values, dtype=np.float64)
