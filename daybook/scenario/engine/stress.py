"""What a plan would lose in days and crises that happened: KOSPI's moves, reaching each stock through its beta.

A crisis of several days is replayed as equal daily moves that compound to the whole; what a stock moves in a day is
kept within KRX's 30 %.
"""

from dataclasses import dataclass

import numpy as np

from daybook.contracts.scenario_result import StressRow
from daybook.scenario.arrays import FloatArray, MarketParameters

_DAILY_LIMIT = 0.30


@dataclass(frozen=True)
class Replay:
    """A fall of KOSPI from close to close."""

    name: str
    label_ko: str
    label_en: str
    market_return: float
    days: int = 1


REPLAYS = (
    Replay("2001-09-12", "2001-09-12 9·11 다음 날", "2001-09-12, the day after 9/11", -0.1202),
    Replay("2026-03-04", "2026-03-04 급락", "2026-03-04 fall", -0.1206),
    Replay("2008-10-24", "2008-10-24 금융위기", "2008-10-24 financial crisis", -0.1057),
    Replay("2008-10-16", "2008-10-16 금융위기", "2008-10-16 financial crisis", -0.0944),
    Replay("2024-08-05", "2024-08-05 엔 캐리 청산", "2024-08-05 yen carry unwinding", -0.0877),
    Replay("2020-03-19", "2020-03-19 코로나19", "2020-03-19 COVID-19", -0.0839),
    Replay("2007-08-16", "2007-08-16 서브프라임", "2007-08-16 subprime", -0.0693),
    Replay("2011-08-19", "2011-08-19 유럽 재정위기", "2011-08-19 European debt", -0.0622),
    Replay("crisis-2008", "2008년 금융위기 (05-16~10-24)", "2008 crisis (16 May to 24 October)", -0.5030, 111),
    Replay("crisis-2020-03", "2020년 코로나 (02-14~03-19)", "2020 COVID-19 (14 February to 19 March)", -0.3503, 24),
    Replay("crisis-2024-08", "2024년 8월 (07-31~08-05)", "August 2024 (31 July to 5 August)", -0.1188, 3),
)
"""Falls of KOSPI's close, as published and as its daily closes say."""


def replay_loss_krw(replay: Replay, positions_krw: FloatArray, parameters: MarketParameters) -> float:
    """Return what positions (stocks, hedges, cash) lose in a replay, in won; a gain is negative."""
    daily = (1.0 + replay.market_return) ** (1.0 / replay.days) - 1.0
    moves = np.clip(parameters.beta * daily, -_DAILY_LIMIT, _DAILY_LIMIT)
    leverages = np.array([hedge.leverage for hedge in parameters.hedges])
    moves = np.concatenate([moves, np.maximum(-leverages * daily, -1.0), [0.0]])
    return float(np.sum(positions_krw * (1.0 - (1.0 + moves) ** replay.days)))


def stress_table(
    positions_krw: FloatArray, other_krw: FloatArray, parameters: MarketParameters
) -> tuple[StressRow, ...]:
    """Return every replay for a plan and for what would be held without it (both: stocks, hedges, cash, in won)."""
    return tuple(
        StressRow(
            name=replay.name,
            label_ko=replay.label_ko,
            label_en=replay.label_en,
            market_return=replay.market_return,
            loss_krw=round(replay_loss_krw(replay, positions_krw, parameters)),
            loss_without_plan_krw=round(replay_loss_krw(replay, other_krw, parameters)),
        )
        for replay in REPLAYS
    )
