"""Histories, quotes and a desk for tests of advice."""

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from daybook.contracts.account import AccountSnapshot, Holding
from daybook.contracts.advice import Position, Recommendation, Recommendations, TickFacts
from daybook.contracts.base import KST
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.market import DailyBar, Quote
from daybook.krx.limits import daily_limits

DAY = date(2026, 3, 6)
NOW = datetime(2026, 3, 6, 10, 30, tzinfo=KST)
EQUITY_KRW = 10_000_000
SETTINGS = StrategySettings()
LIMITS = RiskLimits()


def bars(symbol: str, closes: Sequence[int], last_day: date = date(2026, 3, 5), **changes: Any) -> list[DailyBar]:
    """Return bars of consecutive calendar days ending on ``last_day``; calendars do not matter to a ranking."""
    first = last_day - timedelta(days=len(closes) - 1)
    return [
        DailyBar(
            symbol=symbol,
            day=first + timedelta(days=index),
            open_krw=close,
            high_krw=close,
            low_krw=close,
            close_krw=close,
            **{"volume_shares": 1_000, "turnover_krw": 50_000_000_000, **changes},
        )
        for index, close in enumerate(closes)
    ]


def walk(
    seed: int, count: int = 60, drift: float = 0.0, daily_volatility: float = 0.02, start: int = 50_000
) -> list[int]:
    """Return a seeded random walk of closes."""
    random, level, closes = Random(seed), math.log(start), []
    for _ in range(count):
        level += drift + max(-0.25, min(0.25, random.gauss(0, daily_volatility)))
        closes.append(max(1, round(math.exp(level))))
    return closes


def quote(symbol: str, price_krw: int = 50_000, **changes: Any) -> Quote:
    values: dict[str, Any] = {
        "symbol": symbol,
        "price_krw": price_krw,
        "base_price_krw": price_krw,
        "open_krw": price_krw,
        "high_krw": price_krw,
        "low_krw": price_krw,
        "upper_limit_krw": daily_limits(max(price_krw, 1)).upper_krw,
        "lower_limit_krw": daily_limits(max(price_krw, 1)).lower_krw,
        "volume_shares": 1_000_000,
        "turnover_krw": 50_000_000_000,
        "sector": symbol,
        "observed_at": NOW,
    }
    return Quote(**{**values, **changes})


def account(*holdings: Holding, cash_krw: int = EQUITY_KRW, **changes: int) -> AccountSnapshot:
    values: dict[str, Any] = {
        "deposit_krw": cash_krw,
        "settled_cash_krw": cash_krw,
        "orderable_cash_krw": cash_krw,
        "net_asset_krw": cash_krw,
    }
    return AccountSnapshot(holdings=holdings, observed_at=NOW, **{**values, **changes})


def holding(symbol: str, shares: int = 10, price_krw: int = 50_000) -> Holding:
    return Holding(
        symbol=symbol, shares=shares, sellable_shares=shares, average_price_krw=price_krw, price_krw=price_krw
    )


def position(symbol: str = "000100", **changes: Any) -> Position:
    values: dict[str, Any] = {"shares": 10, "sellable_shares": 10, "average_price_krw": 50_000.0, "held_sessions": 3}
    return Position(symbol=symbol, **{**values, **changes})


def recommendation(rank: int, symbol: str, **changes: Any) -> Recommendation:
    values: dict[str, Any] = {
        "score": 2.0 - rank / 100,
        "momentum_ratio": 0.1,
        "annual_volatility": 0.4,
        "last_close_krw": 50_000,
        "average_turnover_krw": 50_000_000_000,
        "sessions_used": 20,
    }
    return Recommendation(rank=rank, symbol=symbol, **{**values, **changes})


def recommended(*rows: Recommendation) -> Recommendations:
    return Recommendations(day=DAY, advisor="momentum", ranked=rows)


def symbols(count: int) -> list[str]:
    return [f"{number:06d}" for number in range(100, 100 + count)]


def tick(**changes: Any) -> TickFacts:
    return TickFacts(**{"day": DAY, "tick_number": 12, "equity_krw": EQUITY_KRW, **changes})
