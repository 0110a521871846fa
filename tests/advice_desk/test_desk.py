from datetime import datetime, time, timedelta

from daybook.advice_desk.desk import DayAdvice
from daybook.contracts.base import KST, Side
from daybook.contracts.day import RecommendRequest
from daybook.contracts.desk import DeskConfig
from daybook.contracts.limits import AdvisorKind, StrategySettings
from daybook.contracts.outcomes import OutcomeSubject
from daybook.report.facts import collect_day
from daybook.report.markdown import render_day
from daybook.storage.database import Database
from daybook.storage.outcomes import OutcomeStore
from daybook.storage.scores import ScoreStore
from tests.advice_desk.facts import SYMBOLS, store_market
from tests.report.desk_day import ACCOUNT, DAY, DeskDay

REAL_NOW = datetime.combine(DAY, time(8, 40), KST)
MARKET_NOW = datetime.combine(DAY, time(8, 35), KST)
LAST = DAY - timedelta(days=1)


def request(advisor: AdvisorKind = AdvisorKind.FACTOR, **changes: object) -> RecommendRequest:
    strategy = StrategySettings(universe_symbols=SYMBOLS, advisor=advisor)
    values: dict[str, object] = {"day": DAY, "universe": SYMBOLS, "desk": DeskConfig(strategy=strategy)}
    return RecommendRequest.model_validate(values | {"market_now": MARKET_NOW} | changes)


def advice(database: Database) -> DayAdvice:
    return DayAdvice(database, lambda: REAL_NOW)


def test_recommend_when_the_market_time_is_known_then_the_ranking_is_noted_once(database: Database) -> None:
    store_market(database, last=LAST)
    ranking = advice(database).recommend(request())
    claims = OutcomeStore(database).claims(subject=OutcomeSubject.RECOMMENDATION)
    assert {claim.symbol for claim in claims} == set(SYMBOLS)
    assert {(claim.made_at, claim.recorded_at) for claim in claims} == {(MARKET_NOW, REAL_NOW)}
    assert advice(database).recommend(request()) == ranking
    assert len(OutcomeStore(database).claims()) == len(SYMBOLS)


def test_recommend_when_the_market_time_is_not_known_then_nothing_is_noted(database: Database) -> None:
    store_market(database, last=LAST)
    advice(database).recommend(request(market_now=None))
    assert OutcomeStore(database).claims() == []


def test_close_when_a_day_traded_then_orders_are_noted_and_scores_kept_and_all_is_in_the_report(
    database: Database,
) -> None:
    store_market(database, last=LAST)
    day = DeskDay(database)
    day.begin()
    ranking = advice(database).recommend(request(AdvisorKind.MOMENTUM))
    day.decide("09:30", recommendations=ranking.model_dump(mode="json"))
    day.intent("buy-1", "09:30", SYMBOLS[0], Side.BUY, 3, 50_000)
    asked = day.request()
    asked = asked.model_copy(update={"desk": asked.desk.model_copy(update={"strategy": request().desk.strategy})})
    facts = advice(database).close(asked)
    claims = OutcomeStore(database).claims(subject=OutcomeSubject.DECISION)
    assert [(claim.symbol, claim.direction) for claim in claims] == [(SYMBOLS[0], 1)]
    assert ScoreStore(database).latest(SYMBOLS[1], DAY) is not None
    text = render_day(collect_day(database, ACCOUNT, DAY, asked), facts)
    assert "## Recommendations" in text
    assert f"Ranked by momentum: {len(SYMBOLS)} symbols" in text
    assert facts.ranking == ranking
    assert "## Risk scores" in text
    assert "## Outcome journal" in text
    assert "Orders decided on" in text
    assert facts.gaps == ()
    assert advice(database).close(asked) == facts


def test_close_when_nothing_is_stored_then_the_report_is_written_all_the_same(
    database: Database,
) -> None:
    day = DeskDay(database)
    day.begin()
    facts = advice(database).close(day.request())
    text = render_day(collect_day(database, ACCOUNT, DAY, day.request()), facts)
    assert "No decision recorded a ranking." in text
    assert "There are no stored prices to score." in text
    assert "nothing is noted yet" in text
