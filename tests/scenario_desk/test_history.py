from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar, IndexBar
from daybook.contracts.scenario import DataSource, Universe
from daybook.scenario.engine.digest import data_digest
from daybook.scenario.errors import ScenarioError
from daybook.scenario_desk.history import StoredPrices, last_session_day, simulated_history
from daybook.scenario_desk.snapshot import packed_history, unpacked_history
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.market_series import MarketSeriesStore
from tests.scenario_desk.facts import CODES, small_scenario

NOW = datetime(2026, 3, 6, 18, 0, tzinfo=KST)
LAST = NOW.date()
STORED = small_scenario(universe=Universe(codes=CODES, lookback_days=250))


def days_to(last: date, count: int) -> list[date]:
    return [last - timedelta(days=back) for back in range(count)][::-1]


def bar(code: str, day: date, close: int) -> DailyBar:
    return DailyBar(
        symbol=code, day=day, open_krw=close, high_krw=close, low_krw=close, close_krw=close, volume_shares=10,
        turnover_krw=close * 10,
    )  # fmt: skip


def index(day: date, level: float) -> IndexBar:
    return IndexBar(
        index_code="2001", day=day, open_level=level, high_level=level, low_level=level, close_level=level,
        volume_shares=1, turnover_krw=1,
    )  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(f"sqlite:///{tmp_path / 'daybook.db'}") as found:
        found.upgrade()
        yield found


def fill(database: Database, codes: tuple[str, ...] = CODES, count: int = 300) -> None:
    days = days_to(LAST, count)
    MarketSeriesStore(database).save_index([index(day, 300 + row) for row, day in enumerate(days)])
    for place, code in enumerate(codes):
        BarStore(database).save_daily([bar(code, day, 10_000 * (place + 1) + row) for row, day in enumerate(days)])


def test_history_when_everything_is_stored_then_it_is_the_last_sessions_of_it(database: Database) -> None:
    fill(database)
    BarStore(database).save_daily([bar("114800", LAST, 1_234)])
    found = StoredPrices(database).history(STORED, NOW)
    assert (found.codes, found.simulated, len(found.days), found.days[-1]) == (CODES, False, 250, LAST)
    assert found.closes_krw[-1, 0] == 10_000 + 299
    assert found.turnover_krw[-1, 0] == 10 * (10_000 + 299)
    assert found.market_index[-1] == 300 + 299
    assert [hedge.price_krw for hedge in found.hedges] == [1_234]
    assert found.sectors[:2] == ("반도체", "반도체")


def test_history_when_as_of_lies_before_the_close_then_that_day_is_not_seen(database: Database) -> None:
    fill(database)
    moment = datetime(2026, 3, 4, 15, 29, tzinfo=KST)
    scenario = small_scenario(universe=Universe(codes=CODES, lookback_days=250, as_of=moment))
    assert StoredPrices(database).history(scenario, NOW).days[-1] == date(2026, 3, 3)
    assert last_session_day(moment + timedelta(minutes=1)) == date(2026, 3, 4)


def test_history_when_a_stock_did_not_trade_then_its_session_is_empty_and_not_filled(database: Database) -> None:
    fill(database, CODES[:3])
    days = days_to(LAST, 300)
    BarStore(database).save_daily([bar(CODES[3], day, 5_000) for day in days if day != days[-2]])
    closes = StoredPrices(database).history(STORED, NOW).closes_krw[:, 3]
    assert np.isnan(closes[-2])
    assert closes[-1] == 5_000


def test_history_when_nothing_is_stored_then_a_simulated_one_stands_in_and_says_so(database: Database) -> None:
    found = StoredPrices(database).history(STORED, NOW)
    assert found.simulated
    assert "daybook collect" in found.source


@pytest.mark.parametrize("seed", [1, 2])
def test_history_when_the_fixture_is_asked_for_then_seeds_share_it(seed: int) -> None:
    scenario = small_scenario(seed=seed, universe=Universe(codes=CODES, lookback_days=250, source=DataSource.FIXTURE))
    assert data_digest(simulated_history(scenario)) == data_digest(simulated_history(small_scenario()))


def test_history_when_some_stocks_have_no_prices_then_they_are_named_with_the_way_out(database: Database) -> None:
    fill(database, CODES[:2])
    with pytest.raises(
        ScenarioError, match=rf"^universe\.codes: no prices of {CODES[2]}, {CODES[3]} .*daybook collect"
    ):
        StoredPrices(database).history(STORED, NOW)


def test_history_when_nothing_is_stored_and_a_stock_is_unknown_then_it_is_named(database: Database) -> None:
    scenario = small_scenario(universe=Universe(codes=(*CODES, "999999")))
    with pytest.raises(ScenarioError, match=r"^universe\.codes: no prices of 999999"):
        StoredPrices(database).history(scenario, NOW)


def test_history_when_the_index_was_not_collected_then_it_is_said(database: Database) -> None:
    for code in CODES:
        BarStore(database).save_daily([bar(code, day, 5_000) for day in days_to(LAST, 100)])
    with pytest.raises(ScenarioError, match=r"^universe\.source: no index levels .*daybook collect"):
        StoredPrices(database).history(STORED, NOW)


def test_snapshot_when_read_back_then_every_bit_is_there_and_its_bytes_are_the_same() -> None:
    history = simulated_history(small_scenario())
    history.closes_krw[3, 1] = np.nan
    content = packed_history(history)
    assert data_digest(unpacked_history(content)) == data_digest(history)
    assert packed_history(unpacked_history(content)) == content
