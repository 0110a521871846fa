"""Panels and histories for tests of factors."""

from collections.abc import Mapping
from datetime import date

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.panel import Panel
from daybook.advice.synthetic_panel import planted_panel
from daybook.contracts.market import DailyBar


def small_panel(closes: FloatArray, **changes: object) -> Panel:
    """Return a panel of these closes, sessions x symbols, nan where a symbol has no bar."""
    sessions, count = closes.shape
    values: dict[str, object] = {
        "days": tuple(date.fromordinal(date(2026, 1, 1).toordinal() + row) for row in range(sessions)),
        "symbols": tuple(f"{number:06d}" for number in range(1, count + 1)),
        "close_krw": closes.astype(np.float64),
        "turnover_krw": np.full(closes.shape, 1e10),
        "member": ~np.isnan(closes),
        "sectors": ("",) * count,
    }
    return Panel(**{**values, **changes})  # type: ignore[arg-type]


def bars_of(panel: Panel) -> dict[str, list[DailyBar]]:
    """Return the bars a panel would have been built from."""
    return {
        symbol: [
            bar(symbol, day, round(float(panel.close_krw[row, column])), round(float(panel.turnover_krw[row, column])))
            for row, day in enumerate(panel.days)
            if not np.isnan(panel.close_krw[row, column])
        ]
        for column, symbol in enumerate(panel.symbols)
    }


def bar(symbol: str, day: date, close_krw: int, turnover_krw: int = 10_000_000_000, volume: int = 1_000) -> DailyBar:
    return DailyBar(
        symbol=symbol,
        day=day,
        open_krw=close_krw,
        high_krw=close_krw,
        low_krw=close_krw,
        close_krw=close_krw,
        volume_shares=volume,
        turnover_krw=turnover_krw,
    )


def market(
    stocks: int, sessions: int, seed: int = 0, planted_ic: float = 0.0
) -> tuple[Mapping[str, list[DailyBar]], date]:
    """Return simulated histories and the day after their last session."""
    panel = planted_panel(planted_ic, stocks=stocks, days=sessions, seed=seed)
    return bars_of(panel), date.fromordinal(panel.days[-1].toordinal() + 1)
