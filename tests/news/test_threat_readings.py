from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar, IndexBar
from daybook.contracts.news import Article, NewsReport, SourceKind, ThreatKind, ThreatSignal
from daybook.contracts.threats import ReadThreats
from daybook.krx.calendar import trading_days
from daybook.news.cyber_alert import CyberAlertFeed
from daybook.news.threat_readings import ThreatReader
from daybook.settings import FeedSettings
from daybook.storage.articles import ArticleStore
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.market_series import MarketSeriesStore
from daybook.storage.news_reports import NewsReportStore

DAY = date(2026, 3, 6)
NOW = datetime(2026, 3, 6, 10, 0, tzinfo=KST)
SESSIONS = trading_days(date(2025, 11, 3), date(2026, 3, 5))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        opened.upgrade()
        yield opened


def reader(database: Database) -> ThreatReader:
    return ThreatReader(database, CyberAlertFeed(FeedSettings()), now=lambda: NOW)


def asking(**changes: object) -> ReadThreats:
    values: dict[str, object] = {"day": DAY, "as_of": NOW, "market_now": NOW}
    return ReadThreats.model_validate({**values, **changes})


def index(code: str, closes: list[float]) -> list[IndexBar]:
    days = SESSIONS[-len(closes) :]
    return [
        IndexBar(
            index_code=code, day=day, open_level=close, high_level=close, low_level=close, close_level=close,
            volume_shares=1, turnover_krw=1,
        )
        for day, close in zip(days, closes, strict=True)
    ]  # fmt: skip


def shares(symbol: str, closes: list[int]) -> list[DailyBar]:
    days = SESSIONS[-len(closes) :]
    return [
        DailyBar(
            symbol=symbol, day=day, open_krw=close, high_krw=close, low_krw=close, close_krw=close, volume_shares=1,
            turnover_krw=1,
        )
        for day, close in zip(days, closes, strict=True)
    ]  # fmt: skip


def test_market_when_nothing_is_stored_then_it_is_unknown_and_said_so(database: Database) -> None:
    readings = reader(database).read(asking())
    assert readings.market is None
    assert readings.cyber is not None
    assert (readings.cyber.alert, readings.cyber.warnings) == (None, None)
    assert any("KOSPI: 0 sessions" in problem for problem in readings.problems)
    assert any("VKOSPI is not stored" in problem for problem in readings.problems)


def test_market_when_kospi_is_stored_then_its_fall_from_the_high_is_read(database: Database) -> None:
    MarketSeriesStore(database).save_index(index("0001", [2_000.0, 2_500.0, *[2_400.0] * 20, 2_000.0]))
    market = reader(database).read(asking()).market
    assert market is not None
    assert (market.index_level, market.index_drawdown_ratio) == (2_000.0, pytest.approx(0.2))
    assert market.index_change_ratio is None


def test_market_when_vkospi_is_stored_then_its_rank_among_its_closes_and_its_age_are_read(database: Database) -> None:
    MarketSeriesStore(database).save_index(index("VKOSPI", [*[20.0] * 70, 35.0]))
    market = reader(database).read(asking()).market
    assert market is not None
    assert (market.vkospi, market.vkospi_percentile, market.vkospi_age_sessions) == (35.0, 1.0, 1)


def test_betas_when_a_share_moves_twice_as_much_then_its_beta_is_two(database: Database) -> None:
    moves = [0.01 if number % 3 else -0.015 for number in range(60)]
    level, double = [1_000.0], [1_000_000.0]
    for move in moves:
        level.append(level[-1] * (1 + move))
        double.append(double[-1] * (1 + 2 * move))
    MarketSeriesStore(database).save_index(index("0001", [round(one, 2) for one in level]))
    BarStore(database).save_daily(shares("005930", [round(one) for one in double]))
    betas = reader(database).read(asking(held_symbols=("005930", "000660"))).betas
    assert betas == {"005930": pytest.approx(2.0, abs=0.02)}


def article(number: int, publisher: str) -> Article:
    return Article(
        article_id=f"a{number}", source=SourceKind.NAVER, publisher=publisher, title="유출", url="https://a.example/1",
        published_at=NOW - timedelta(hours=2), observed_at=NOW - timedelta(hours=1), symbols=("005930",),
        cluster=f"c{number}",
    )  # fmt: skip


def report(as_of: datetime) -> NewsReport:
    signal = ThreatSignal(kind=ThreatKind.HOLDING_BREACH, severity=0.9, article_ids=("a1", "a2"), symbols=("005930",))
    return NewsReport(
        run_id=f"n-{as_of:%d%H}", as_of=as_of, days=1, market_sentiment=-0.6, threats=(signal,), stories=12
    )


def test_news_when_two_publishers_report_a_breach_then_the_warning_counts_both(database: Database) -> None:
    ArticleStore(database).add([article(1, "a.example"), article(2, "b.example")])
    NewsReportStore(database).save(report(NOW - timedelta(hours=1)), NOW)
    readings = reader(database).read(asking())
    assert readings.cyber is not None
    assert readings.cyber.warnings is not None
    (warning,) = readings.cyber.warnings
    assert (warning.publishers, warning.symbols, warning.severity) == (2, ("005930",), 0.9)
    assert readings.market is not None
    assert (readings.market.sentiment, readings.market.sentiment_stories) == (-0.6, 12)


def test_news_when_its_analysis_is_older_than_a_day_then_it_is_unknown(database: Database) -> None:
    NewsReportStore(database).save(report(NOW - timedelta(hours=30)), NOW)
    readings = reader(database).read(asking())
    assert readings.cyber is not None
    assert readings.cyber.warnings is None


def test_news_when_a_moment_is_rehearsed_then_later_reports_are_not_seen_and_ages_are_those_of_then(
    database: Database,
) -> None:
    ArticleStore(database).add([article(1, "a.example"), article(2, "b.example")])
    NewsReportStore(database).save(report(NOW - timedelta(hours=1)), NOW - timedelta(hours=1))
    NewsReportStore(database).save(report(NOW + timedelta(hours=3)), NOW + timedelta(hours=3))
    later = NOW + timedelta(days=30)
    rehearsed = ThreatReader(database, CyberAlertFeed(FeedSettings()), now=lambda: later)
    cyber = rehearsed.read(asking(point_in_time=True)).cyber
    assert cyber is not None
    assert cyber.warnings is not None
    assert cyber.observed_at == later
    assert [later - one.newest_at for one in cyber.warnings if one.newest_at] == [timedelta(hours=2)]
    assert cyber.observed_at.astimezone(UTC) == later.astimezone(UTC)
