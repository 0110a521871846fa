"""Daily bars as the arrays scores are made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from daybook.contracts.market import DailyBar
from daybook.contracts.scores import RiskScore
from daybook.risk.score.asset import score_assets
from daybook.risk.score.errors import ScoreInputError
from daybook.risk.score.reference import ScoreReference
from daybook.scenario.arrays import FloatArray


@dataclass(frozen=True)
class BarTable:
    """Closes and turnovers (T, n) of n symbols over the T sessions any of them has a bar of."""

    codes: tuple[str, ...]
    days: tuple[date, ...]
    closes: FloatArray
    """nan where a symbol has no bar, or a bar without a trade: its close is only the day before's again."""
    turnovers_krw: FloatArray
    """0 on a bar without a trade, nan without a bar."""


def bar_table(bars: Mapping[str, Sequence[DailyBar]]) -> BarTable:
    """Return the bars of some symbols as one table; raises ScoreInputError when there are none or a day comes twice."""
    codes = tuple(bars)
    days = tuple(sorted({bar.day for rows in bars.values() for bar in rows}))
    if not days:
        raise ScoreInputError("bars", "there are no daily bars; collect market data first")
    row_of = {day: row for row, day in enumerate(days)}
    closes, turnovers = np.full((2, len(days), len(codes)), np.nan)
    for column, (code, rows) in enumerate(bars.items()):
        if len({bar.day for bar in rows}) != len(rows):
            raise ScoreInputError("bars", f"{code} has two bars of one day; give each session once")
        for bar in rows:
            row = row_of[bar.day]
            turnovers[row, column] = bar.turnover_krw
            if bar.volume_shares > 0:
                closes[row, column] = bar.close_krw
    return BarTable(codes, days, closes, turnovers)


def index_levels(days: Sequence[date], levels: Mapping[date, float]) -> FloatArray:
    """Return the index level of each day (T,), nan where it is not known."""
    return np.array([levels.get(day, np.nan) for day in days], dtype=np.float64)


def score_bars(
    bars: Mapping[str, Sequence[DailyBar]],
    index: Mapping[date, float],
    *,
    threat_loss_ratios: Mapping[str, float] | None = None,
    reference: ScoreReference | None = None,
) -> tuple[RiskScore, ...]:
    """Return a score per symbol as of the last session of ``bars``; ``index`` holds the market's level by day.

    Bars must be adjusted for splits and rights issues, as KIS gives them when asked. Raises ScoreInputError.
    """
    table = bar_table(bars)
    known = threat_loss_ratios or {}
    return score_assets(
        table.codes,
        table.closes,
        index_closes=index_levels(table.days, index),
        turnovers_krw=table.turnovers_krw,
        threat_loss_ratios=[known.get(code) for code in table.codes],
        as_of=table.days[-1],
        reference=reference,
    )
