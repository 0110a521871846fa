import pytest

from daybook.contracts.market import Market, SecurityKind
from daybook.krx.ticks import is_on_tick
from daybook.paper.listing import isin_of, packaged_listing


@pytest.mark.parametrize(
    ("symbol", "isin"),
    [("005930", "KR7005930003"), ("005935", "KR7005931001"), ("000660", "KR7000660001"), ("00680K", "")],
)
def test_isin_when_symbol_is_known_then_check_digit_is_right(symbol: str, isin: str) -> None:
    assert isin_of(symbol) == isin


def test_packaged_listing_when_read_then_it_holds_the_large_names_of_both_markets() -> None:
    listing = {entry.security.symbol: entry for entry in packaged_listing()}
    assert len(listing) == len(packaged_listing()) >= 60
    assert {"005930", "000660", "035720", "005380", "035420", "068270", "247540", "005935", "069500"} <= listing.keys()
    assert {entry.security.market for entry in listing.values()} == {Market.KOSPI, Market.KOSDAQ}
    assert listing["069500"].security.kind is SecurityKind.ETF
    assert listing["005930"].security.name == "삼성전자"


def test_packaged_listing_when_read_then_every_row_can_seed_prices() -> None:
    for entry in packaged_listing():
        security = entry.security
        assert is_on_tick(entry.price_krw, security.kind), security.symbol
        assert security.name
        assert security.english_name
        assert security.sector
        assert len(security.isin) == 12
        assert 0.2 <= entry.annual_volatility <= 0.6
        assert entry.daily_volume_shares < security.shares_outstanding
