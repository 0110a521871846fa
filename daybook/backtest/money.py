"""The arithmetic of shares and costs, once in whole won and once with fractions of a won.

Whole won: the most shares a budget B pays at price p with a floored commission of rate N/D is the largest n with
n p + floor(n p N / D) <= B, which is n = floor(((B + 1) D - 1) / (p (D + N))), since floor(x) <= k exactly when
x < k + 1.
"""

from typing import Protocol

import numpy as np

from daybook.backtest.arrays import Ints, Numbers
from daybook.backtest.costs import TAX_STEPS, commission_terms
from daybook.backtest.settings import BacktestSettings, CashFraction, CostRounding

_LARGEST = 2**62
_CLOSE = 1e-9
"""Two amounts nearer than this share of themselves are equal when costs keep their fractions."""


class Money(Protocol):
    """How cash, sizes and costs are counted."""

    dtype: type[np.generic]
    largest_cash_krw: int
    largest_amount_krw: int

    def shares_to_buy(self, cash: Numbers, prices: Ints) -> Ints:
        """Return how many shares an entry buys, by the settings' sizing; never more than the cash pays."""
        ...

    def affordable(self, budget: Numbers, prices: Ints) -> Ints:
        """Return the most shares a budget pays, commission included."""
        ...

    def commission(self, amount: Ints) -> Numbers:
        """Return the commission of orders by their executed amounts."""
        ...

    def tax(self, amount: Ints, steps: Ints) -> Numbers:
        """Return the tax of sales by their amounts and rates."""
        ...


class WholeWon:
    """Commission and tax are floored to whole won per order, as in :func:`daybook.krx.fees.order_costs`."""

    dtype: type[np.generic] = np.int64

    def __init__(self, settings: BacktestSettings) -> None:
        self._sizing = settings.sizing
        self._numerator, self._denominator = commission_terms(settings.fees.commission_rate)
        self.largest_cash_krw = _LARGEST // max(self._denominator, 10_000)
        self.largest_amount_krw = _LARGEST // max(self._numerator, TAX_STEPS)

    def shares_to_buy(self, cash: Numbers, prices: Ints) -> Ints:
        """Return how many shares an entry buys."""
        if isinstance(self._sizing, CashFraction):
            fraction = self._sizing.fraction
            budget = cash if fraction == 1 else cash * fraction.numerator // fraction.denominator
            return self.affordable(budget, prices)
        return np.minimum(self._sizing.amount_krw // prices, self.affordable(cash, prices))

    def affordable(self, budget: Numbers, prices: Ints) -> Ints:
        """Return the most shares a budget pays, commission included."""
        shares: Ints = ((budget + 1) * self._denominator - 1) // (prices * (self._denominator + self._numerator))
        return shares

    def commission(self, amount: Ints) -> Numbers:
        """Return the commission of orders, floored."""
        return amount * self._numerator // self._denominator

    def tax(self, amount: Ints, steps: Ints) -> Numbers:
        """Return the tax of sales, floored."""
        return amount * steps // TAX_STEPS


class FractionalWon:
    """Costs keep their fractions; cash is a float."""

    dtype: type[np.generic] = np.float64

    def __init__(self, settings: BacktestSettings) -> None:
        self._sizing = settings.sizing
        self._rate = float(settings.fees.commission_rate)
        self.largest_cash_krw = self.largest_amount_krw = 2**52

    def shares_to_buy(self, cash: Numbers, prices: Ints) -> Ints:
        """Return how many shares an entry buys."""
        if isinstance(self._sizing, CashFraction):
            return self.affordable(cash * float(self._sizing.fraction), prices)
        wanted = self._sizing.amount_krw // prices
        amount = wanted * prices
        total = amount + amount * self._rate
        pays = total <= cash * (1 + _CLOSE)
        return np.where(pays, wanted, self.affordable(cash, prices))

    def affordable(self, budget: Numbers, prices: Ints) -> Ints:
        """Return the most shares a budget pays, commission included."""
        shares: Ints = np.floor(budget / (1 + self._rate) / prices).astype(np.int64)
        return shares

    def commission(self, amount: Ints) -> Numbers:
        """Return the commission of orders."""
        return amount * self._rate

    def tax(self, amount: Ints, steps: Ints) -> Numbers:
        """Return the tax of sales."""
        return amount * (steps / TAX_STEPS)


def money_of(settings: BacktestSettings) -> Money:
    """Return the arithmetic the settings ask for; raises ``BacktestError`` for unusable rates."""
    return WholeWon(settings) if settings.cost_rounding is CostRounding.WHOLE_WON else FractionalWon(settings)
