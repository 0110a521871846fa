import pytest

from daybook.contracts.threat_readings import MarketReadings
from daybook.risk.threat.live_index import with_live_index
from tests.risk.threat.facts import NOW


def test_live_index_when_the_index_is_not_known_then_what_is_stored_stays() -> None:
    stored = MarketReadings(observed_at=NOW, vkospi=20)
    assert with_live_index(stored, level=None, change_ratio=None, observed_at=NOW) is stored
    assert with_live_index(None, level=None, change_ratio=None, observed_at=NOW) is None


def test_live_index_when_nothing_is_stored_then_the_change_of_the_day_is_read_alone() -> None:
    market = with_live_index(None, level=2_500, change_ratio=-0.05, observed_at=NOW)
    assert market == MarketReadings(observed_at=NOW, index_level=2_500, index_change_ratio=-0.05)


def test_live_index_when_it_falls_further_then_the_fall_from_the_high_is_that_of_now() -> None:
    stored = MarketReadings(observed_at=NOW, index_level=2_700, index_drawdown_ratio=0.1)
    market = with_live_index(stored, level=2_400, change_ratio=-0.11, observed_at=NOW)
    assert market is not None
    assert market.index_drawdown_ratio == pytest.approx(0.2)


def test_live_index_when_its_level_is_of_another_market_then_the_stored_fall_stays() -> None:
    stored = MarketReadings(observed_at=NOW, index_level=2_700, index_drawdown_ratio=0.1)
    market = with_live_index(stored, level=300, change_ratio=-0.01, observed_at=NOW)
    assert market is not None
    assert (market.index_drawdown_ratio, market.index_change_ratio) == (0.1, -0.01)
