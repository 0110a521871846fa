"""Markets for the engine's tests: chosen sessions, real time in hand, and the way to the real data."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from daybook.contracts.base import KST
from daybook.contracts.market import Market
from daybook.paper.exchange import Exchange, ExchangeConfig, build_exchange
from daybook.paper.model import OrderNotice, Security, TradePrint
from daybook.paper.prices import MarketShock, SessionBar

FRIDAY = date(2026, 3, 20)
MONDAY = date(2026, 3, 23)
TUESDAY = date(2026, 3, 24)
WEDNESDAY = date(2026, 3, 25)
ACCOUNT, OTHER_ACCOUNT = "5012345601", "5012345701"
SYMBOL, HALTED = "005930", "000660"
COMMISSION = Decimal("0.00014")


def at(clock: str, day: date = FRIDAY) -> datetime:
    """Return a KST time of a day from ``HH:MM`` or ``HH:MM:SS``."""
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=KST)


def session_bar(
    day: date = FRIDAY,
    *,
    base: int = 10_000,
    open_krw: int = 10_000,
    high: int = 10_200,
    low: int = 9_900,
    close: int = 10_100,
    volume: int = 100_000,
) -> SessionBar:
    turnover = (open_krw + high + low + close) * volume // 4
    return SessionBar(SYMBOL, day, base, open_krw, high, low, close, volume, turnover)


@dataclass
class ChosenPrices:
    """A price source with exactly the given sessions of one symbol; everything else is halted."""

    sessions: Mapping[date, SessionBar]
    identity: str = "chosen"

    def bar(self, symbol: str, day: date) -> SessionBar | None:
        return self.sessions.get(day) if symbol == SYMBOL else None

    def bars(self, symbol: str, first: date, last: date) -> list[SessionBar]:
        days = sorted(self.sessions) if symbol == SYMBOL else []
        return [self.sessions[day] for day in days if first <= day <= last]

    def base_krw(self, symbol: str, day: date) -> int:
        found = self.bar(symbol, day)
        return found.base_krw if found else 10_000

    def shock(self, day: date) -> MarketShock | None:
        return None


@dataclass
class Hands:
    """Real time that moves only when a test says so, and everything the exchange reported."""

    real_s: float = 1_000.0
    notices: list[OrderNotice] = field(default_factory=list)
    trades: list[TradePrint] = field(default_factory=list)

    def now(self) -> float:
        return self.real_s

    def listen(self, exchange: Exchange) -> Exchange:
        exchange.listeners.on_notice.append(self.notices.append)
        exchange.listeners.on_trade.append(self.trades.append)
        return exchange


def chosen_exchange(
    hands: Hands,
    start: datetime,
    *bars: SessionBar,
    cash_krw: int = 100_000_000,
    journal_path: Path | None = None,
) -> Exchange:
    """Return an exchange with the given sessions of ``SYMBOL``, a halted second stock and two accounts."""
    exchange = Exchange(
        listing=[
            Security(SYMBOL, "삼성전자", Market.KOSPI, "전기·전자", shares_outstanding=1_000_000),
            Security(HALTED, "SK하이닉스", Market.KOSPI, "전기·전자", shares_outstanding=1_000_000),
        ],
        prices=ChosenPrices({bar.day: bar for bar in bars or (session_bar(),)}),
        start_market_time=start,
        speed=1.0,
        seed=11,
        commission_rate=COMMISSION,
        journal_path=journal_path,
        real_now=hands.now,
    )
    for account in (ACCOUNT, OTHER_ACCOUNT):
        exchange.open_account(account, cash_krw)
    return hands.listen(exchange)


def generated_exchange(hands: Hands, start: datetime, **changes: object) -> Exchange:
    """Return an exchange with generated prices."""
    config = ExchangeConfig(start_market_time=start, real_now=hands.now, seed=7, **changes)  # type: ignore[arg-type]
    exchange = build_exchange(config)
    exchange.open_account(ACCOUNT, 100_000_000)
    return hands.listen(exchange)


def shared_file(name: str) -> Path:
    """Return a file of real market data, or skip the test where it is absent."""
    root = Path(__file__).resolve().parents[3]
    path = Path(os.environ.get("DAYBOOK_SHARED_DATA", root.parent / "shared" / "data")) / name
    if not path.is_file():
        pytest.skip(f"real market data is absent: {name} (set DAYBOOK_SHARED_DATA)")
    return path
