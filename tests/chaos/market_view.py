"""The market as a test sees it: an exchange of its own with the same seed, past HTTP and its faults."""

from datetime import UTC, datetime

from daybook.contracts.clock import MarketClock
from daybook.contracts.market import SecurityKind
from daybook.krx.ticks import Rounding, round_to_tick
from daybook.paper.exchange import ExchangeConfig, build_exchange
from daybook.paper.model import BookView


class MarketView:
    """Prices and books now. Market data is a function of seed and market time, so two exchanges agree."""

    def __init__(self, seed: int, clock: MarketClock) -> None:
        self._exchange = build_exchange(
            ExchangeConfig(seed=seed, start_market_time=clock.market_anchor, speed=clock.speed)
        )
        self._exchange.set_clock(clock.market_time(datetime.now(UTC)), clock.speed)

    def last_krw(self, symbol: str) -> int:
        """Return the last price."""
        return self._exchange.trade_state(symbol).last_krw

    def book(self, symbol: str) -> BookView:
        """Return the visible book."""
        return self._exchange.book(symbol)

    def price_krw(self, symbol: str, ratio: float) -> int:
        """Return the grid price nearest to the last price times ``ratio``, within the day's limits."""
        state = self._exchange.trade_state(symbol)
        wanted = min(state.upper_limit_krw, max(state.lower_limit_krw, state.last_krw * ratio))
        return round_to_tick(wanted, SecurityKind.STOCK, Rounding.NEAREST)
