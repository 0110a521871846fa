from datetime import datetime, time, timedelta

import pytest

from daybook.advice_desk.advice import AdviceDesk
from daybook.contracts.advice import AbstentionCode
from daybook.contracts.base import KST
from daybook.contracts.limits import AdvisorKind, StrategySettings
from daybook.contracts.market import InvestorFlow, ListedSecurity
from daybook.contracts.news import NewsReport, SymbolSentiment
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.market_series import MarketSeriesStore
from daybook.storage.news_reports import NewsReportStore
from tests.advice_desk.facts import DAY, SYMBOLS, bar, sessions, store_market

FACTOR = StrategySettings()
MOMENTUM = StrategySettings(advisor=AdvisorKind.MOMENTUM)
PLANNED_AT = datetime.combine(DAY, time(8, 35), KST)


def news(run_id: str, sentiment: float, as_of: datetime = PLANNED_AT) -> NewsReport:
    row = SymbolSentiment(symbol=SYMBOLS[2], sentiment=sentiment, stories=5, articles=5)
    return NewsReport(run_id=run_id, as_of=as_of, days=3, market_sentiment=0, symbols=(row,), stories=5)


def test_recommend_when_the_strategy_names_an_advisor_then_that_one_ranks(database: Database) -> None:
    store_market(database)
    desk = AdviceDesk(database)
    assert desk.recommend(SYMBOLS, MOMENTUM, DAY).advisor == "momentum"
    assert len(desk.recommend(SYMBOLS, MOMENTUM, DAY).ranked) == len(SYMBOLS)
    ranking = desk.recommend(SYMBOLS, FACTOR, DAY)
    assert ranking.advisor == "factors"
    named = {*(row.symbol for row in ranking.ranked), *(row.symbol for row in ranking.abstentions)}
    assert named == set(SYMBOLS)
    assert {row.code for row in ranking.abstentions} <= {AbstentionCode.INSUFFICIENT_EVIDENCE}


def test_recommend_when_later_bars_are_stored_then_they_change_nothing(database: Database) -> None:
    store_market(database)
    desk = AdviceDesk(database)
    before = desk.recommend(SYMBOLS, FACTOR, DAY), desk.report(SYMBOLS, FACTOR, DAY)
    BarStore(database).save_daily([bar(symbol, DAY, 1_000_000) for symbol in SYMBOLS])
    assert (desk.recommend(SYMBOLS, FACTOR, DAY), desk.report(SYMBOLS, FACTOR, DAY)) == before


def test_recommend_when_nothing_is_stored_then_every_symbol_is_abstained_from(database: Database) -> None:
    ranking = AdviceDesk(database).recommend(SYMBOLS, FACTOR, DAY)
    assert ranking.ranked == ()
    assert {row.code for row in ranking.abstentions} == {AbstentionCode.SHORT_HISTORY}


def test_report_when_a_year_is_stored_then_the_year_long_factors_have_a_say(database: Database) -> None:
    store_market(database, 270)
    report = AdviceDesk(database).report(SYMBOLS, FACTOR, DAY)
    drivers = {driver.name for card in report.cards for driver in card.drivers}
    assert "momentum_12_7" in drivers
    assert report.evidence.sessions == 270


def test_report_when_flows_and_listings_are_stored_then_they_count(database: Database) -> None:
    store_market(database)
    store = MarketSeriesStore(database)
    kinds = ("foreign", "institution", "individual")
    store.save_flows(
        [
            InvestorFlow(
                symbol=symbol,
                day=day,
                **{f"{kind}_net_{unit}": place * 1_000_000_000 for kind in kinds for unit in ("shares", "krw")},
            )
            for place, symbol in enumerate(SYMBOLS, 1)
            for day in sessions(30)
        ]
    )
    store.save_securities([ListedSecurity(symbol=SYMBOLS[0], name="시험전자", sector="반도체", seen_at=PLANNED_AT)])
    report = AdviceDesk(database).report(SYMBOLS, FACTOR, DAY)
    covered = {row.name: row.coverage for row in report.evidence.weights}
    assert any("flow" in name or "foreign" in name for name, share in covered.items() if share == 1)
    assert next(card.name for card in report.cards if card.symbol == SYMBOLS[0]) == "시험전자"


@pytest.mark.parametrize("sentiment", [-1.0, 1.0])
def test_report_when_the_day_read_news_then_it_counts_within_its_cap_and_the_rank_without_it_stays(
    sentiment: float, database: Database
) -> None:
    store_market(database)
    desk = AdviceDesk(database)
    before = {card.symbol: card for card in desk.report(SYMBOLS, FACTOR, DAY).cards}
    NewsReportStore(database).save(news(f"news-trading-day-{DAY}", sentiment))
    after = {card.symbol: card for card in desk.report(SYMBOLS, FACTOR, DAY).cards}
    moved = after[SYMBOLS[2]]
    assert 0 < moved.news_points * sentiment <= 5
    assert {symbol: card.rank_without_news for symbol, card in after.items()} == {
        symbol: card.rank for symbol, card in before.items()
    }
    plain = {card.symbol: card for card in desk.report(SYMBOLS, FACTOR, DAY, use_news=False).cards}
    assert plain == before


def test_report_when_news_came_after_the_opening_of_another_run_then_it_is_not_used(database: Database) -> None:
    store_market(database)
    NewsReportStore(database).save(news("cli-run", 1.0, PLANNED_AT + timedelta(hours=3)))
    assert not any(card.news_points for card in AdviceDesk(database).report(SYMBOLS, FACTOR, DAY).cards)
    NewsReportStore(database).save(news("cli-early", 1.0, PLANNED_AT - timedelta(hours=3)))
    assert any(card.news_points for card in AdviceDesk(database).report(SYMBOLS, FACTOR, DAY).cards)
