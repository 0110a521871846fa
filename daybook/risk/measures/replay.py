"""Falls of KOSPI as they happened, replayed on a portfolio of today."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from daybook.contracts.base import Won
from daybook.risk.measures.errors import MeasureError

KOSPI_FALLS: Mapping[date, float] = {
    date(2001, 9, 12): -0.1202,
    date(2008, 10, 24): -0.1057,
    date(2008, 10, 16): -0.0944,
    date(2024, 8, 5): -0.0877,
    date(2020, 3, 19): -0.0839,
    date(2007, 8, 16): -0.0693,
    date(2011, 8, 19): -0.0622,
}
"""Simple returns of the index on some of its worst days (Yonhap 2017-09-10 and 2018-10-14, press of August 2024)."""


@dataclass(frozen=True)
class Replayed:
    """What one day would do: ``profit_krw`` is negative for a loss."""

    day: date
    index_return: float
    profit_krw: Won


def replay(value_krw: float, beta: float = 1.0, falls: Mapping[date, float] = KOSPI_FALLS) -> tuple[Replayed, ...]:
    """Return what each day's index return would do to a portfolio of this value and beta, in the order given.

    Losses of an unlevered portfolio end at its value.

    Raises:
        MeasureError: for a negative value, or an index return at or below -1.
    """
    if not value_krw >= 0:
        raise MeasureError(f"value_krw must be 0 or above, not {value_krw:g}")
    rows = []
    for day, index_return in falls.items():
        if not index_return > -1:
            raise MeasureError(f"falls: an index return must be above -1, not {index_return:g}")
        rows.append(Replayed(day, index_return, round(value_krw * max(-1.0, beta * index_return))))
    return tuple(rows)
