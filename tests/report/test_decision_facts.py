"""Decisions are read as plain JSON; the names read must be those the contracts write."""

from daybook.contracts.account import AccountSnapshot, Holding
from daybook.contracts.advice import Abstention, TickFacts
from daybook.contracts.base import TradingState
from daybook.contracts.day import Observation
from daybook.contracts.market import Quote
from daybook.contracts.risk import BreakerTrip
from daybook.report.decision_facts import breakers_of, read_decisions
from daybook.storage.database import Database
from tests.report.desk_day import ACCOUNT, DAY, SAMSUNG, DeskDay, market


def test_names_when_read_from_a_decision_then_the_contracts_have_them() -> None:
    assert {"observed_at", "market_time", "facts", "quotes", "account", "missing_quotes"} <= set(
        Observation.model_fields
    )
    assert "account" in TickFacts.model_fields
    assert {"symbol", "price_krw"} <= set(Quote.model_fields)
    assert "holdings" in AccountSnapshot.model_fields
    assert {"symbol", "name"} <= set(Holding.model_fields)
    assert "code" in Abstention.model_fields
    assert {"code", "state", "text"} <= set(BreakerTrip.model_fields)


def test_breakers_when_one_stays_tripped_then_it_is_one_row_with_its_first_time(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    trip = {"code": "DAILY_LOSS", "state": "reducing", "text": "lost 2.1 %"}
    harder = {"code": "DAILY_LOSS", "state": "halted", "text": "lost 3.2 %"}
    day.decide("10:00", breakers=(trip,))
    day.decide("10:10", breakers=(trip, harder))
    decisions, problem = read_decisions(database, ACCOUNT, DAY)
    assert problem == ""
    assert [(row.at, row.state, row.decisions) for row in breakers_of(decisions)] == [
        (market("10:00"), TradingState.REDUCING, 2),
        (market("10:10"), TradingState.HALTED, 1),
    ]


def test_decision_when_it_saw_quotes_and_names_then_they_are_kept(database: Database) -> None:
    day = DeskDay(database)
    day.begin()
    day.decide("10:00", quotes={SAMSUNG: 70_100}, names={SAMSUNG: "삼성전자"}, left_alone=("low_score",), proposed=1)
    (seen,), _ = read_decisions(database, ACCOUNT, DAY)
    assert seen.prices_krw == {SAMSUNG: 70_100}
    assert seen.names == {SAMSUNG: "삼성전자"}
    assert (seen.proposed, seen.left_alone, seen.market_time) == (1, ("low_score",), market("10:00"))
