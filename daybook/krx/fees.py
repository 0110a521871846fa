"""What an order costs: the broker's commission and the tax on sales.

Rates are those of the securities transaction tax and, on KOSPI, of the special rural tax, both levied on the value
sold. Buys are never taxed; sales of ETFs, ETNs and ELWs are exempt.
"""

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from daybook.contracts.base import Side, Won
from daybook.contracts.market import Market, SecurityKind

DEFAULT_COMMISSION_RATE = Decimal("0.00014")
"""0.014 %, as observed on the broker's mock host; real accounts differ, so it is a setting."""

_KONEX_RATE = Decimal("0.0010")


@dataclass(frozen=True, slots=True)
class _TaxRates:
    since: date
    kospi: Decimal
    kospi_rural: Decimal
    kosdaq: Decimal


_RATES = (
    _TaxRates(date(2026, 1, 1), Decimal("0.0005"), Decimal("0.0015"), Decimal("0.0020")),
    _TaxRates(date(2025, 1, 1), Decimal("0"), Decimal("0.0015"), Decimal("0.0015")),
    _TaxRates(date(2024, 1, 1), Decimal("0.0003"), Decimal("0.0015"), Decimal("0.0018")),
    _TaxRates(date(2023, 1, 1), Decimal("0.0005"), Decimal("0.0015"), Decimal("0.0020")),
    _TaxRates(date(2021, 1, 1), Decimal("0.0008"), Decimal("0.0015"), Decimal("0.0023")),
    _TaxRates(date(2019, 6, 3), Decimal("0.0010"), Decimal("0.0015"), Decimal("0.0025")),
)


@dataclass(frozen=True, slots=True)
class OrderCosts:
    """Costs of one order in won."""

    commission_krw: Won
    tax_krw: Won

    @property
    def total_krw(self) -> Won:
        """Commission plus tax."""
        return self.commission_krw + self.tax_krw


def sell_tax_rate(market: Market, kind: SecurityKind, on: date) -> Decimal:
    """Return the whole tax on a sale traded ``on`` a date, as a share of its value (0.002 is 0.20 %).

    Raises ``ValueError`` for a date before 2019-06-03, where the table begins. The last rates known hold for
    every later date.
    """
    rates = next((row for row in _RATES if on >= row.since), None)
    if rates is None:
        raise ValueError(f"no sell tax rate is known for {on}: the table begins on {_RATES[-1].since}")
    if kind is not SecurityKind.STOCK:
        return Decimal(0)
    if market is Market.KOSPI:
        return rates.kospi + rates.kospi_rural
    if market is Market.KOSDAQ:
        return rates.kosdaq
    return _KONEX_RATE


def order_costs(
    side: Side,
    market: Market,
    kind: SecurityKind,
    amount_krw: Won,
    on: date,
    commission_rate: Decimal | float = DEFAULT_COMMISSION_RATE,
) -> OrderCosts:
    """Return the costs of an order whose executions so far amount to ``amount_krw``.

    The amount is the order's cumulative executed amount, never one fill's: each cost is floored to whole won once
    per order, so the cost of a further fill is the difference of two calls. The ledger and the paper exchange both
    count this way and so agree to the won. Arithmetic is exact; a float rate means the number it is printed as. Raises
    ``ValueError`` for a negative amount or a commission rate outside 0 to 1.
    """
    if amount_krw < 0:
        raise ValueError(f"an executed amount cannot be negative: {amount_krw}")
    rate = commission_rate if isinstance(commission_rate, Decimal) else Decimal(str(commission_rate))
    if not (rate.is_finite() and 0 <= rate < 1):
        raise ValueError(f"a commission rate must be between 0 and 1, not {commission_rate}")
    tax_rate = sell_tax_rate(market, kind, on) if side is Side.SELL else Decimal(0)
    return OrderCosts(
        commission_krw=math.floor(amount_krw * Fraction(rate)),
        tax_krw=math.floor(amount_krw * Fraction(tax_rate)),
    )
