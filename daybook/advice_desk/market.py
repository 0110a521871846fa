"""What is stored of the market, in the shapes advice and scores take."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from daybook.advice.costs import Listings
from daybook.advice.day_view import FactorData
from daybook.contracts.market import DailyBar, ListedSecurity
from daybook.routing.securities import Securities
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from daybook.storage.errors import RecordNotFound
from daybook.storage.ledger import Ledger
from daybook.storage.market_series import MarketSeriesStore

CALENDAR_DAYS_PER_SESSION = 1.7
_SPARE_DAYS = 10


class StoredMarket:
    """Bars, flows, listings and index levels of the database; nothing is fetched."""

    def __init__(self, database: Database) -> None:
        self._bars = BarStore(database)
        self._series = MarketSeriesStore(database)
        self._days = DayStore(database)
        self._ledger = Ledger(database)

    def bars(self, symbols: Iterable[str], last: date, sessions: int) -> dict[str, list[DailyBar]]:
        """Return up to ``sessions`` daily bars of each symbol up to ``last``; an empty list where there are none."""
        first = first_day_of(last, sessions)
        return {symbol: self._bars.daily(symbol, first, last)[-sessions:] for symbol in symbols}

    def factor_data(self, symbols: Sequence[str], last: date, sessions: int) -> FactorData:
        """Return what factors use besides bars: flows of investors up to ``last``, sectors, names, listings."""
        first, known = first_day_of(last, sessions), self._series.securities()
        listed = {symbol: known[symbol] for symbol in symbols if symbol in known}
        flows = [row for symbol in symbols for row in self._series.flows(symbol, first, last)]
        return FactorData(
            flows=flows,
            sectors={symbol: row.sector for symbol, row in listed.items() if row.sector},
            names=names_of(symbols, listed),
            listings={symbol: (row.market, row.kind) for symbol, row in listed.items()},
        )

    def listings(self) -> Listings:
        """Return market and kind of every symbol the broker was asked about."""
        return {symbol: (row.market, row.kind) for symbol, row in self._series.securities().items()}

    def names(self, symbols: Sequence[str]) -> dict[str, str]:
        """Return the names known of some symbols."""
        return names_of(symbols, self._series.securities())

    def index(self, code: str, first: date, last: date) -> dict[date, float]:
        """Return an index's closes by session."""
        return {bar.day: bar.close_level for bar in self._series.index(code, first, last)}

    def universe(self, day: date, account: str, configured: Sequence[str]) -> tuple[str, ...]:
        """Return what ``day`` ranked; before its plan what is configured, else every symbol with bars."""
        try:
            chosen = self._days.get(day, account).universe_symbols
        except RecordNotFound:
            chosen = ()
        return tuple(chosen) or tuple(configured) or tuple(self._bars.symbols())

    def held(self, account: str) -> dict[str, int]:
        """Return the account's shares by symbol."""
        return {row.symbol: row.shares for row in self._ledger.positions(account) if row.shares > 0}

    def cash_krw(self, account: str) -> int:
        """Return the account's D+2 cash, 0 before its books are open."""
        return max(0, self._ledger.cash(account)) if self._ledger.is_open(account) else 0


def names_of(symbols: Iterable[str], listed: dict[str, ListedSecurity]) -> dict[str, str]:
    """Return names as the broker gave them, else as the packaged lexicon has them."""
    lexicon, names = Securities.shipped(), {}
    for symbol in symbols:
        seen, known = listed.get(symbol), lexicon.by_symbol(symbol)
        name = seen.name if seen is not None and seen.name else known.name if known is not None else ""
        if name:
            names[symbol] = name
    return names


def first_day_of(last: date, sessions: int) -> date:
    """Return a day early enough that ``sessions`` sessions lie between it and ``last``."""
    return last - timedelta(days=int(sessions * CALENDAR_DAYS_PER_SESSION) + _SPARE_DAYS)
