"""What kind of security a symbol is: market, kind and sector decide tax, ticks and exposure."""

import threading
from collections.abc import Callable

from daybook.contracts.market import Market, Quote, SecurityKind


class SecurityDirectory:
    """Remembers listing facts from quotes; asks the broker once for a symbol it has not seen."""

    def __init__(self, quote: Callable[[str], Quote]) -> None:
        self._quote = quote
        self._facts: dict[str, tuple[Market, SecurityKind, str]] = {}
        self._lock = threading.Lock()

    def learn(self, quote: Quote) -> None:
        """Remember a quote's listing facts."""
        with self._lock:
            self._facts[quote.symbol] = (quote.market, quote.kind, quote.sector)

    def listing(self, symbol: str) -> tuple[Market, SecurityKind]:
        """Return market and kind. Raises ``BrokerError`` when the broker has to be asked and does not answer."""
        market, kind, _ = self._facts_of(symbol)
        return market, kind

    def sector(self, symbol: str) -> str:
        """Return the sector's name, "" when the broker names none."""
        return self._facts_of(symbol)[2]

    def _facts_of(self, symbol: str) -> tuple[Market, SecurityKind, str]:
        with self._lock:
            known = self._facts.get(symbol)
        if known is None:
            self.learn(self._quote(symbol))
            with self._lock:
                known = self._facts[symbol]
        return known
