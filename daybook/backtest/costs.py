"""Costs of orders as arrays: the commission of both sides and the tax on sales, by date and market."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

import numpy as np

from daybook.backtest.arrays import Ints
from daybook.backtest.errors import BacktestError
from daybook.contracts.market import Market, SecurityKind
from daybook.krx.fees import DEFAULT_COMMISSION_RATE, sell_tax_rate

TAX_STEPS = 100_000
"""Tax rates are kept in steps of 0.001 %."""

_TABLE_BEGINS = date(2019, 6, 3)
_OLDER_STOCK_TAX = Decimal("0.0030")
"""Before 2019-06-03: KOSPI 0.15 % and 0.15 % rural tax, KOSDAQ and KONEX 0.30 %."""


class FeeSchedule(Protocol):
    """Rates of commission and tax."""

    @property
    def commission_rate(self) -> Decimal:
        """The commission as a share of the value traded, on both sides."""
        ...

    def sell_tax_steps(self, days: Sequence[date], symbols: Sequence[str]) -> Ints:
        """Return the tax on sales in steps of 1/``TAX_STEPS``, an array of sessions x symbols."""
        ...


@dataclass(frozen=True, slots=True)
class KrxFees:
    """The exchange's taxes by date, market and kind; a symbol not named is a KOSPI stock.

    KOSPI and KOSDAQ stocks have paid the same total on every date so far.
    """

    commission_rate: Decimal = DEFAULT_COMMISSION_RATE
    listings: Mapping[str, tuple[Market, SecurityKind]] = field(default_factory=dict)

    def sell_tax_steps(self, days: Sequence[date], symbols: Sequence[str]) -> Ints:
        """Return the tax on sales in steps of 1/``TAX_STEPS``, an array of sessions x symbols."""
        listed = [self.listings.get(symbol, (Market.KOSPI, SecurityKind.STOCK)) for symbol in symbols]
        groups = list(dict.fromkeys(listed))
        rates = np.array([[_tax_steps(*group, day) for group in groups] for day in days], dtype=np.int64)
        return rates[:, [groups.index(row) for row in listed]]


@dataclass(frozen=True, slots=True)
class FlatFees:
    """The same commission and sell tax on every date."""

    commission_rate: Decimal
    sell_tax_rate: Decimal

    def sell_tax_steps(self, days: Sequence[date], symbols: Sequence[str]) -> Ints:
        """Return the tax on sales in steps of 1/``TAX_STEPS``, an array of sessions x symbols."""
        return np.full((len(days), len(symbols)), _steps(self.sell_tax_rate), dtype=np.int64)


def commission_terms(rate: Decimal) -> tuple[int, int]:
    """Return a commission rate as numerator and denominator; raises ``BacktestError`` for an unusable one."""
    if not (rate.is_finite() and 0 <= rate < 1):
        raise BacktestError(f"a commission rate must be between 0 and 1, not {rate}")
    exact = Fraction(rate)
    if exact.denominator > TAX_STEPS * 10:
        raise BacktestError(f"a commission rate may have at most six decimals: {rate}")
    return exact.numerator, exact.denominator


@lru_cache(maxsize=32_768)
def _tax_steps(market: Market, kind: SecurityKind, day: date) -> int:
    if day < _TABLE_BEGINS:
        return _steps(_OLDER_STOCK_TAX if kind is SecurityKind.STOCK else Decimal(0))
    return _steps(sell_tax_rate(market, kind, day))


def _steps(rate: Decimal) -> int:
    steps = rate * TAX_STEPS
    if steps != int(steps) or not 0 <= rate < 1:
        raise BacktestError(f"a sell tax must be between 0 and 1 in steps of 0.001 %, not {rate}")
    return int(steps)
