"""A paper exchange in session, and books that agree with it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as time_of_day
from pathlib import Path

from daybook.broker.kis.client import KisBroker, build_broker
from daybook.contracts.base import KST, Mode
from daybook.contracts.clock import MarketClock
from daybook.contracts.reconciliation import ReconcileMoment, ReconcileRequest
from daybook.contracts.session import DayKind
from daybook.execution.booking import Booking
from daybook.execution.desk import ExecutionDesk
from daybook.execution.kill_switch import KillSwitch
from daybook.execution.price_filling import PriceFiller
from daybook.execution.reconcile import Reconciler
from daybook.krx.calendar import next_trading_day
from daybook.paper.exchange import ExchangeConfig, build_exchange
from daybook.paper.front import FrontConfig
from daybook.paper.hosting import hosted
from daybook.settings import Settings
from daybook.storage.database import Database
from tests.chaos.exchange_side import ExchangeSide

SYMBOLS = ("005930", "000660", "035720")
_OPEN_SINCE = time_of_day(10, 0)
_SESSIONS_KEPT = 580


@dataclass
class Market:
    """A paper exchange in session, and the clock that says so."""

    url: str
    clock: MarketClock
    side: ExchangeSide

    @property
    def now(self) -> datetime:
        """Market time."""
        return self.clock.market_time(datetime.now(UTC))


@contextmanager
def open_market() -> Iterator[Market]:
    """Serve an exchange at ten o'clock of the next trading day, so that all bars before it are final."""
    now = datetime.now(UTC)
    starts = datetime.combine(next_trading_day(now.astimezone(KST).date()), _OPEN_SINCE, KST)
    engine = build_exchange(ExchangeConfig(start_market_time=starts, speed=1))
    try:
        with hosted(engine, FrontConfig(rate_limit=None)) as exchange:
            clock = MarketClock(real_anchor=now, market_anchor=starts, speed=1)
            yield Market(exchange.mock_url, clock, ExchangeSide(exchange.mock_url))
    finally:
        engine.close()


def trading_desk(home: Path, broker: KisBroker, database: Database, settings: Settings) -> ExecutionDesk:
    """Return the trading layer's desk as its worker builds it."""
    return ExecutionDesk(
        account=settings.account,
        mode=Mode.PAPER,
        broker=broker,
        database=database,
        kill_switch=KillSwitch(home / "HALT"),
        limits=settings.limits,
        post_lead_s=2.0,
        post_timeout_s=2.0,
    )


def prepare_books(home: Path, market: Market) -> None:
    """Open the books, agree them with the exchange, begin the day, and keep the bars of the symbols."""
    settings = Settings(_env_file=None, home=home)
    with (
        Database(settings.ledger_url) as database,
        build_broker(Mode.PAPER, state_dir=home / "kis", base_url=market.url) as broker,
    ):
        database.upgrade()
        desk = trading_desk(home, broker, database, settings)
        day, at = market.now.date(), desk.real_now()
        desk.days.begin(day, settings.account, Mode.PAPER, DayKind.REGULAR.value, at)
        desk.days.set_universe(day, settings.account, SYMBOLS, at)
        PriceFiller(desk).fill(SYMBOLS, _SESSIONS_KEPT)
        report = Reconciler(desk, Booking(desk, settings.commission_rate)).reconcile(
            ReconcileRequest(account=settings.account, day=day, moment=ReconcileMoment.START, market_now=market.now)
        )
        assert report.signed_off
