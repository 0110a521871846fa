from datetime import UTC, datetime

import pytest

from daybook.broker.kis.market_scan import Breadth, RankedShare
from daybook.broker.port import BrokerConfigurationError, BrokerUnavailable
from daybook.contracts.market import IndexQuote
from daybook.execution.market_view import MarketView
from daybook.skills.errors import SourceUnavailable
from daybook.skills.market_data.market_port import MarketQuotes, RankedBy

NOW = datetime(2026, 3, 6, 1, tzinfo=UTC)
BREADTH = Breadth(rising=5, falling=4, unchanged=1, limit_up=0, limit_down=0)


def share(symbol: str, change_percent: float) -> RankedShare:
    return RankedShare(
        symbol=symbol, name=symbol, price_krw=1_000, change_percent=change_percent, volume_shares=1, turnover_krw=1_000
    )


class FixedBroker:
    def __init__(self, shares: list[RankedShare] | None = None, breadth: Breadth | None = BREADTH) -> None:
        self.shares = shares or []
        self.of_breadth = breadth
        self.failure: Exception | None = None
        self.asked: list[str] = []

    def index(self, code: str) -> IndexQuote:
        if self.failure:
            raise self.failure
        return IndexQuote(code=code, level=2613.0, previous_close=2600.0, change_ratio=0.005)

    def breadth(self, code: str) -> Breadth | None:
        self.asked.append(code)
        return self.of_breadth

    def most_traded(self, *, by_volume: bool = False) -> list[RankedShare]:
        if self.failure:
            raise self.failure
        self.asked.append("volume" if by_volume else "turnover")
        return self.shares


def view(broker: FixedBroker) -> MarketQuotes:
    return MarketView(broker, broker, lambda: NOW)


def test_indices_when_served_then_the_three_come_with_the_breadth_of_the_two_markets() -> None:
    broker = FixedBroker()
    found = view(broker).indices()
    assert [(index.name, index.change_percent, index.rising) for index in found] == [
        ("KOSPI", 0.5, 5),
        ("KOSDAQ", 0.5, 5),
        ("KOSPI200", 0.5, None),
    ]
    assert broker.asked == ["0001", "1001"]


def test_indices_when_no_breadth_is_served_then_the_levels_come_without() -> None:
    assert [index.falling for index in view(FixedBroker(breadth=None)).indices()] == [None, None, None]


SHARES = [
    share("000001", 1.0),
    share("000002", -2.0),
    share("000003", 0.0),
    share("000004", 3.0),
    share("000005", -1.0),
]


@pytest.mark.parametrize(
    ("by", "symbols", "asked"),
    [
        (RankedBy.TURNOVER, ["000001", "000002", "000003"], "turnover"),
        (RankedBy.VOLUME, ["000001", "000002", "000003"], "volume"),
        (RankedBy.GAINERS, ["000004", "000001"], "turnover"),
        (RankedBy.LOSERS, ["000002", "000005"], "turnover"),
    ],
)
def test_ranking_when_asked_then_ranks_follow_the_order_asked_for(by: RankedBy, symbols: list[str], asked: str) -> None:
    broker = FixedBroker(SHARES)
    found = view(broker).ranking(by, 3)
    assert [row.symbol for row in found.rows] == symbols
    assert [row.rank for row in found.rows] == list(range(1, len(symbols) + 1))
    assert (broker.asked, found.observed_at) == ([asked], NOW)
    assert ("volume" in found.basis) is (by is RankedBy.VOLUME)


@pytest.mark.parametrize(
    "failure",
    [
        BrokerUnavailable("no answer", advice="ask again"),
        BrokerConfigurationError("KIS does not serve volume rank in mock mode", advice="use paper or live mode"),
    ],
)
def test_view_when_the_broker_does_not_answer_then_it_is_unavailable_with_the_advice(failure: Exception) -> None:
    broker = FixedBroker()
    broker.failure = failure
    for read in (view(broker).indices, lambda: view(broker).ranking(RankedBy.VOLUME, 3)):
        with pytest.raises(SourceUnavailable, match=f"{failure}; {failure.advice}"):  # type: ignore[attr-defined]
            read()
