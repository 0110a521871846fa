"""The whole market as the broker sees it, for the tools of the trading layer."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from daybook.broker.kis.market_scan import MOST_RANKED, Breadth, RankedShare
from daybook.broker.port import BrokerError
from daybook.contracts.market import IndexQuote
from daybook.skills.errors import SourceUnavailable
from daybook.skills.market_data.market_port import IndexState, Ranked, RankedBy, Ranking

T = TypeVar("T")

INDICES = (("0001", "KOSPI"), ("1001", "KOSDAQ"), ("2001", "KOSPI200"))
_HAS_BREADTH = frozenset({"0001", "1001"})
"""The broker counts issues by market; those of KOSPI200 would be KOSPI's again."""


class IndexReads(Protocol):
    """The part of the broker this view reads index levels from."""

    def index(self, code: str) -> IndexQuote:
        """Return an index level."""
        ...


class MarketScan(Protocol):
    """The part of the broker this view reads breadth and rankings from."""

    def breadth(self, code: str) -> Breadth | None:
        """Return the breadth of an index's market, None where it is not served."""
        ...

    def most_traded(self, *, by_volume: bool = False) -> list[RankedShare]:
        """Return up to 30 common shares, by traded value or volume, highest first."""
        ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MarketView:
    """Implements ``daybook.skills.market_data.market_port.MarketQuotes`` on the broker. Blocks; thread-safe."""

    def __init__(self, broker: IndexReads, scan: MarketScan, now: Callable[[], datetime] = _utc_now) -> None:
        self._broker = broker
        self._scan = scan
        self._now = now

    def indices(self) -> Sequence[IndexState]:
        """Return KOSPI, KOSDAQ and KOSPI200; raises ``SourceUnavailable`` when the broker does not answer."""
        return [self._index(code, name) for code, name in INDICES]

    def _index(self, code: str, name: str) -> IndexState:
        quote = _answered(lambda: self._broker.index(code))
        breadth = _answered(lambda: self._scan.breadth(code)) if code in _HAS_BREADTH else None
        return IndexState(
            code=code,
            name=name,
            level=quote.level,
            previous_close=quote.previous_close,
            change_percent=round(quote.change_ratio * 100, 2),
            **(breadth.model_dump() if breadth else {}),
        )

    def ranking(self, by: RankedBy, count: int) -> Ranking:
        """Return up to ``count`` common shares; raises ``SourceUnavailable`` when the broker does not answer.

        The broker ranks by traded value and by volume. Gainers and losers are the most traded 30 in order of their
        change: a small share that nobody trades is no news.
        """
        shares = _answered(lambda: self._scan.most_traded(by_volume=by is RankedBy.VOLUME))
        basis = f"the broker's {MOST_RANKED} common shares by {'volume' if by is RankedBy.VOLUME else 'traded value'}"
        if by in (RankedBy.GAINERS, RankedBy.LOSERS):
            wanted = [share for share in shares if (share.change_percent > 0) is (by is RankedBy.GAINERS)]
            shares = sorted(
                (share for share in wanted if share.change_percent != 0),
                key=lambda share: share.change_percent,
                reverse=by is RankedBy.GAINERS,
            )
        rows = tuple(Ranked(rank=rank, **share.model_dump()) for rank, share in enumerate(shares[:count], 1))
        return Ranking(by=by, basis=basis, rows=rows, observed_at=self._now())


def _answered(read: Callable[[], T]) -> T:
    try:
        return read()
    except BrokerError as error:
        raise SourceUnavailable(f"{error}; {error.advice}".rstrip("; ")) from error
