from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest

from daybook.advice_desk.claims import ranking_claims
from daybook.advice_desk.journal import OutcomeJournal, summaries
from daybook.contracts.advice import Abstention, AbstentionCode, Recommendation, Recommendations
from daybook.contracts.base import KST, Mode
from daybook.contracts.outcomes import OutcomeClaim, OutcomeStatus, OutcomeSubject
from daybook.krx.calendar import trading_days
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from tests.advice_desk.facts import DAY, SYMBOLS, bar, store_index

DAYS = trading_days(DAY, DAY + timedelta(days=60))[:25]
MADE_AT = datetime.combine(DAY, time(8, 35), KST)
AFTER = datetime.combine(DAYS[-1], time(20, 0), KST)


def claim(symbol: str = SYMBOLS[0], direction: int = 1, **changes: object) -> OutcomeClaim:
    values: dict[str, object] = {
        "subject": OutcomeSubject.RECOMMENDATION,
        "subject_id": f"{DAY}:main:paper:factors",
        "symbol": symbol,
        "direction": direction,
        "score": float(direction),
        "made_at": MADE_AT,
        "recorded_at": MADE_AT,
        "cost_ratio": 0.003,
    }
    return OutcomeClaim.model_validate(values | changes)


def store_days(database: Database, symbol: str = SYMBOLS[0], count: int = 25) -> None:
    """A share that gains 1 % of its first price a session, an index that gains half as much."""
    BarStore(database).save_daily([bar(symbol, day, 10_000 + 100 * number) for number, day in enumerate(DAYS[:count])])
    store_index(database, DAYS, [200.0 + number for number in range(len(DAYS))])


def test_outcomes_when_bars_are_there_then_they_are_against_the_index_and_against_nothing(database: Database) -> None:
    journal = OutcomeJournal(database)
    store_days(database)
    assert journal.note([claim()]) == 1
    found = {row.horizon_sessions: row for row in journal.outcomes(AFTER)}
    assert [found[horizon].status for horizon in (1, 5, 20, 60)] == [*[OutcomeStatus.KNOWN] * 3, OutcomeStatus.PENDING]
    assert found[5].return_ratio == pytest.approx(0.05)
    assert found[5].excess_ratio == pytest.approx(0.05 - 0.025)
    assert found[5].against_nothing_ratio == pytest.approx(0.05 - 0.003)
    summary = summaries(list(found.values()))
    assert [(row.horizon_sessions, row.outcomes, row.pending) for row in summary] == [
        (1, 1, 0),
        (5, 1, 0),
        (20, 1, 0),
        (60, 0, 1),
    ]


def test_note_when_a_claim_is_noted_again_then_its_first_time_stays(database: Database) -> None:
    journal = OutcomeJournal(database)
    journal.note([claim()])
    assert journal.note([claim(recorded_at=MADE_AT + timedelta(days=30), direction=-1)]) == 0
    store_days(database)
    assert {(row.recorded_at, row.direction) for row in journal.outcomes(AFTER)} == {(MADE_AT, 1)}


@pytest.mark.parametrize(
    "recorded_at", [MADE_AT + timedelta(days=200), MADE_AT - timedelta(days=3)], ids=["past_day", "day_to_come"]
)
def test_outcomes_when_a_rehearsal_noted_them_then_none_counts_as_performance(
    recorded_at: datetime, database: Database
) -> None:
    journal = OutcomeJournal(database)
    store_days(database)
    journal.note([claim(recorded_at=recorded_at)])
    summary = summaries(journal.outcomes(AFTER))
    assert [(row.outcomes, row.noted_late) for row in summary] == [(0, 1), (0, 1), (0, 1), (0, 0)]
    assert {row.mean_excess_ratio for row in summary} == {None}


def test_outcomes_when_bars_are_not_collected_yet_then_they_are_pending_not_lost(database: Database) -> None:
    journal = OutcomeJournal(database)
    journal.note([claim(), claim(SYMBOLS[1])])
    assert {row.status for row in journal.outcomes(AFTER)} == {OutcomeStatus.PENDING}
    store_days(database)
    by_symbol = {row.symbol: row.status for row in journal.outcomes(AFTER) if row.horizon_sessions == 1}
    assert by_symbol == {SYMBOLS[0]: OutcomeStatus.KNOWN, SYMBOLS[1]: OutcomeStatus.PENDING}


def test_outcomes_when_the_session_is_not_over_then_its_close_is_not_known(database: Database) -> None:
    journal = OutcomeJournal(database)
    store_days(database)
    journal.note([claim()])
    during = datetime.combine(DAYS[1], time(14, 0), KST)
    assert {row.status for row in journal.outcomes(during)} == {OutcomeStatus.PENDING}


def test_outcomes_when_there_are_no_claims_then_there_is_nothing(database: Database) -> None:
    assert OutcomeJournal(database).outcomes(AFTER) == []
    assert [row.outcomes for row in summaries([])] == [0, 0, 0, 0]


def test_claims_when_a_ranking_is_noted_then_doubts_have_no_view_and_others_their_side() -> None:
    def row(rank: int, symbol: str, score: float) -> Recommendation:
        return Recommendation(
            rank=rank, symbol=symbol, score=score, momentum_ratio=0, annual_volatility=0.3, last_close_krw=1,
            average_turnover_krw=0, sessions_used=1,
        )  # fmt: skip

    ranking = Recommendations(
        day=DAY,
        advisor="factors",
        ranked=(row(1, SYMBOLS[0], 0.4), row(2, SYMBOLS[1], -0.2)),
        abstentions=(
            Abstention(symbol=SYMBOLS[2], code=AbstentionCode.INSUFFICIENT_EVIDENCE, text=""),
            Abstention(symbol=SYMBOLS[3], code=AbstentionCode.SHORT_HISTORY, text=""),
        ),
    )
    claims = ranking_claims(
        ranking, account="main", mode=Mode.MOCK, min_score=0.0, made_at=MADE_AT, recorded_at=MADE_AT,
        commission_rate=Decimal("0.00014"), listings={},
    )  # fmt: skip
    assert [(made.symbol, made.direction, made.score) for made in claims] == [
        (SYMBOLS[0], 1, 0.4),
        (SYMBOLS[1], -1, -0.2),
        (SYMBOLS[2], 0, 0.0),
    ]
    assert {made.subject_id for made in claims} == {f"{DAY}:main:mock:factors"}
    assert all(0.001 < made.cost_ratio < 0.01 for made in claims)
