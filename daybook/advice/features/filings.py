"""Features of filings: value and quality, from figures that had been filed by the session."""

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.panel import STALE_SESSIONS, Panel, carried
from daybook.contracts.factors import FundamentalKind


def book_to_price(panel: Panel) -> FloatArray:
    """Return book equity over market value; nan where either is not known or not positive."""
    return _ratio(_figure(panel, FundamentalKind.BOOK_EQUITY), _market_value(panel))


def earnings_yield(panel: Panel) -> FloatArray:
    """Return net income over market value; losses count, as negative yields."""
    return _ratio(_figure(panel, FundamentalKind.NET_INCOME), _market_value(panel))


def gross_profitability(panel: Panel) -> FloatArray:
    """Return gross profit over total assets."""
    return _ratio(_figure(panel, FundamentalKind.GROSS_PROFIT), _figure(panel, FundamentalKind.TOTAL_ASSETS))


def _market_value(panel: Panel) -> FloatArray:
    return carried(panel.close_krw, STALE_SESSIONS) * _figure(panel, FundamentalKind.SHARES)


def _figure(panel: Panel, kind: FundamentalKind) -> FloatArray:
    known = panel.fundamentals.get(kind.value)
    return np.full(panel.shape, np.nan) if known is None else known


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    usable = denominator > 0
    return np.where(usable, numerator / np.where(usable, denominator, 1.0), np.nan)
