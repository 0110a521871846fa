"""Price histories the tests of this room share."""

import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from daybook.scenario.market.history import MarketHistory

SHARED = Path(os.environ.get("DAYBOOK_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
"""Where real market data lies, if it does."""


def a_history(sessions: int = 601, stocks: int = 12, seed: int = 3, **changes: Any) -> MarketHistory:
    """Return a history of a market of daily sd 1.1 % and stocks of beta 0.5 to 1.6, in four sectors."""
    random = np.random.default_rng(seed)
    market = random.normal(0.0003, 0.011, sessions - 1)
    betas = np.linspace(0.5, 1.6, stocks)
    returns = market[:, None] * betas + random.normal(0, 0.012, (sessions - 1, stocks))
    closes = 10_000 * np.exp(np.vstack([np.zeros(stocks), np.cumsum(returns, axis=0)]))
    history = MarketHistory(
        codes=tuple(f"{number:06d}" for number in range(stocks)),
        names=tuple(f"stock {number}" for number in range(stocks)),
        sectors=tuple(f"sector {number % 4}" for number in range(stocks)),
        markets=("KOSPI",) * stocks,
        days=tuple(date(2020, 1, 1) + timedelta(days=number) for number in range(sessions)),
        closes_krw=closes,
        turnover_krw=np.full((sessions, stocks), 5e9),
        market_index=300 * np.exp(np.concatenate([[0.0], np.cumsum(market)])),
        hedges=(),
        source="test",
        simulated=True,
    )
    return replace(history, **changes)
