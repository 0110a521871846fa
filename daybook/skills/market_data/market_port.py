"""What the skills of market data need from outside, and what it looks like."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Symbol, Won


class RankedBy(StrEnum):
    """What a ranking is ordered by."""

    TURNOVER = "turnover"
    VOLUME = "volume"
    GAINERS = "gainers"
    LOSERS = "losers"


class IndexState(Message):
    """An index now. The counts of issues are the broker's, and missing where it serves none (mock)."""

    code: str
    name: str
    level: float
    previous_close: float
    change_percent: float
    rising: int | None = None
    falling: int | None = None
    unchanged: int | None = None
    limit_up: int | None = None
    limit_down: int | None = None


class Ranked(Message):
    """One share of a ranking."""

    rank: int = Field(ge=1)
    symbol: Symbol
    name: str
    price_krw: Won
    change_percent: float
    volume_shares: int
    turnover_krw: Won


class Ranking(Message):
    """Shares in order; ``basis`` says which shares were compared."""

    by: RankedBy
    basis: str
    rows: tuple[Ranked, ...]
    observed_at: AwareDatetime


class MarketQuotes(Protocol):
    """The whole market as the broker sees it. Methods block and raise ``ToolError`` when the broker does not answer."""

    def indices(self) -> Sequence[IndexState]:
        """Return KOSPI, KOSDAQ and KOSPI200."""
        ...

    def ranking(self, by: RankedBy, count: int) -> Ranking:
        """Return up to ``count`` common shares in order."""
        ...


class Listed(Protocol):
    """One security of a listing. ``symbol`` is None for a foreign one, which has a ``ticker``."""

    @property
    def symbol(self) -> str | None:
        """KRX short code."""
        ...

    @property
    def ticker(self) -> str:
        """Code of a foreign security."""
        ...

    @property
    def name(self) -> str:
        """Korean name."""
        ...

    @property
    def english_name(self) -> str:
        """English name, "" when unknown."""
        ...

    @property
    def market(self) -> str:
        """KOSPI, KOSDAQ, ... or ""."""
        ...

    @property
    def kind(self) -> str:
        """stock, etf, foreign, ..."""
        ...


class Listing(Protocol):
    """Names of securities as people write them."""

    def search(self, query: str, limit: int = 10) -> Sequence[Listed]:
        """Return what matches a code, a name, a nickname or a part of one, best first."""
        ...
