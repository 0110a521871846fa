"""Equity points as chart rows, with the index as its change since the previous close."""

from collections.abc import Sequence

from daybook.contracts.base import KST
from daybook.report.model import EquityRow
from daybook.storage.equity import EquityPoint


def equity_rows(points: Sequence[EquityPoint], index_change_ratio: float | None) -> tuple[EquityRow, ...]:
    """Return rows by market time.

    ``index_change_ratio`` is the index's change at the day's last level; the previous close it implies is what the
    levels are put against. Without it the day's first level is.
    """
    levels = [point.index_level for point in points if point.index_level]
    base = 0.0
    if levels:
        base = levels[0] if index_change_ratio is None else levels[-1] / (1 + index_change_ratio)
    return tuple(
        EquityRow(
            at=point.market_time.astimezone(KST),
            equity_krw=point.equity_krw,
            cash_krw=point.cash_krw,
            index_change_ratio=point.index_level / base - 1 if point.index_level else None,
        )
        for point in points
    )
