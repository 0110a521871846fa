"""What trading costs as a share of the value traded: commission, the sell tax of the date and market, slippage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.backtest.costs import TAX_STEPS, KrxFees
from daybook.contracts.market import Market, SecurityKind
from daybook.krx.fees import DEFAULT_COMMISSION_RATE

Listings = Mapping[str, tuple[Market, SecurityKind]]


@dataclass(frozen=True, slots=True)
class TradingCosts:
    """Rates of one account; a symbol not in ``listings`` is a KOSPI stock. ``slippage_ratio`` is given up per side."""

    commission_rate: Decimal = DEFAULT_COMMISSION_RATE
    slippage_ratio: float = 0.00075
    listings: Listings = field(default_factory=dict)

    @property
    def buy_ratio(self) -> float:
        """The cost of a buy; buys are not taxed."""
        return float(self.commission_rate) + self.slippage_ratio

    def sell_ratios(self, days: Sequence[date], symbols: Sequence[str]) -> FloatArray:
        """Return the cost of a sale by session and symbol, with the tax of that date."""
        fees = KrxFees(self.commission_rate, self.listings)
        tax = fees.sell_tax_steps(days, symbols).astype(np.float64) / TAX_STEPS
        return np.asarray(tax + self.buy_ratio)

    def round_trip_ratios(self, day: date, symbols: Sequence[str]) -> FloatArray:
        """Return the cost of buying and later selling at the rates of ``day``, by symbol."""
        return np.asarray(self.sell_ratios([day], symbols)[0] + self.buy_ratio)
