"""Price frames for tests."""

from datetime import date, timedelta

import numpy as np

from daybook.analysis.price_frame import PriceFrame
from daybook.contracts.market import DailyBar


def weekdays(count, first=date(2024, 1, 2)):
    days, day = [], first
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    return days


def bar(symbol, day, close, *, open_krw=None, high=None, low=None, volume=1_000, turnover=None):
    opened = close if open_krw is None else open_krw
    return DailyBar(
        symbol=symbol,
        day=day,
        open_krw=opened,
        high_krw=max(opened, close) if high is None else high,
        low_krw=min(opened, close) if low is None else low,
        close_krw=close,
        volume_shares=volume,
        turnover_krw=close * volume if turnover is None else turnover,
    )


def random_bars(symbol, sessions, seed, first=date(2024, 1, 2), drift=0.0003, volatility=0.02):
    random = np.random.default_rng(seed)
    closes = (50_000 * np.exp(np.cumsum(random.normal(drift, volatility, sessions)))).astype(int)
    bars = []
    for day, close in zip(weekdays(sessions, first), closes.tolist(), strict=True):
        opened = int(close * (1 + random.normal(0, volatility / 2)))
        high = int(max(opened, close) * (1 + abs(random.normal(0, volatility / 3))))
        low = int(min(opened, close) * (1 - abs(random.normal(0, volatility / 3))))
        volume = int(random.integers(10_000, 1_000_000))
        bars.append(bar(symbol, day, close, open_krw=opened, high=high, low=low, volume=volume))
    return bars


def random_frame(sessions, seed=1, symbol="005930", **how):
    return PriceFrame.of(symbol, random_bars(symbol, sessions, seed, **how))
